import { CAPABILITIES, type Capability } from '../capabilities.ts';
import { ContractError, type ErrorCode } from '../errors.ts';
import type { Hello } from '../handshake.ts';
import type { InterfaceName } from '../schema/interface.ts';
import type { EventHandler, Instance, InstanceV2, OperationV2, Region, Session, VgpuClient, VgpuV2Client } from '../session.ts';
import type { CoreUnderTest, Means } from './core-under-test.ts';

/** One duty of a core, tried. */
export interface ConformanceCase {
  /** `vgpu.owner`; stable. */
  readonly name: string;
  /** What a core must do. */
  readonly duty: string;
  /** Interfaces that the core must offer for the duty to be one. */
  readonly interfaces?: readonly (InterfaceName | 'vgpu 2')[];
  readonly capabilities?: readonly Capability[];
  readonly means?: readonly Means[];
  /** @throws ConformanceError when the core does not do it */
  run(core: CoreUnderTest): Promise<void>;
}

/** The core does not do what the contract says. */
export class ConformanceError extends Error {
  override readonly name = 'ConformanceError';
}

/** @throws ConformanceError unless it holds */
export function demand(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new ConformanceError(otherwise);
}

/** Any value as text, with bytes and bigints. */
export function shown(value: unknown): string {
  if (value === undefined) return 'undefined';
  return JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one instanceof Uint8Array ? `bytes ${one.join(' ')}` : one));
}

export function demandEqual(found: unknown, wanted: unknown, what: string): void {
  demand(shown(found) === shown(wanted), `${what}: ${shown(found)}, not ${shown(wanted)}`);
}

/** A call that must fail with one of some codes. @returns the error */
export async function demandError(call: () => unknown, codes: ErrorCode | readonly ErrorCode[], what: string): Promise<ContractError> {
  const wanted = ([] as ErrorCode[]).concat(codes);
  let outcome: unknown;
  try {
    outcome = await call();
  } catch (error) {
    if (!(error instanceof ContractError)) throw new ConformanceError(`${what}: ended with ${String(error)}, which is no ContractError`);
    demand(wanted.includes(error.code), `${what}: ended with ${error.code} (${error.message}), not ${wanted.join(' or ')}`);
    return error;
  }
  throw new ConformanceError(`${what}: gave ${shown(outcome)}, not ${wanted.join(' or ')}`);
}

const ALL = Object.keys(CAPABILITIES) as Capability[];

/** A hello that asks for everything and requires nothing. */
export function hello(core: CoreUnderTest, change: Partial<Hello> = {}): Hello {
  return {
    kind: 'diagnostic', name: 'conformance', required: [], optional: ALL, epoch: core.endpoint.offer.epoch,
    wants: [
      { interface: 'base', major: 1, minMinor: 0, maxMinor: 0xffff }, { interface: 'vgpu', major: 1, minMinor: 0, maxMinor: 0xffff, optional: true },
      { interface: 'drm', major: 1, minMinor: 0, maxMinor: 0xffff, optional: true },
    ],
    ...change,
  };
}

export function attach(core: CoreUnderTest, change: Partial<Hello> = {}, onEvent?: EventHandler): Promise<Session> {
  return core.endpoint.attach(hello(core, change), onEvent);
}

/** A session with regions. */
export async function withRegion(core: CoreUnderTest, size: number): Promise<{ readonly session: Session; readonly region: Region; readonly size: number }> {
  const session = await attach(core);
  return { session, ...(await session.base.allocate({ size })) };
}

/** Who holds assignments. */
export const owner = (n: number): Uint8Array => new Uint8Array(16).fill(n);

type Type = ReturnType<VgpuClient['listTypes']>['types'][number];

/** A session with types, the smallest first. */
export async function withTypes(core: CoreUnderTest, onEvent?: EventHandler): Promise<{ readonly session: Session; readonly vgpu: VgpuClient; readonly types: readonly Type[] }> {
  const session = await attach(core, {}, onEvent);
  const vgpu = session.vgpu!;
  await vgpu.submitTypes({ data: core.types!, label: 'conformance' });
  const types = [...vgpu.listTypes().types].filter(({ creatable }) => creatable > 0).sort((a, b) => a.profileSize - b.profileSize);
  return { session, vgpu, types };
}

/** A session with an instance of the smallest type. */
export async function withInstance(core: CoreUnderTest, onEvent?: EventHandler): Promise<{ readonly session: Session; readonly vgpu: VgpuClient; readonly vf: number; readonly instance: Instance; readonly type: Type }> {
  const { session, vgpu, types } = await withTypes(core, onEvent);
  const { vf } = await vgpu.assign({ typeId: types[0]!.typeId, owner: owner(1) });
  const { instance } = await vgpu.open({ vf, owner: owner(1), label: 'guest', process: 1 });
  return { session, vgpu, vf, instance, type: types[0]! };
}

/** What a client says that speaks the second major of virtual GPUs alone. */
export const SECOND: Pick<Hello, 'wants'> = { wants: [{ interface: 'base', major: 1, minMinor: 0, maxMinor: 0xffff }, { interface: 'vgpu', major: 2, minMinor: 0, maxMinor: 0xffff }] };

type Type2 = ReturnType<VgpuV2Client['listTypes']>['types'][number];

/** The same at the second major. */
export async function withTypes2(core: CoreUnderTest, onEvent?: EventHandler): Promise<{ readonly session: Session; readonly vgpu: VgpuV2Client; readonly types: readonly Type2[] }> {
  const session = await attach(core, SECOND, onEvent);
  const vgpu = session.vgpu2!;
  await vgpu.submitTypes({ data: core.types!, label: 'conformance' });
  const types = [...vgpu.listTypes().types].filter(({ maxEqual }) => maxEqual > 0).sort((a, b) => a.profileSize - b.profileSize);
  return { session, vgpu, types };
}

/** Something that was begun and has ended well. */
export async function ended({ operation }: { readonly operation: OperationV2 }): Promise<OperationV2> {
  await operation.wait();
  operation.outcome();
  return operation;
}

/** A session with an instance of the smallest type, opened by an operation. */
export async function withInstance2(core: CoreUnderTest, onEvent?: EventHandler): Promise<{ readonly session: Session; readonly vgpu: VgpuV2Client; readonly vf: number; readonly instance: InstanceV2; readonly types: readonly Type2[] }> {
  const { session, vgpu, types } = await withTypes2(core, onEvent);
  const { vf } = await vgpu.assign({ typeId: types[0]!.typeId, owner: owner(1) });
  const opening = await ended(await vgpu.open({ vf, owner: owner(1), label: 'guest', process: 1 }));
  const { instance } = await opening.instance();
  await opening.release();
  return { session, vgpu, vf, instance, types };
}

/** Waits until events that were raised are delivered. */
export async function delivered({ delivered: elsewhere }: Pick<CoreUnderTest, 'delivered'>): Promise<void> {
  if (elsewhere) {
    await elsewhere();
    return;
  }
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
