// Cores that are broken in one way each, by the name of the case that must find it. A mutant changes what clients see of a good core.
import { CAPABILITIES } from '../capabilities.ts';
import { ContractError } from '../errors.ts';
import type { Hello } from '../handshake.ts';
import type { Region, Session } from '../session.ts';
import { owner } from './case.ts';
import type { CoreUnderTest } from './core-under-test.ts';
import { memoryCoreUnderTest, type MemoryCoreUnderTest } from './memory-core-fixture.ts';
import {
  attaching, baseChanged, changed, eventsChanged, helloChanged, instanceChanged, regionChanged, sessionChanged, unless, vgpuChanged, type Base, type Change,
} from './mutant-changes-fixture.ts';
import { SECOND_CHANGES } from './second-mutants-fixture.ts';

/** What survives where it must not, for a whole core. */
const leftBehind = new WeakMap<MemoryCoreUnderTest, Uint8Array>();

const CHANGES: Readonly<Record<string, Change>> = {
  'handshake.selects': sessionChanged((session) => changed(session, { agreement: Object.freeze({ ...session.agreement, interfaces: Object.freeze({ ...session.agreement.interfaces, base: { major: 1, minor: 0, deprecated: false } }) }) })),
  'handshake.epoch': (good) => helloChanged((hello) => (typeof (hello as { epoch?: unknown } | null | undefined)?.epoch === 'bigint' ? { ...hello, epoch: good.endpoint.offer.epoch } : hello))(good),
  'handshake.mismatch': attaching(() => (attach) => (hello, onEvent) => attach(hello, onEvent).catch(unless('VersionMismatch', ({ message, subject, reason }) => { throw new ContractError('VersionMismatch', message, { ...(subject !== undefined && { subject }), ...(reason !== undefined && { reason }) }); }))),
  'handshake.capability': (good) => helloChanged((hello) => (Array.isArray((hello as Partial<Hello> | null | undefined)?.required) ? { ...hello, required: hello.required.filter((name) => typeof name !== 'string' || good.endpoint.offer.capabilities.includes(name)) } : hello))(good),
  'handshake.malformed': attaching(() => (attach) => (hello, onEvent) => ((hello as unknown) === undefined ? Promise.reject(new TypeError('cannot read wants of undefined')) : attach(hello, onEvent))),
  'handshake.unknown': attaching(() => (attach) => (hello, onEvent) => (Array.isArray((hello as Partial<Hello> | null | undefined)?.optional) && hello.optional.some((name) => !(name in CAPABILITIES)) ? Promise.reject(new ContractError('InvalidArgument', 'hello.optional has a capability that nobody knows')) : attach(hello, onEvent))),
  'handshake.frozen': sessionChanged((session) => changed(session, { agreement: { ...session.agreement } })),
  'handshake.minor': vgpuChanged((vgpu) => ({ submitTypes: (input) => vgpu.submitTypes(input) })),
  'session.apart': attaching(() => (attach) => {
    const regions = new Map<Session, Region[]>();
    return async (hello, onEvent) => {
      const session = await attach(hello, onEvent);
      const own: Region[] = [];
      regions.set(session, own);
      return changed(session, {
        base: changed(session.base, { allocate: async (input) => { const given = await session.base.allocate(input); own.push(given.region); return given; } }),
        detach: async () => {
          for (const [other, theirs] of regions) if (other !== session && other.state === 'Attached') for (const region of theirs) region.write({ offset: 0, bytes: Uint8Array.of(0) });
          await session.detach();
        },
      });
    };
  }),
  'session.granted': (good) => helloChanged((hello) => ((hello as Partial<Hello> | null | undefined)?.optional?.length === 0 ? { ...hello, optional: good.endpoint.offer.capabilities } : hello))(good),
  'session.input': baseChanged((base) => ({ allocate: (input) => base.allocate(typeof (input as unknown) === 'object' && 'size' in input ? { size: input.size } : input) })),
  'session.copies': attaching(() => (attach) => {
    let kept: ReturnType<Base['deviceInfo']> | undefined;
    return async (hello, onEvent) => {
      const session = await attach(hello, onEvent);
      return changed(session, { base: changed(session.base, { deviceInfo: () => { const now = session.base.deviceInfo(); return (kept ??= now); } }) });
    };
  }),
  'session.released': regionChanged((region) => {
    let gone = false;
    return { read: (input) => (gone ? { bytes: new Uint8Array(input.length) } : region.read(input)), release: async () => { gone = true; await region.release(); } };
  }),
  'session.detached': (good) => ({ lent: () => { const { bytes, instances } = good.core.lent(); return { bytes: bytes === 0 && good.core.published.sessions === 0 && used.has(good) ? 4096 : (used.add(good), bytes), instances }; } }),
  'session.events': eventsChanged((handler) => (event) => handler({ ...event, sequence: 0 })),
  'session.flood': eventsChanged((handler) => (event) => (event.kind === 'events.lost' ? undefined : handler(event))),
  'session.quiet': () => ({ quiesce: () => Promise.resolve() }),
  'session.revoked': (good) => ({ withdraw: () => good.core.published.lose('deadline') }),
  'session.lost': baseChanged((base) => { const known = base.deviceInfo; let last: ReturnType<Base['deviceInfo']> | undefined; return { deviceInfo: () => { try { return (last = known()); } catch (error) { if (error instanceof ContractError && error.code === 'DeviceLost') return last ?? ({} as ReturnType<Base['deviceInfo']>); throw error; } } }; }),
  'session.silent': baseChanged((base) => ({ allocate: (input) => base.allocate(input).catch(unless('NoMemory', () => { throw new ContractError('NoMemory', 'The heap of the GSP is full'); })) })),
  'memory.zero': baseChanged((base) => ({
    allocate: async (input) => {
      const given = await base.allocate(input);
      if (given.size >= 2 ** 20) given.region.write({ offset: given.size - 1, bytes: Uint8Array.of(1) });
      return given;
    },
  })),
  'memory.window': regionChanged((region, size) => ({
    write: (input) => {
      region.write(input);
      const end = input.offset + input.bytes.length;
      if (end < size && end > 1) region.write({ offset: end, bytes: Uint8Array.of(1) });
    },
  })),
  'memory.clear': regionChanged((region, size) => ({ clear: (input) => region.clear({ ...input, length: input.offset + input.length < size ? input.length + 1 : input.length }) })),
  'memory.bounds': regionChanged((region, size) => ({ read: (input) => region.read({ ...input, length: Math.min(input.length, Math.max(0, size - input.offset)) }) })),
  'memory.size': baseChanged((base) => ({ allocate: async (input) => ({ ...(await base.allocate(input)), size: input.size }) })),
  'memory.exhausted': baseChanged((base) => ({ allocate: (input) => base.allocate(input).catch(unless('NoMemory', () => { throw new ContractError('DeviceError', 'The device refused'); })) })),
  'vgpu.types': vgpuChanged((vgpu) => ({ ...('submitTypes' in vgpu && { submitTypes: (input) => vgpu.submitTypes(input).catch((error: unknown) => { if (error instanceof ContractError && error.code === 'BadData') return { verdicts: [], generation: vgpu.listTypes().generation }; throw error; }) }) })),
  'vgpu.stale': vgpuChanged((vgpu) => ({ assign: ({ generation: _, ...input }) => vgpu.assign(input) })),
  'vgpu.owner': vgpuChanged((vgpu) => ({ getAssignment: (input) => ({ ...vgpu.getAssignment(input), mine: true }) })),
  'vgpu.taken': vgpuChanged((vgpu) => ({ assign: ({ vf: _, ...input }) => vgpu.assign(input) })),
  'vgpu.capacity': vgpuChanged((vgpu) => ({ listTypes: () => { const listed = vgpu.listTypes(); return { ...listed, types: listed.types.map((type) => ({ ...type, creatable: type.maxInstances })) }; } })),
  'vgpu.identity': vgpuChanged((vgpu) => ({ open: async (input) => { const given = await vgpu.open(input); return { ...given, identity: { ...given.identity, heads: given.identity.heads + 1 } }; } })),
  'vgpu.open-twice': vgpuChanged((vgpu) => ({ unassign: (input) => vgpu.unassign(input).catch((error: unknown) => { if (!(error instanceof ContractError && error.code === 'InUse')) throw error; }) as Promise<undefined> })),
  'vgpu.reset-clears': instanceChanged((instance, vf, { core }) => ({ reset: async () => { const before = core.guestRead(vf, 0, 64); await instance.reset(); core.guestWrite(vf, 0, before); } })),
  'vgpu.close-clears': vgpuChanged((vgpu, _, good) => ({
    open: async (input) => {
      const given = await vgpu.open(input);
      const left = leftBehind.get(good);
      if (left) good.core.guestWrite(input.vf, 0, left);
      return { ...given, instance: changed(given.instance, { release: async () => { if (good.core.lent().instances > 0) leftBehind.set(good, good.core.guestRead(input.vf, 0, 64)); await given.instance.release(); } }) };
    },
  })),
  'vgpu.states': eventsChanged((handler) => (event) => (event.kind === 'instance.state' && event.payload.to === 'Closing' ? undefined : handler(event))),
  'vgpu.refused': vgpuChanged((vgpu, session) => ({ open: (input) => vgpu.open(input).catch(async (error: unknown) => { if (error instanceof ContractError && error.code === 'DeviceError') await session.base.allocate({ size: 1 }); throw error; }) })),
  'vgpu.quarantine': vgpuChanged((vgpu) => ({ getAssignment: (input) => { const found = vgpu.getAssignment(input); return found.state === 'Quarantined' ? { ...found, state: 'Assigned' } : found; } })),
  'vgpu.failed': instanceChanged((instance) => ({ info: () => { const found = instance.info(); return found.state === 'Failed' ? { ...found, state: 'Active' } : found; } })),
  'vgpu.removal': instanceChanged((instance, _vf, _good, session) => ({ release: async () => { if (session.state === 'Lost') throw new ContractError('DeviceLost', 'The device is gone'); await instance.release(); } })),
  'vgpu.session-end': sessionChanged((session, good) => changed(session, {
    detach: async () => {
      await session.detach();
      if (!session.vgpu) return;
      const other = await good.endpoint.attach({ kind: 'diagnostic', name: 'tidy', required: [], optional: good.endpoint.offer.capabilities, epoch: good.endpoint.offer.epoch, wants: [{ interface: 'base', major: 1, minMinor: 0, maxMinor: 9 }, { interface: 'vgpu', major: 1, minMinor: 0, maxMinor: 9 }] }).catch(() => undefined);
      await other?.vgpu?.unassign({ vf: 0, owner: owner(1) }).catch(() => undefined);
      await other?.detach();
    },
  })),
};
/** Cores that have lent something out before. */
const used = new WeakSet<MemoryCoreUnderTest>();

/** A broken core for each case, by the case's name. */
export const MUTANTS: ReadonlyMap<string, () => CoreUnderTest> = new Map(Object.entries({ ...CHANGES, ...SECOND_CHANGES }).map(([name, change]) => [name, () => {
  const good = memoryCoreUnderTest();
  return { ...good, ...change(good) };
}]));
