import { createMemoryBus, createMemoryCore, memoryTypes, type MemoryCore, type PluggedCore } from '@nova-stack/nova-core-api/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { createVgpuDriver, type VgpuDriver } from '../driver.ts';
import type { VgpuError } from '../errors.ts';
import { createMemoryStore, type AssignmentStore, type StoredAssignment } from './assignment-store.ts';
import { uuidOf } from './octets.ts';
import { createProvisioner, type Provisioner } from './provisioner.ts';

const MiB = 2 ** 20;
const TYPES = memoryTypes([{ typeId: 10, name: 'ACME M8-1Q', profileSize: MiB }, { typeId: 11, name: 'ACME M8-2Q', profileSize: 2 * MiB }]);
const GPU_A = '000000000000000000000000000000aa';
const GPU_B = '000000000000000000000000000000bb';
const NAMES = Array.from({ length: 6 }, (_, i) => uuidOf(new Uint8Array(16).fill(i)));
const coded = (code: string): unknown => expect.objectContaining({ code });

/** A GPU of its own number, `vfs` virtual functions and 8 MiB. */
function core(number: number, vfs = 4, before: () => void = () => {}): MemoryCore {
  return createMemoryCore({ memory: 8 * MiB, vfs, uuid: Uint8Array.from({ length: 16 }, (_, i) => (i === 15 ? number : 0)), before });
}

interface Host {
  readonly driver: VgpuDriver;
  readonly plugged: readonly PluggedCore[];
  readonly provisioner: Provisioner;
}

/** A host that starts: the manager finds the GPUs, types are submitted, what the store has is restored. */
async function start(store: AssignmentStore, cores: readonly MemoryCore[], random?: (bytes: number) => Uint8Array): Promise<Host> {
  const { bus, plug } = createMemoryBus();
  const driver = await createVgpuDriver({ bus });
  const plugged = [];
  for (const one of cores) plugged.push(await plug(one));
  // A core that kept assignments kept its types too.
  for (const manager of driver.managers) if (manager.types().length === 0) await manager.submitTypes(TYPES, 'types');
  const provisioner = await createProvisioner({ driver, store, ...(random && { random }) });
  await provisioner.restore();
  return { driver, plugged, provisioner };
}

/** The host goes down in good order; the devices forget nothing. */
const stop = ({ driver }: Host): Promise<void> => driver.unregister();

describe('virtual GPUs by name', () => {
  test('are created on the first GPU that takes them, listed, run, and destroyed', async () => {
    const cores = [core(0xaa, 1), core(0xbb)];
    const { driver, provisioner } = await start(createMemoryStore(), cores);
    expect(provisioner.supported().map(({ gpu, name }) => [gpu, name])).toEqual([[GPU_A, 'ACME M8-1Q'], [GPU_A, 'ACME M8-2Q'], [GPU_B, 'ACME M8-1Q'], [GPU_B, 'ACME M8-2Q']]);
    const first = await provisioner.create({ type: 'M8-1Q', uuid: NAMES[0]! });
    const second = await provisioner.create({ type: 'M8-2Q', uuid: NAMES[1]!.toUpperCase() });
    expect([first, second]).toMatchObject([
      { uuid: NAMES[0], gpu: GPU_A, type: 'ACME M8-1Q', vf: 0, state: 'Assigned' }, { uuid: NAMES[1], gpu: GPU_B, type: 'ACME M8-2Q', vf: 0, state: 'Assigned' },
    ]);
    expect(provisioner.creatable().map(({ gpu, name }) => [gpu, name])).toEqual([[GPU_B, 'ACME M8-2Q']]);
    const { device, vf, owner } = provisioner.claim(NAMES[1]!);
    expect(driver.managers.find((manager) => manager.device === device)!.assignment(vf, owner)).toMatchObject({ mine: true, state: 'Assigned' });
    expect(() => provisioner.claim('nobody')).toThrow(expect.objectContaining({ code: 'UNKNOWN_VGPU' }));
    const vgpu = await provisioner.open(NAMES[1]!, { label: 'guest' });
    expect(provisioner.list().map(({ state }) => state)).toEqual(['Assigned', 'Active']);
    await expect(provisioner.destroy(NAMES[1]!)).rejects.toEqual(coded('InUse'));
    await vgpu.close();
    expect([vgpu.state, provisioner.list()[1]!.state]).toEqual(['Assigned', 'Assigned']);
    for (const name of NAMES.slice(0, 2)) expect(await provisioner.destroy(name)).toBe('removed');
    expect([provisioner.list(), cores.map((one) => one.lent().assignments)]).toEqual([[], [0, 0]]);
  });

  test('are refused in words', async () => {
    const { provisioner } = await start(createMemoryStore(), [core(0xaa, 1)]);
    await provisioner.create({ type: 'M8-1Q', uuid: NAMES[0]! });
    const error = async (work: Promise<unknown>): Promise<VgpuError> => work.then(() => expect.fail('it was taken'), (thrown: unknown) => thrown as VgpuError);
    expect(await error(provisioner.create({ type: 'M8-1Q', uuid: 'me' }))).toMatchObject({ code: 'BAD_UUID', message: expect.stringMatching(/^"me" is no UUID; one looks like [0-9a-f-]{36}$/) as string });
    expect(await error(provisioner.create({ type: 'M8-1Q', uuid: NAMES[0]! }))).toMatchObject({ code: 'UUID_IN_USE' });
    expect(await error(provisioner.create({ type: 'M8-1Q', gpu: GPU_B }))).toMatchObject({ code: 'NO_GPU', message: expect.stringContaining(GPU_A) as string });
    expect(await error(provisioner.create({ type: 'M9', gpu: GPU_A }))).toMatchObject({ code: 'UNKNOWN_TYPE' });
    expect(await error(provisioner.create({ type: 'M8-1Q' }))).toMatchObject({ category: 'resource' });
    expect(await error(provisioner.destroy(NAMES[3]!))).toMatchObject({ code: 'UNKNOWN_VGPU' });
    expect(provisioner.list()).toHaveLength(1);
  });

  test('outlive the manager, and the device too', async () => {
    const store = createMemoryStore();
    const lasting = core(0xaa);
    const before = await start(store, [lasting]);
    const made = [await before.provisioner.create({ type: 'M8-1Q' }), await before.provisioner.create({ type: 'M8-1Q', vf: 3 })];
    await stop(before);
    // The device kept them.
    const again = await start(store, [lasting]);
    expect(new Set(again.provisioner.list())).toEqual(new Set(made));
    expect(lasting.lent().assignments).toBe(2);
    await stop(again);
    // A fresh one, as after a power cycle: they come back where they were.
    const fresh = core(0xaa);
    const after = await start(store, [fresh]);
    expect(new Set(after.provisioner.list())).toEqual(new Set(made));
    expect(fresh.lent().assignments).toBe(2);
  });

  test('wait for a GPU that is not there', async () => {
    const store = createMemoryStore();
    const first = await start(store, [core(0xaa)]);
    await first.provisioner.create({ type: 'M8-1Q', uuid: NAMES[0]! });
    await first.provisioner.create({ type: 'M8-1Q', uuid: NAMES[1]! });
    await stop(first);
    const without = await start(store, [core(0xbb)]);
    expect(without.provisioner.list().map(({ state }) => state)).toEqual(['Absent', 'Absent']);
    await expect(without.provisioner.open(NAMES[0]!)).rejects.toEqual(coded('NOT_PLACED'));
    expect(await without.provisioner.destroy(NAMES[1]!)).toBe('later');
    expect(without.provisioner.list().map(({ state }) => state)).toEqual(['Absent', 'Removing']);
    await stop(without);
    const back = await start(store, [core(0xbb), core(0xaa)]);
    expect(back.provisioner.list()).toMatchObject([{ uuid: NAMES[0], state: 'Assigned' }]);
  });

  test('say why they could not be put back, and keep nobody else', async () => {
    const store = createMemoryStore();
    const first = await start(store, [core(0xaa)]);
    for (const vf of [0, 1, 2]) await first.provisioner.create({ type: 'M8-1Q', uuid: NAMES[vf]!, vf });
    await stop(first);
    const smaller = await start(store, [core(0xaa, 2)]);
    expect(smaller.provisioner.list()).toMatchObject([{ state: 'Assigned' }, { state: 'Assigned' }, { state: 'Unplaced', problem: { code: 'NotFound' } }]);
    expect(await smaller.provisioner.destroy(NAMES[2]!)).toBe('removed');
    expect(await store.load()).toHaveLength(2);
  });

  test.each<[string, Partial<Record<keyof StoredAssignment, unknown>>, RegExp]>([
    ['uuid', { uuid: 'x' }, /has "x" as uuid of x; expected a UUID/],
    ['gpu', { gpu: 'AA' }, /"AA" as gpu .*; expected 32 hexadecimal digits/],
    ['vf', { vf: -1 }, /-1 as vf .*; expected 0 to 65535/],
    ['step', { step: 'made', vf: undefined }, /no vf of .*, which was made/],
  ])('are not taken from a store that went bad: %s', async (_, wrong, message) => {
    const good: StoredAssignment = { uuid: NAMES[0]!, gpu: GPU_A, type: 'M8-1Q', owner: GPU_B, vf: 0, step: 'made' };
    const store = { ...createMemoryStore(), load: () => Promise.resolve([{ ...good, ...wrong } as StoredAssignment]) };
    const error = await start(store, []).catch((thrown: unknown) => thrown as VgpuError);
    expect(error).toMatchObject({ code: 'BAD_STORE', message: expect.stringMatching(message) as string });
  });

  test('any value in a store is an assignment or a typed error', async () => {
    await fc.assert(fc.asyncProperty(fc.anything(), async (value) => {
      const store = { ...createMemoryStore(), load: () => Promise.resolve([value as StoredAssignment]) };
      await createProvisioner({ driver: { managers: [] }, store }).catch((error: unknown) => { expect(error).toEqual(coded('BAD_STORE')); });
    }));
  });
});

/** Ends a run where a killed process would: nothing that follows happens. */
class Killed extends Error {}

describe('a host that is killed at any point', () => {
  const command = fc.oneof(
    fc.record({ what: fc.constant('create' as const), name: fc.nat(5), type: fc.constantFrom('M8-1Q', 'M8-2Q') }),
    fc.record({ what: fc.constant('destroy' as const), name: fc.nat(5), type: fc.constant('') }),
  );

  test('loses nothing that it promised, doubles nothing, and leaves nothing over', async () => {
    let killed = 0;
    await fc.assert(fc.asyncProperty(
      fc.array(fc.tuple(fc.array(command, { maxLength: 8 }), fc.nat(25), fc.boolean()), { minLength: 1, maxLength: 4 }),
      async (lives) => {
        const kept = createMemoryStore();
        let device = core(0xaa);
        /** What the operator was told is there. */
        const promised = new Set<string>();
        let doubtful: string | undefined;
        for (const [commands, steps, powerCycle] of lives) {
          const life = { left: steps, dead: false };
          const die = (): void => {
            if (!life.dead && life.left-- > 0) return;
            life.dead = true;
            throw new Killed();
          };
          // Killed before a step took effect, or right after it: each step of the store and of the core is two points.
          const around = async <T>(work: () => Promise<T>): Promise<T> => {
            die();
            const result = await work();
            die();
            return result;
          };
          const store: AssignmentStore = { load: () => kept.load(), put: (one) => around(() => kept.put(one)), remove: (uuid) => around(() => kept.remove(uuid)) };
          const host = await start(kept, [device]);
          const [real] = host.driver.managers;
          const manager = Object.create(real!, {
            assign: { value: (options: Parameters<NonNullable<typeof real>['assign']>[0]) => around(() => real!.assign(options)) },
            unassign: { value: (vf: number, owner: Uint8Array) => around(() => real!.unassign(vf, owner)) },
            assignment: { value: (vf: number, owner?: Uint8Array) => real!.assignment(vf, owner) },
            types: { value: () => real!.types() },
            gpu: { value: real!.gpu },
            virtualFunctions: { get: () => real!.virtualFunctions },
          }) as NonNullable<typeof real>;

          // Everything promised is there, once, and what was in doubt is there or not.
          const there = host.provisioner.list();
          expect(there.every(({ state }) => state === 'Assigned')).toBe(true);
          const names = new Set(there.map(({ uuid }) => uuid));
          if (doubtful !== undefined) {
            promised.delete(doubtful);
            if (names.has(doubtful)) promised.add(doubtful);
          }
          expect(names).toEqual(promised);
          expect([device.lent().assignments, new Set(there.map(({ vf }) => vf)).size]).toEqual([promised.size, promised.size]);

          const provisioner = await createProvisioner({ driver: { managers: [manager] }, store });
          doubtful = undefined;
          for (const { what, name, type } of commands) {
            const uuid = NAMES[name]!;
            try {
              if (what === 'create') {
                await provisioner.create({ type, uuid });
                promised.add(uuid);
              } else {
                await provisioner.destroy(uuid);
                promised.delete(uuid);
              }
            } catch {
              // Refused, or killed on the way: then nobody was told how it ended.
              if (life.dead) doubtful = uuid;
            }
            if (life.dead) break;
          }
          if (life.dead) killed++;
          await stop(host);
          if (powerCycle) device = core(0xaa);
        }
      },
    ), { numRuns: 300 });
    expect(killed).toBeGreaterThan(50);
  });
});
