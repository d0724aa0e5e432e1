// What a mutant is made of: ways to change what clients see of a good core.
import { ContractError } from '../errors.ts';
import type { Hello } from '../handshake.ts';
import type { EventHandler, Instance, Region, Session } from '../session.ts';
import type { CoreUnderTest } from './core-under-test.ts';
import type { MemoryCoreUnderTest } from './memory-core-fixture.ts';

/** Something with some members replaced; getters go on reading the original. */
export function changed<T extends object>(original: T, members: Partial<T>): T {
  const copy = {} as T;
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(original))) Object.defineProperty(copy, name, { ...descriptor, configurable: true });
  for (const [name, value] of Object.entries(members)) Object.defineProperty(copy, name, { value, enumerable: true, configurable: true });
  return copy;
}

export type Attach = (hello: Hello, onEvent?: EventHandler) => Promise<Session>;
export type Change = (good: MemoryCoreUnderTest) => Partial<CoreUnderTest>;

export const attaching = (change: (good: MemoryCoreUnderTest) => (attach: Attach) => Attach): Change =>
  (good) => ({ endpoint: changed(good.endpoint, { attach: change(good)((hello, onEvent) => good.endpoint.attach(hello, onEvent)) }) });
export const helloChanged = (change: (hello: Hello) => Hello): Change => attaching(() => (attach) => (hello, onEvent) => attach(change(hello), onEvent));
export const eventsChanged = (change: (handler: EventHandler) => EventHandler): Change => attaching(() => (attach) => (hello, onEvent) => attach(hello, onEvent && change(onEvent)));
export const sessionChanged = (change: (session: Session, good: MemoryCoreUnderTest) => Session): Change => attaching((good) => (attach) => async (hello, onEvent) => change(await attach(hello, onEvent), good));

export type Base = Session['base'];
export type Vgpu = NonNullable<Session['vgpu']>;
export const baseChanged = (change: (base: Base, session: Session, good: MemoryCoreUnderTest) => Partial<Base>): Change => sessionChanged((session, good) => changed(session, { base: changed(session.base, change(session.base, session, good)) }));
export const vgpuChanged = (change: (vgpu: Vgpu, session: Session, good: MemoryCoreUnderTest) => Partial<Vgpu>): Change =>
  sessionChanged((session, good) => (session.vgpu ? changed(session, { vgpu: changed(session.vgpu, change(session.vgpu, session, good)) }) : session));
export const regionChanged = (change: (region: Region, size: number) => Partial<Region>): Change => baseChanged((base) => ({
  allocate: async (input) => {
    const given = await base.allocate(input);
    return { ...given, region: changed(given.region, change(given.region, given.size)) };
  },
}));
export const instanceChanged = (change: (instance: Instance, vf: number, good: MemoryCoreUnderTest, session: Session) => Partial<Instance>): Change => vgpuChanged((vgpu, session, good) => ({
  open: async (input) => {
    const given = await vgpu.open(input);
    return { ...given, instance: changed(given.instance, change(given.instance, input.vf, good, session)) };
  },
}));

export const unless = (code: string, instead: (error: ContractError) => never): ((error: unknown) => never) => (error) => {
  if (error instanceof ContractError && error.code === code) return instead(error);
  throw error;
};
