import { INSTANCE_STATES } from '../states.ts';
import type { ContractEvent } from '../session.ts';
import { attach, delivered, demand, demandEqual, demandError, owner, withInstance, withTypes, type ConformanceCase } from './case.ts';

const OPEN = { label: 'guest', process: 1 } as const;
const TYPES = { interfaces: ['vgpu'], capabilities: ['vgpu.types.list', 'vgpu.types.submit', 'vgpu.instance.basic'] } as const;

/** Virtual GPUs. */
export const VGPU_CASES: readonly ConformanceCase[] = [
  {
    name: 'vgpu.types', duty: 'takes data whole or not at all, and changes the generation when, and only when, the list does', ...TYPES, means: ['types'],
    async run(core) {
      const { vgpu } = (await attach(core)) as { readonly vgpu: NonNullable<Awaited<ReturnType<typeof attach>>['vgpu']> };
      const empty = vgpu.listTypes();
      demandEqual(empty.types, [], 'types of a new device');
      const data = core.types!;
      for (const cut of [0, 1, Math.floor(data.length / 2), data.length - 1]) {
        await demandError(() => vgpu.submitTypes({ data: data.subarray(0, cut), label: 'cut' }), ['BadData', 'Incompatible'], `data cut to ${cut} bytes`);
        demandEqual(vgpu.listTypes(), empty, 'types after damaged data');
      }
      const { verdicts, generation } = await vgpu.submitTypes({ data, label: 'whole' });
      const listed = vgpu.listTypes();
      demandEqual(listed.types.map(({ typeId }) => typeId), verdicts.filter(({ accepted }) => accepted).map(({ typeId }) => typeId).sort((a, b) => a - b), 'types that were accepted, by their ids');
      demand(listed.generation === generation && generation !== empty.generation, 'the generation did not change with the list');
      demandEqual(vgpu.listTypes().generation, generation, 'the generation of the same list');
    },
  },
  {
    name: 'vgpu.stale', duty: 'refuses a choice that was made from an older list', ...TYPES, means: ['types'],
    async run(core) {
      const { vgpu, types } = await withTypes(core);
      const { generation } = vgpu.listTypes();
      const wanted = { typeId: types[0]!.typeId, owner: owner(1), generation };
      await vgpu.assign(wanted);
      await demandError(() => vgpu.assign(wanted), 'StaleGeneration', 'assigning from a list that has changed');
    },
  },
  {
    name: 'vgpu.owner', duty: 'lets nobody but the owner open or take back an assignment', ...TYPES, means: ['types'],
    async run(core) {
      const { vgpu, types } = await withTypes(core);
      const { vf } = await vgpu.assign({ typeId: types[0]!.typeId, owner: owner(1) });
      const other = (await attach(core)).vgpu!;
      await demandError(() => other.open({ vf, owner: owner(2), ...OPEN }), 'NotOwner', 'opening what another holds');
      await demandError(() => other.unassign({ vf, owner: owner(2) }), 'NotOwner', 'taking back what another holds');
      demandEqual([vgpu.getAssignment({ vf, owner: owner(1) }).mine, other.getAssignment({ vf, owner: owner(2) }).mine], [true, false], 'whose it is');
      await other.unassign({ vf, owner: owner(1) });
      await demandError(() => vgpu.getAssignment({ vf }), 'NotFound', 'what nobody was assigned');
    },
  },
  {
    name: 'vgpu.taken', duty: 'assigns a virtual function once', ...TYPES, means: ['types'],
    async run(core) {
      const { vgpu, types } = await withTypes(core);
      const { vf } = await vgpu.assign({ typeId: types[0]!.typeId, owner: owner(1) });
      await demandError(() => vgpu.assign({ vf, typeId: types[0]!.typeId, owner: owner(1) }), 'InUse', 'assigning the same virtual function again');
      await demandError(() => vgpu.assign({ vf: 0xffff, typeId: types[0]!.typeId, owner: owner(1) }), 'NotFound', 'assigning a virtual function that there is not');
    },
  },
  {
    name: 'vgpu.capacity', duty: 'assigns as many as it says, and no more', ...TYPES, means: ['types'],
    async run(core) {
      const { vgpu, types } = await withTypes(core);
      const [small, large] = [types[0]!, types.at(-1)!];
      const creatable = (id: number): number => vgpu.listTypes().types.find(({ typeId }) => typeId === id)!.creatable;
      const count = creatable(small.typeId);
      for (let left = count; left > 0; left--) {
        demandEqual(creatable(small.typeId), left, 'instances that can be had');
        await vgpu.assign({ typeId: small.typeId, owner: owner(1) });
      }
      await demandError(() => vgpu.assign({ typeId: small.typeId, owner: owner(1) }), ['NoCapacity', 'NotCreatable'], 'one more than can be had');
      await demandError(() => vgpu.assign({ typeId: large.typeId, owner: owner(1) }), ['NoCapacity', 'NotCreatable'], 'one of another size');
      demandEqual(creatable(large.typeId), 0, 'instances of another size that can be had');
    },
  },
  {
    name: 'vgpu.identity', duty: 'tells at assignment what the guest will see, and keeps to it', ...TYPES, means: ['types'],
    async run(core) {
      const { vgpu, types } = await withTypes(core);
      const { vf, identity } = await vgpu.assign({ typeId: types[0]!.typeId, owner: owner(1) });
      const opened = await vgpu.open({ vf, owner: owner(1), ...OPEN });
      demandEqual(opened.identity, identity, 'identity when opened');
      demandEqual(vgpu.getAssignment({ vf }).identity, identity, 'identity of the assignment');
      demand(identity.memory > 0 && Number.isInteger(Math.log2(identity.aperture)), `the aperture of ${identity.aperture} bytes is no power of two`);
      demandEqual(opened.instance.info(), { vf, typeId: types[0]!.typeId, state: 'Active', memoryUsed: opened.instance.info().memoryUsed }, 'the instance');
    },
  },
  {
    name: 'vgpu.open-twice', duty: 'opens an assignment once, and does not take it back while it is open', ...TYPES, means: ['types'],
    async run(core) {
      const { vgpu, vf } = await withInstance(core);
      await demandError(() => vgpu.open({ vf, owner: owner(1), ...OPEN }), ['InUse', 'Busy'], 'opening what is open');
      await demandError(() => vgpu.unassign({ vf, owner: owner(1) }), ['InUse', 'Busy'], 'taking back what is open');
    },
  },
  {
    name: 'vgpu.reset-clears', duty: 'clears the guest\'s memory at reset', ...TYPES, means: ['types', 'guest'],
    async run(core) {
      const { vf, instance } = await withInstance(core);
      core.guest!(vf).write(12, filledWith(9));
      await instance.reset();
      demandEqual(core.guest!(vf).read(12, 4), filledWith(0), 'the guest\'s memory after a reset');
      demandEqual(instance.info().state, 'Active', 'state after a reset');
    },
  },
  {
    name: 'vgpu.close-clears', duty: 'gives the next guest memory that reads zero', ...TYPES, means: ['types', 'guest'],
    async run(core) {
      const { vgpu, vf, instance } = await withInstance(core);
      core.guest!(vf).write(12, filledWith(9));
      await instance.release();
      await vgpu.open({ vf, owner: owner(1), ...OPEN });
      demandEqual(core.guest!(vf).read(12, 4), filledWith(0), 'the next guest\'s memory');
    },
  },
  {
    name: 'vgpu.states', duty: 'tells every change of an instance\'s state, in an order that the contract allows', interfaces: TYPES.interfaces, capabilities: [...TYPES.capabilities, 'device.events'], means: ['types'],
    async run(core) {
      const moves: (readonly [string, string])[] = [];
      const note = (event: ContractEvent): void => { if (event.kind === 'instance.state') moves.push([event.payload.from, event.payload.to]); };
      const { vgpu, vf, instance } = await withInstance(core, note);
      await instance.reset();
      await instance.release();
      await vgpu.unassign({ vf, owner: owner(1) });
      await delivered(core);
      demandEqual(moves.map(([, to]) => to), ['Assigned', 'Opening', 'Active', 'Resetting', 'Active', 'Closing', 'Assigned', 'Unassigned'], 'states that were told');
      for (const [from, to] of moves) demand(INSTANCE_STATES[from as 'Active'].includes(to as 'Active'), `${from} to ${to} is no step`);
    },
  },
  {
    name: 'vgpu.refused', duty: 'keeps nothing of an opening that the device refused, and can open afterwards', ...TYPES, means: ['types', 'mishap', 'lent'],
    async run(core) {
      const { vgpu, types } = await withTypes(core);
      const { vf } = await vgpu.assign({ typeId: types[0]!.typeId, owner: owner(1) });
      const before = core.lent!();
      core.mishap!('open', 'refused');
      await demandError(() => vgpu.open({ vf, owner: owner(1), ...OPEN }), 'DeviceError', 'opening when the device refuses');
      demandEqual([vgpu.getAssignment({ vf }).state, core.lent!()], ['Assigned', before], 'state, and what is lent, after a refusal');
      await vgpu.open({ vf, owner: owner(1), ...OPEN });
    },
  },
  {
    name: 'vgpu.quarantine', duty: 'sets aside what may still run after a closing without an answer, and says so', ...TYPES, means: ['types', 'mishap', 'lent'],
    async run(core) {
      const { vgpu, vf, instance } = await withInstance(core);
      const before = core.lent!();
      core.mishap!('close', 'timeout');
      await demandError(() => instance.release(), ['Timeout', 'Quarantined'], 'closing without an answer');
      demandEqual(vgpu.getAssignment({ vf }).state, 'Quarantined', 'state');
      demand(core.lent!().bytes >= before.bytes, 'memory that a guest may still write was given free');
      await demandError(() => vgpu.open({ vf, owner: owner(1), ...OPEN }), 'Quarantined', 'opening what is set aside');
      await demandError(() => vgpu.unassign({ vf, owner: owner(1) }), 'Quarantined', 'taking back what is set aside');
    },
  },
  {
    name: 'vgpu.failed', duty: 'tells of an instance that broke down, and lets nothing but looking and closing be done to it', interfaces: TYPES.interfaces, capabilities: [...TYPES.capabilities, 'device.events'], means: ['types', 'breakInstance'],
    async run(core) {
      const seen: string[] = [];
      const { vgpu, vf, instance } = await withInstance(core, (event) => { if (event.kind === 'instance.state') seen.push(event.payload.to); });
      await core.breakInstance!(vf);
      await delivered(core);
      demandEqual([seen.at(-1), instance.info().state], ['Failed', 'Failed'], 'what is told');
      await demandError(() => instance.reset(), 'InvalidState', 'resetting what broke down');
      await demandError(() => instance.setBusMaster({ on: true }), 'InvalidState', 'switching what broke down');
      await instance.release();
      demandEqual(vgpu.getAssignment({ vf }).state, 'Assigned', 'state after closing');
    },
  },
  {
    name: 'vgpu.removal', duty: 'lets go of instances without fail when the device is gone, in whatever state they are', ...TYPES, means: ['types', 'remove', 'lent'],
    async run(core) {
      const { session, vgpu, vf, instance } = await withInstance(core);
      await core.remove!();
      await demandError(() => instance.info(), 'DeviceLost', 'looking at an instance of a device that is gone');
      await demandError(() => vgpu.getAssignment({ vf }), 'DeviceLost', 'looking at an assignment of a device that is gone');
      await instance.release();
      await session.detach();
      demandEqual(core.lent!().instances, 0, 'instances that are held');
    },
  },
  {
    name: 'vgpu.session-end', duty: 'closes the instances of a session that ends; assignments stay with their owner', ...TYPES, means: ['types', 'lent'],
    async run(core) {
      const { session, vf, type } = await withInstance(core);
      await session.detach();
      demandEqual(core.lent!().instances, 0, 'instances after the session ended');
      const next = (await attach(core)).vgpu!;
      const { state, typeId } = next.getAssignment({ vf });
      demandEqual([state, typeId], ['Assigned', type.typeId], 'the assignment');
    },
  },
];

function filledWith(byte: number): Uint8Array {
  return new Uint8Array(4).fill(byte);
}
