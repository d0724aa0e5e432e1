import type { OperationV2 } from '../session.ts';
import { demand, demandEqual, demandError, ended, owner, withInstance2, type ConformanceCase } from './case.ts';

const OPEN = { label: 'guest', process: 1 } as const;
const MOVES = { interfaces: ['vgpu 2'], capabilities: ['vgpu.types.submit', 'vgpu.instance.basic', 'vgpu.migration.stop-copy'], means: ['types', 'guest'] } as const;

async function wholeOf(saving: OperationV2): Promise<readonly Uint8Array[]> {
  const parts: Uint8Array[] = [];
  for (;;) {
    const { bytes, end } = await saving.read({ length: 0x40000 });
    parts.push(bytes);
    if (end) return parts;
  }
}

/** Moving an instance: stop, save, restore, go on. */
export const MIGRATION_CASES: readonly ConformanceCase[] = [
  {
    name: 'vgpu2.stop', duty: 'stops and goes on with a guest\'s device; a stopped one is only looked at, saved or closed', ...MOVES,
    async run(core) {
      const { vf, instance } = await withInstance2(core);
      core.guest!(vf).write(4, Uint8Array.of(7, 8));
      await demandError(() => instance.resume(), 'InvalidState', 'going on with what was not stopped');
      await demandError(() => instance.save(), 'InvalidState', 'saving what was not stopped');
      await instance.stop();
      demandEqual(instance.info().state, 'Stopped', 'state');
      await demandError(() => instance.reset(), 'InvalidState', 'resetting what is stopped');
      await instance.resume();
      demandEqual([instance.info().state, core.guest!(vf).read(4, 2)], ['Active', Uint8Array.of(7, 8)], 'state and memory afterwards');
    },
  },
  {
    name: 'vgpu2.migration', duty: 'restores on another virtual function what was saved, and goes on there', ...MOVES,
    async run(core) {
      const { vgpu, vf, instance, types } = await withInstance2(core);
      const last = vgpu.getAssignment({ vf }).identity.memory - 3;
      for (const at of [0, last]) core.guest!(vf).write(at, Uint8Array.of(1, 2, 3));
      await instance.stop();
      const { compatibility } = instance.compatibility();
      const { operation: saving } = await instance.save();
      const parts = await wholeOf(saving);
      await ended({ operation: saving });
      await instance.release();
      const { vf: other } = await vgpu.assign({ typeId: types[0]!.typeId, owner: owner(2) });
      const { operation: restoring } = await vgpu.restore({ vf: other, owner: owner(2), ...OPEN, compatibility });
      for (const [i, bytes] of parts.entries()) await restoring.write({ bytes, end: i === parts.length - 1 });
      await ended({ operation: restoring });
      const { instance: restored } = await restoring.instance();
      demandEqual(restored.info().state, 'Stopped', 'state of what was restored');
      await restored.resume();
      demandEqual([restored.info().state, ...[0, last].map((at) => core.guest!(other).read(at, 3))], ['Active', Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2, 3)], 'state and memory of what was restored');
    },
  },
  {
    name: 'vgpu2.compatibility', duty: 'refuses a state that was saved elsewhere, or that is not whole, and keeps nothing of it', ...MOVES, means: [...MOVES.means, 'lent'],
    async run(core) {
      const { vgpu, instance, types } = await withInstance2(core);
      const { compatibility } = instance.compatibility();
      const { vf } = await vgpu.assign({ typeId: types[0]!.typeId, owner: owner(2) });
      const before = core.lent!();
      await demandError(() => vgpu.restore({ vf, owner: owner(2), ...OPEN, compatibility: compatibility.map((byte) => byte ^ 1) }), 'Incompatible', 'restoring what was saved elsewhere');
      const { operation } = await vgpu.restore({ vf, owner: owner(2), ...OPEN, compatibility });
      await operation.write({ bytes: Uint8Array.of(1, 2, 3), end: true });
      await operation.wait();
      await demandError(() => { operation.outcome(); }, 'BadData', 'restoring a part');
      demandEqual([vgpu.getAssignment({ vf }).state, core.lent!()], ['Assigned', before], 'what is left of it');
    },
  },
  {
    name: 'vgpu2.migration-cancel', duty: 'leaves an instance as it was when saving it is cancelled', ...MOVES, means: [...MOVES.means, 'stall'],
    async run(core) {
      const { vf, instance } = await withInstance2(core);
      core.guest!(vf).write(4, Uint8Array.of(7, 8));
      await instance.stop();
      const go = core.stall!('save');
      const { operation } = await instance.save();
      await demandError(() => instance.save(), 'Busy', 'saving what is being saved');
      operation.cancel();
      go();
      demandEqual(await operation.wait(), { state: 'Cancelled' }, 'how it ended');
      await demandError(() => operation.read({ length: 1 }), 'Cancelled', 'reading a state that is not there');
      await instance.resume();
      demand(instance.info().state === 'Active' && core.guest!(vf).read(4, 2).join() === '7,8', 'the instance did not go on as it was');
    },
  },
];
