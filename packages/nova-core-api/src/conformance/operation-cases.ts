import type { ContractEvent } from '../session.ts';
import { attach, delivered, demand, demandEqual, demandError, ended, owner, SECOND, withInstance2, withTypes2, type ConformanceCase } from './case.ts';

const OPEN = { label: 'guest', process: 1 } as const;
const BASIC = { interfaces: ['vgpu 2'], capabilities: ['vgpu.types.submit', 'vgpu.instance.basic'] } as const;

/** What takes time. */
export const OPERATION_CASES: readonly ConformanceCase[] = [
  {
    name: 'vgpu2.operation', duty: 'answers at once to what takes time, tells of its end, and gives what it made once', ...BASIC, capabilities: [...BASIC.capabilities, 'device.events'], means: ['types', 'stall'],
    async run(core) {
      const seen: ContractEvent[] = [];
      const { vgpu, types } = await withTypes2(core, (event) => { if (event.kind === 'operation.done') seen.push(event); });
      const { vf } = await vgpu.assign({ typeId: types[0]!.typeId, owner: owner(1) });
      const go = core.stall!('open');
      const { operation, id } = await vgpu.open({ vf, owner: owner(1), ...OPEN });
      demandEqual([operation.status().state, operation.status().kind, operation.status().id], ['Running', 'open', id], 'status while it runs');
      await demandError(() => { operation.outcome(); }, 'Busy', 'the outcome of what has none yet');
      await demandError(() => operation.instance(), 'Busy', 'the instance of what runs');
      go();
      demandEqual(await operation.wait(), { state: 'Done' }, 'how it ended');
      operation.outcome();
      const { instance } = await operation.instance();
      demandEqual([instance.info().vf, instance.info().state], [vf, 'Active'], 'the instance');
      await demandError(() => operation.instance(), 'InvalidState', 'the same instance once more');
      await delivered(core);
      demandEqual(seen.map(({ payload }) => payload), [{ operation: id, kind: 'open', state: 'Done' }], 'what was told');
      await operation.release();
      demandEqual(instance.info().state, 'Active', 'state of the instance after its operation was given back');
    },
  },
  {
    name: 'vgpu2.progress', duty: 'tells progress that never goes back, and is whole at the end', ...BASIC, means: ['types', 'stall'],
    async run(core) {
      const { vgpu, types } = await withTypes2(core);
      const { vf } = await vgpu.assign({ typeId: types[0]!.typeId, owner: owner(1) });
      const go = core.stall!('open');
      const { operation } = await vgpu.open({ vf, owner: owner(1), ...OPEN });
      const seen = [operation.status()];
      go();
      const over = operation.wait();
      for (let i = 0; i < 200 && seen.at(-1)!.state === 'Running'; i++) {
        await Promise.resolve();
        seen.push(operation.status());
      }
      await over;
      seen.push(operation.status());
      for (const [i, { done, total }] of seen.entries()) {
        demand(total === 0 || done <= total, `${done} of ${total} steps are done`);
        demand(i === 0 || done >= seen[i - 1]!.done, `progress went back from ${seen[i - 1]?.done} to ${done}`);
      }
      const { done, total } = seen.at(-1)!;
      demandEqual(done, total, 'steps that are done at the end');
    },
  },
  {
    name: 'vgpu2.admission', duty: 'refuses at once what cannot be begun, and makes no operation of it', ...BASIC, capabilities: [...BASIC.capabilities, 'diagnostics.counters'], means: ['types'],
    async run(core) {
      const { session, vgpu, types } = await withTypes2(core);
      await demandError(() => vgpu.open({ vf: 0, owner: owner(1), ...OPEN }), 'InvalidState', 'opening what was assigned nothing');
      const { vf } = await vgpu.assign({ typeId: types[0]!.typeId, owner: owner(1) });
      await demandError(() => vgpu.open({ vf, owner: owner(2), ...OPEN }), 'NotOwner', 'opening what another holds');
      const opening = await ended(await vgpu.open({ vf, owner: owner(1), ...OPEN }));
      await demandError(() => vgpu.open({ vf, owner: owner(1), ...OPEN }), ['InUse', 'Busy'], 'opening what is open');
      await (await opening.instance()).instance.release();
      await opening.release();
      demandEqual(session.base.counters().counters.objectsHeld, 0, 'objects that the session holds');
    },
  },
  {
    name: 'vgpu2.cancel', duty: 'ends what is cancelled while it runs, keeps nothing of it, and can do it again', ...BASIC, means: ['types', 'stall', 'lent'],
    async run(core) {
      const { vgpu, types } = await withTypes2(core);
      const { vf } = await vgpu.assign({ typeId: types[0]!.typeId, owner: owner(1) });
      const before = core.lent!();
      const go = core.stall!('open');
      const { operation } = await vgpu.open({ vf, owner: owner(1), ...OPEN });
      operation.cancel();
      operation.cancel();
      demandEqual(operation.status().state, 'Cancelling', 'state of what was cancelled and still runs');
      go();
      demandEqual(await operation.wait(), { state: 'Cancelled' }, 'how it ended');
      await demandError(() => { operation.outcome(); }, 'Cancelled', 'its outcome');
      await demandError(() => operation.instance(), 'Cancelled', 'its instance');
      await operation.release();
      demandEqual([vgpu.getAssignment({ vf }).state, core.lent!()], ['Assigned', before], 'state, and what is lent, afterwards');
      await ended(await vgpu.open({ vf, owner: owner(1), ...OPEN }));
    },
  },
  {
    name: 'vgpu2.cancel-late', duty: 'changes nothing when what is cancelled has ended', ...BASIC, means: ['types'],
    async run(core) {
      const { vgpu, types } = await withTypes2(core);
      const { vf } = await vgpu.assign({ typeId: types[0]!.typeId, owner: owner(1) });
      const opening = await ended(await vgpu.open({ vf, owner: owner(1), ...OPEN }));
      opening.cancel();
      demandEqual(opening.status().state, 'Done', 'state of what had ended when it was cancelled');
      const { instance } = await opening.instance();
      demandEqual(instance.info().state, 'Active', 'state of the instance');
    },
  },
  {
    name: 'vgpu2.failure', duty: 'tells what an operation failed with, and keeps nothing of it', ...BASIC, means: ['types', 'mishap', 'lent'],
    async run(core) {
      const { vgpu, types } = await withTypes2(core);
      const { vf } = await vgpu.assign({ typeId: types[0]!.typeId, owner: owner(1) });
      const before = core.lent!();
      core.mishap!('open', 'refused');
      const { operation } = await vgpu.open({ vf, owner: owner(1), ...OPEN });
      demandEqual(await operation.wait(), { state: 'Failed' }, 'how it ended');
      await demandError(() => { operation.outcome(); }, 'DeviceError', 'its outcome');
      demandEqual([vgpu.getAssignment({ vf }).state, core.lent!()], ['Assigned', before], 'state, and what is lent, after a failure');
    },
  },
  {
    name: 'vgpu2.bounded', duty: 'holds no more operations for a session than it says', ...BASIC, means: ['types'],
    async run(core) {
      const { vgpu, instance } = await withInstance2(core);
      const { operations } = vgpu.querySupport();
      const held = [];
      for (let i = 0; i < operations; i++) held.push(await ended(await instance.reset()));
      await demandError(() => instance.reset(), 'NoCapacity', 'one operation more than a session can hold');
      await held[0]!.release();
      await ended(await instance.reset());
    },
  },
  {
    name: 'vgpu2.unclaimed', duty: 'closes an instance that nobody took from its operation', ...BASIC, means: ['types', 'lent'],
    async run(core) {
      const { vgpu, types } = await withTypes2(core);
      const { vf } = await vgpu.assign({ typeId: types[0]!.typeId, owner: owner(1) });
      const opening = await ended(await vgpu.open({ vf, owner: owner(1), ...OPEN }));
      await opening.release();
      demandEqual([vgpu.getAssignment({ vf }).state, core.lent!().instances], ['Assigned', 0], 'what is left of it');
    },
  },
  {
    name: 'vgpu2.ending', duty: 'ends what is under way when its session ends, and keeps nothing', ...BASIC, means: ['types', 'stall', 'lent'],
    async run(core) {
      const { session, vgpu, types } = await withTypes2(core);
      const { vf } = await vgpu.assign({ typeId: types[0]!.typeId, owner: owner(1) });
      const before = core.lent!();
      const go = core.stall!('open');
      await vgpu.open({ vf, owner: owner(1), ...OPEN });
      const over = session.detach();
      go();
      await over;
      const next = (await attach(core, SECOND)).vgpu2!;
      demandEqual([next.getAssignment({ vf }).state, core.lent!()], ['Assigned', before], 'what is left of it');
    },
  },
  {
    name: 'vgpu2.close', duty: 'closes by an operation too: the memory of the next guest reads zero, and the instance is over', ...BASIC, means: ['types', 'guest'],
    async run(core) {
      const { vgpu, vf, instance } = await withInstance2(core);
      core.guest!(vf).write(12, new Uint8Array(4).fill(9));
      const closing = await ended(await instance.close());
      demandEqual([closing.status().kind, vgpu.getAssignment({ vf }).state], ['close', 'Assigned'], 'what was done');
      await demandError(() => instance.info(), 'InvalidState', 'looking at an instance that is closed');
      await instance.release();
      await ended(await vgpu.open({ vf, owner: owner(1), ...OPEN }));
      demandEqual(core.guest!(vf).read(12, 4), new Uint8Array(4), 'the next guest\'s memory');
    },
  },
  {
    name: 'vgpu2.reset', duty: 'clears the guest\'s memory at reset, and says when that is done', ...BASIC, means: ['types', 'guest'],
    async run(core) {
      const { vf, instance } = await withInstance2(core);
      core.guest!(vf).write(12, new Uint8Array(4).fill(9));
      const reset = await ended(await instance.reset());
      demandEqual(reset.status().kind, 'reset', 'what was done');
      demandEqual([core.guest!(vf).read(12, 4), instance.info().state], [new Uint8Array(4), 'Active'], 'memory and state after a reset');
    },
  },
  {
    name: 'vgpu2.removal', duty: 'lets go of operations without fail when the device is gone', ...BASIC, means: ['types', 'stall', 'remove', 'lent'],
    async run(core) {
      const { session, vgpu, types } = await withTypes2(core);
      const { vf } = await vgpu.assign({ typeId: types[0]!.typeId, owner: owner(1) });
      const go = core.stall!('open');
      const { operation } = await vgpu.open({ vf, owner: owner(1), ...OPEN });
      const gone = core.remove!();
      go();
      await gone;
      await demandError(() => operation.status(), 'DeviceLost', 'looking at an operation of a device that is gone');
      await operation.release();
      await session.detach();
      demandEqual(core.lent!().instances, 0, 'instances that are held');
    },
  },
];
