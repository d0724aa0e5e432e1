import { attach, demand, demandEqual, demandError, owner, SECOND, withTypes2, type ConformanceCase } from './case.ts';

const PLAN = { interfaces: ['vgpu 2'], capabilities: ['vgpu.types.submit', 'vgpu.instance.basic', 'vgpu.capacity.plan'], means: ['types'] } as const;
const PLACES = { ...PLAN, capabilities: [...PLAN.capabilities, 'vgpu.placement.explicit'] } as const;

/** What can be had, and where. */
export const PLACEMENT_CASES: readonly ConformanceCase[] = [
  {
    name: 'vgpu2.majors', duty: 'serves clients of both majors side by side, over the same virtual GPUs', interfaces: ['vgpu', 'vgpu 2'], capabilities: PLAN.capabilities, means: PLAN.means,
    async run(core) {
      const { session, vgpu, types } = await withTypes2(core);
      demandEqual([session.vgpu === undefined, session.vgpu2 === undefined, session.agreement.interfaces.vgpu?.major], [true, false, 2], 'what a client of the second major has');
      const first = await attach(core);
      demandEqual([first.vgpu === undefined, first.vgpu2 === undefined, first.agreement.interfaces.vgpu?.major], [false, true, 1], 'what a client of the first major has');
      const listed = first.vgpu!.listTypes();
      const { types: capacities, plan } = vgpu.capacity();
      demandEqual([listed.types.map(({ typeId, creatable }) => [typeId, creatable]), listed.generation], [capacities.map(({ typeId, creatable }) => [typeId, creatable]), plan], 'types as the first major has them');
      const { vf } = await vgpu.assign({ typeId: types[0]!.typeId, owner: owner(1) });
      demandEqual(first.vgpu!.getAssignment({ vf, owner: owner(1) }), { typeId: types[0]!.typeId, state: 'Assigned', mine: true, identity: vgpu.getAssignment({ vf }).identity }, 'what the one assigned, as the other sees it');
    },
  },
  {
    name: 'vgpu2.plan', duty: 'tells what is supported and what can be had, with a reason where nothing can', ...PLAN,
    async run(core) {
      const { vgpu, types } = await withTypes2(core);
      const empty = vgpu.capacity();
      demandEqual(empty.types.map(({ typeId }) => typeId), vgpu.listTypes().types.map(({ typeId }) => typeId), 'types in the plan');
      for (const { typeId, supported, creatable, reason } of empty.types) demandEqual([creatable, reason], [supported, supported > 0 ? 'none' : reason], `what can be had of ${typeId} on an empty device`);
      const [small, large] = [types[0]!, types.at(-1)!];
      const of = (id: number) => vgpu.capacity().types.find(({ typeId }) => typeId === id)!;
      const { supported } = of(small.typeId);
      for (let left = supported; left > 0; left--) {
        demandEqual([of(small.typeId).creatable, of(small.typeId).reason, of(small.typeId).supported], [left, 'none', supported], 'what can be had');
        await vgpu.assign({ typeId: small.typeId, owner: owner(1) });
      }
      for (const { typeId } of [small, large]) demand(of(typeId).creatable === 0 && of(typeId).reason !== 'none', `of ${typeId} nothing can be had, and the plan gives ${of(typeId).reason} for a reason`);
    },
  },
  {
    name: 'vgpu2.plan-token', duty: 'changes the plan\'s token when what can be had changes, and only then; refuses choices from an older plan', ...PLACES,
    async run(core) {
      const { vgpu, types } = await withTypes2(core);
      const { plan } = vgpu.capacity();
      demandEqual([vgpu.capacity().plan, vgpu.listTypes().plan], [plan, plan], 'the token of the same plan');
      const wanted = { typeId: types[0]!.typeId, owner: owner(1), plan };
      const { vf } = await vgpu.assign(wanted);
      demand(vgpu.capacity().plan !== plan, 'an assignment changed what can be had, and not the token');
      await demandError(() => vgpu.assign(wanted), 'StaleGeneration', 'assigning from an older plan');
      await demandError(() => vgpu.placements({ plan, typeId: wanted.typeId }), 'StaleGeneration', 'places of an older plan');
      const then = vgpu.capacity().plan;
      await vgpu.unassign({ vf, owner: owner(1) });
      demand(vgpu.capacity().plan !== then, 'an assignment was taken back, and the token stays');
    },
  },
  {
    name: 'vgpu2.placements', duty: 'gives the place that was chosen, once, and none that is not the type\'s', ...PLACES,
    async run(core) {
      const { vgpu, types } = await withTypes2(core);
      const { typeId } = types[0]!;
      const { plan, units } = vgpu.capacity();
      const { placements } = vgpu.placements({ plan, typeId });
      demand(placements.length > 0 && new Set(placements.map(({ placement }) => placement)).size === placements.length, 'places do not have tokens of their own');
      placements.forEach((one, i) => { demand(one.start + one.units <= units && (i === 0 || one.start > placements[i - 1]!.start), `the place from ${one.start} lies outside or out of order`); });
      const last = placements.findLast(({ free }) => free)!;
      const given = await vgpu.assign({ typeId, owner: owner(1), plan, placement: last.placement });
      demandEqual([given.start, given.units], [last.start, last.units], 'the place that was given');
      const { start, units: taken } = vgpu.getAssignment({ vf: given.vf });
      demandEqual([start, taken], [last.start, last.units], 'the place of the assignment');
      const now = vgpu.placements({ plan: vgpu.capacity().plan, typeId }).placements;
      demandEqual(now.find((one) => one.start === last.start)?.free, false, 'the place that was given is free');
      const taken2 = now.find((one) => one.start === last.start)!;
      await demandError(() => vgpu.assign({ typeId, owner: owner(1), placement: taken2.placement }), ['NotCreatable', 'NoCapacity'], 'choosing a place that is taken');
      await demandError(() => vgpu.assign({ typeId, owner: owner(1), placement: 2n ** 64n - 1n }), 'NotFound', 'choosing a place that there is not');
    },
  },
  {
    name: 'vgpu2.race', duty: 'gives a place to one of those who want it at the same time', ...PLACES,
    async run(core) {
      const { vgpu, types } = await withTypes2(core);
      const other = (await attach(core, SECOND)).vgpu2!;
      const { typeId } = types[0]!;
      const { plan } = vgpu.capacity();
      const { placement } = vgpu.placements({ plan, typeId }).placements.find(({ free }) => free)!;
      const outcomes = await Promise.allSettled([vgpu, other, vgpu, other].map((one, i) => one.assign({ typeId, owner: owner(i), placement })));
      demandEqual(outcomes.filter(({ status }) => status === 'fulfilled').length, 1, 'those who got the place');
    },
  },
  {
    name: 'vgpu2.mode', duty: 'changes how the device is shared out while nothing is assigned, and mixes sizes only where it says so', ...PLAN, capabilities: [...PLAN.capabilities, 'vgpu.mixed-sizes'],
    async run(core) {
      const { vgpu, types } = await withTypes2(core);
      const [small, large] = [types[0]!, types.at(-1)!];
      demandEqual(vgpu.capacity().mode, 'equal', 'mode of a new device');
      const { vf } = await vgpu.assign({ typeId: small.typeId, owner: owner(1) });
      await demandError(() => vgpu.setMode({ mode: 'mixed' }), 'InUse', 'changing the mode while something is assigned');
      await demandError(() => vgpu.assign({ typeId: large.typeId, owner: owner(1) }), ['NotCreatable', 'NoCapacity'], 'another size in equal mode');
      await vgpu.unassign({ vf, owner: owner(1) });
      const { plan } = await vgpu.setMode({ mode: 'mixed' });
      demandEqual([vgpu.capacity().mode, vgpu.capacity().plan], ['mixed', plan], 'mode and plan');
      const places = await Promise.all([small, large].map(({ typeId }) => vgpu.assign({ typeId, owner: owner(1) })));
      const [one, two] = places.sort((a, b) => a.start - b.start) as [typeof places[0], typeof places[0]];
      demand(one.start + one.units <= two.start, 'two instances have places that overlap');
    },
  },
];
