// Cores that are broken in one way each, of those that offer the second major.
import { ContractError } from '../errors.ts';
import type { InstanceV2, OperationV2, Session, VgpuV2Client } from '../session.ts';
import type { MemoryCoreUnderTest } from './memory-core-fixture.ts';
import { changed, eventsChanged, sessionChanged, unless, type Change } from './mutant-changes-fixture.ts';

type Vgpu2 = VgpuV2Client;
const vgpuChanged = (change: (vgpu: Vgpu2, session: Session, good: MemoryCoreUnderTest) => Partial<Vgpu2>): Change =>
  sessionChanged((session, good) => (session.vgpu2 ? changed(session, { vgpu2: changed(session.vgpu2, change(session.vgpu2, session, good)) }) : session));
type Started = Awaited<ReturnType<Vgpu2['open']>>;
const withOperation = (given: Started, change: (operation: OperationV2) => Partial<OperationV2>): Started => ({ ...given, operation: changed(given.operation, change(given.operation)) });
/** Operations that open something. */
const openingChanged = (change: (operation: OperationV2, vf: number, session: Session) => Partial<OperationV2>): Change => vgpuChanged((vgpu, session) => ({
  open: async (input) => withOperation(await vgpu.open(input), (operation) => change(operation, input.vf, session)),
}));
/** Instances that operations give, of whatever kind. */
const instanceChanged = (change: (instance: InstanceV2, vf: number, good: MemoryCoreUnderTest) => Partial<InstanceV2>): Change => vgpuChanged((vgpu, _, good) => {
  const giving = (vf: number) => (operation: OperationV2): Partial<OperationV2> => ({
    instance: async () => {
      const given = await operation.instance();
      return { ...given, instance: changed(given.instance, change(given.instance, vf, good)) };
    },
  });
  return { open: async (input) => withOperation(await vgpu.open(input), giving(input.vf)), restore: async (input) => withOperation(await vgpu.restore(input), giving(input.vf)) };
});

/** Cores that a client of the second major has attached to. */
const second = new WeakSet<MemoryCoreUnderTest>();
/** Assignments under way. */
const racing = new WeakMap<MemoryCoreUnderTest, number>();

export const SECOND_CHANGES: Readonly<Record<string, Change>> = {
  'vgpu2.majors': sessionChanged((session, good) => {
    if (session.vgpu2) second.add(good);
    const { vgpu } = session;
    if (!vgpu || !second.has(good)) return session;
    return changed(session, { vgpu: changed(vgpu, { getAssignment: (input) => ({ ...vgpu.getAssignment(input), mine: false }) }) });
  }),
  'vgpu2.plan': vgpuChanged((vgpu) => ({ capacity: () => { const plan = vgpu.capacity(); return { ...plan, types: plan.types.map((one) => ({ ...one, reason: 'none' as const })) }; } })),
  'vgpu2.plan-token': vgpuChanged((vgpu) => ({ assign: ({ plan: _, ...input }) => vgpu.assign(input) })),
  'vgpu2.placements': vgpuChanged((vgpu) => ({ assign: async (input) => { const given = await vgpu.assign(input); return { ...given, start: input.placement === undefined ? given.start : 0 }; } })),
  'vgpu2.race': vgpuChanged((vgpu, _, good) => ({
    // Who comes second while the first is still being served gets something too.
    assign: async (input) => {
      if (input.placement === undefined) return vgpu.assign(input);
      const others = racing.get(good) ?? 0;
      racing.set(good, others + 1);
      try {
        return await vgpu.assign(input);
      } catch (error) {
        if (others === 0) throw error;
        return await vgpu.assign({ typeId: input.typeId, owner: input.owner });
      } finally {
        racing.set(good, racing.get(good)! - 1);
      }
    },
  })),
  'vgpu2.mode': vgpuChanged((vgpu) => ({ setMode: (input) => vgpu.setMode(input).catch(unless('InUse', () => { throw new ContractError('Unsupported', 'The mode cannot be changed'); })) })),
  'vgpu2.operation': eventsChanged((handler) => (event) => (event.kind === 'operation.done' ? undefined : handler(event))),
  'vgpu2.progress': openingChanged((operation) => ({ status: () => { const status = operation.status(); return { ...status, done: status.state === 'Done' ? 0 : status.done }; } })),
  'vgpu2.admission': vgpuChanged((vgpu, session) => ({ open: (input) => vgpu.open(input).catch(async (error: unknown) => { if (error instanceof ContractError && error.code === 'NotOwner') await session.base.allocate({ size: 1 }); throw error; }) })),
  'vgpu2.cancel': openingChanged((operation) => ({ outcome: () => { try { operation.outcome(); } catch (error) { if (!(error instanceof ContractError && error.code === 'Cancelled')) throw error; } } })),
  'vgpu2.cancel-late': openingChanged((operation) => { let late = false; return { cancel: () => { late ||= operation.status().state === 'Done'; operation.cancel(); }, status: () => (late ? { ...operation.status(), state: 'Cancelled' as const } : operation.status()) }; }),
  'vgpu2.failure': openingChanged((operation) => ({ outcome: () => { try { operation.outcome(); } catch (error) { if (error instanceof ContractError && error.code === 'DeviceError') throw new ContractError('Timeout', 'The device did not answer in time'); throw error; } } })),
  'vgpu2.bounded': vgpuChanged((vgpu) => ({ querySupport: () => { const found = vgpu.querySupport(); return { ...found, operations: found.operations + 1 }; } })),
  'vgpu2.unclaimed': openingChanged((operation, _, session) => { let made = true; return { instance: () => { made = false; return operation.instance(); }, release: async () => { if (made && session.state === 'Attached' && operation.status().state === 'Done') return; await operation.release(); } }; }),
  'vgpu2.ending': sessionChanged((session, good) => changed(session, {
    detach: async () => {
      const running = session.vgpu2 !== undefined && good.core.lent().assignments > 0 && good.core.backend.vgpus!.getAssignment({ vf: 0 }).state === 'Opening';
      await session.detach();
      if (!running) return;
      const { offer } = good.endpoint;
      const other = await good.endpoint.attach({ kind: 'diagnostic', name: 'kept', required: [], optional: offer.capabilities, epoch: offer.epoch, wants: [{ interface: 'base', major: 1, minMinor: 0, maxMinor: 0 }] });
      await other.base.allocate({ size: 1 });
    },
  })),
  'vgpu2.close': instanceChanged((instance) => { let closed = false; return { close: () => { closed = true; return instance.close(); }, info: () => { const last = { vf: 0, typeId: 0, state: 'Assigned' as const, memoryUsed: 0 }; return closed ? last : instance.info(); } }; }),
  'vgpu2.reset': instanceChanged((instance, vf, { core }) => ({ reset: async () => {
    const before = core.guestRead(vf, 0, 64);
    const given = await instance.reset();
    return withOperation(given, (operation) => ({ wait: async () => { const over = await operation.wait(); core.guestWrite(vf, 0, before); return over; } }));
  } })),
  'vgpu2.removal': openingChanged((operation, _, session) => ({ release: async () => { if (session.state === 'Lost') throw new ContractError('DeviceLost', 'The device is gone'); await operation.release(); } })),
  'vgpu2.stop': instanceChanged((instance) => ({ save: () => instance.save().catch(unless('InvalidState', () => { throw new ContractError('Busy', 'The instance runs'); })) })),
  'vgpu2.migration': vgpuChanged((vgpu) => ({ restore: async (input) => withOperation(await vgpu.restore(input), (operation) => ({ write: (part) => operation.write(part.bytes.length > 1000 ? { ...part, bytes: part.bytes.map((byte, i) => (i === 0 ? 0 : byte)) } : part) })) })),
  'vgpu2.compatibility': vgpuChanged((vgpu) => ({ restore: (input) => vgpu.restore(input).catch(unless('Incompatible', () => { throw new ContractError('BadData', 'The state is damaged'); })) })),
  'vgpu2.migration-cancel': instanceChanged((instance) => { let cancelled = false; return {
    save: async () => withOperation(await instance.save(), (operation) => ({ cancel: () => { cancelled = true; operation.cancel(); } })),
    info: () => { const found = instance.info(); return cancelled ? { ...found, state: 'Failed' as const } : found; },
  }; }),
};
