import { ContractError, type ContractEvent } from '@nova-stack/nova-core-api';
import { createMemoryBus, createMemoryCore, memoryTypes, type MemoryCore, type MemoryCoreOptions, type PluggedCore } from '@nova-stack/nova-core-api/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { createVgpuDriver, type VgpuDriver } from './driver.ts';
import { VgpuError } from './errors.ts';
import type { VgpuManager } from './manager.ts';
import type { Vgpu } from './vgpu.ts';

const MiB = 2 ** 20;
const TYPES = memoryTypes([
  { typeId: 10, name: 'ACME M8-1Q', profileSize: MiB }, { typeId: 11, name: 'ACME M8-2Q', profileSize: 2 * MiB }, { typeId: 12, name: 'ACME M8-64Q', profileSize: 64 * MiB },
]);
const NOTHING = { regions: 0, instances: 0, assignments: 0, bytes: 0, dirty: 0 };
const owner = (n: number): Uint8Array => new Uint8Array(16).fill(n);
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const coded = (code: string, more: object = {}): unknown => expect.objectContaining({ code, ...more });

interface Setup {
  readonly core: MemoryCore;
  readonly plugged: PluggedCore;
  readonly driver: VgpuDriver;
  readonly manager: VgpuManager;
}

async function setup(options: MemoryCoreOptions = {}): Promise<Setup> {
  const { bus, plug } = createMemoryBus();
  const core = createMemoryCore({ memory: 8 * MiB, vfs: 6, ...options });
  const driver = await createVgpuDriver({ bus });
  const plugged = await plug(core);
  const manager = driver.managers[0]!;
  if (options.vfs !== 0) await manager.submitTypes(TYPES, 'types');
  return { core, plugged, driver, manager };
}

describe('types', () => {
  test('go to the core as they are, which says what becomes of each', async () => {
    const { manager } = await setup();
    expect(await manager.submitTypes(TYPES, 'types')).toMatchObject([
      { name: 'ACME M8-1Q', accepted: true, reason: 'none' }, { name: 'ACME M8-2Q', accepted: true }, { name: 'ACME M8-64Q', accepted: false, reason: 'refused' },
    ]);
    expect(manager.types().map(({ name, creatable }) => [name, creatable])).toEqual([['ACME M8-1Q', 6], ['ACME M8-2Q', 4]]);
  });

  test('for another release are refused, and neither release is named', async () => {
    const { manager } = await setup();
    const error = await manager.submitTypes(memoryTypes([], 'rel-9.9'), 'newer').catch((thrown: unknown) => thrown as ContractError);
    expect(error).toEqual(coded('Incompatible', { reason: 'other-release', category: 'data' }));
    expect((error as ContractError).message).not.toContain('9.9');
    await expect(manager.submitTypes(TYPES.subarray(1), 'cut')).rejects.toEqual(coded('BadData'));
    // What was there before stays.
    expect(manager.types()).toHaveLength(2);
  });

  test('cannot be had where the device cannot have virtual functions', async () => {
    const { manager } = await setup({ vfs: 0 });
    expect(manager.obstacle).toBe('no-vfs');
    expect((await setup()).manager.obstacle).toBeUndefined();
  });
});

describe('a virtual GPU', () => {
  test('is created by the name of its type, with or without the maker, or by its id', async () => {
    const { core, manager } = await setup();
    for (const type of ['ACME M8-1Q', 'M8-1Q', 10]) expect((await manager.create({ type, owner: owner(1) })).type.typeId).toBe(10);
    await expect(manager.create({ type: 'M8-3Q', owner: owner(1) })).rejects.toEqual(coded('UNKNOWN_TYPE', { message: expect.stringContaining('ACME M8-1Q, ACME M8-2Q') as string }));
    await expect(manager.create({ type: 'M8-2Q', owner: owner(1) })).rejects.toEqual(coded('NotCreatable', { reason: 'other-size' }));
    await manager.closeAll();
    expect(core.lent()).toEqual(NOTHING);
  });

  test('lives from open to close, cleared before the next one', async () => {
    const { core, manager } = await setup();
    const vgpu = await manager.create({ type: 'M8-1Q', owner: owner(1), label: 'guest', vf: 3 });
    expect([vgpu.vf, vgpu.state, manager.instances]).toEqual([3, 'Active', [vgpu]]);
    expect(vgpu.identity).toMatchObject({ memory: MiB, heads: 4 });
    core.guestWrite(3, 100, Uint8Array.of(1, 2, 3));
    await vgpu.setBusMaster(true);
    await vgpu.reset();
    expect(core.guestRead(3, 100, 3)).toEqual(new Uint8Array(3));
    core.guestWrite(3, 100, Uint8Array.of(1, 2, 3));
    await Promise.all([vgpu.close(), vgpu.close()]);
    expect([vgpu.state, manager.instances, core.lent()]).toEqual(['Unassigned', [], NOTHING]);
    expect(() => vgpu.info()).toThrow(expect.objectContaining({ code: 'InvalidState' }));
  });

  test('belongs to its owner', async () => {
    const { manager } = await setup();
    const { vf } = await manager.assign({ type: 'M8-1Q', owner: owner(1) });
    expect(manager.assignment(vf, owner(1))).toMatchObject({ typeId: 10, state: 'Assigned', mine: true });
    expect(manager.assignment(vf, owner(2)).mine).toBe(false);
    await expect(manager.open({ vf, owner: owner(2) })).rejects.toEqual(coded('NotOwner'));
    await expect(manager.unassign(vf, owner(2))).rejects.toEqual(coded('NotOwner'));
    const vgpu = await manager.open({ vf, owner: owner(1) });
    await expect(manager.unassign(vf, owner(1))).rejects.toEqual(coded('InUse'));
    await vgpu.close();
    expect(() => manager.assignment(vf)).toThrow(expect.objectContaining({ code: 'NotFound' }));
  });

  test('is one of many that come at the same time', async () => {
    const { core, manager } = await setup();
    const made = await Promise.allSettled(Array.from({ length: 9 }, (_, n) => manager.create({ type: 'M8-1Q', owner: owner(n) })));
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(6);
    for (const one of made) if (one.status === 'rejected') expect(one.reason).toEqual(coded('NoCapacity'));
    expect(new Set(manager.instances.map(({ vf }) => vf)).size).toBe(6);
    await manager.closeAll();
    expect(core.lent()).toEqual(NOTHING);
  });

  test('does not stand in the way of others, however many', async () => {
    const { manager } = await setup({ vfs: 48, memory: 64 * MiB });
    await Promise.all(Array.from({ length: 48 }, (_, n) => manager.create({ type: 'M8-1Q', owner: owner(n) })));
    expect(manager.types()[0]).toMatchObject({ maxInstances: 48, creatable: 0 });
    await manager.closeAll();
  });
});

describe('when something fails', () => {
  /** What an operation fails with, or undefined. */
  interface Faults { of: (operation: string) => Error | undefined }
  async function failing(): Promise<Setup & { readonly faults: Faults }> {
    const faults: Faults = { of: () => undefined };
    const made = await setup({ before: (name) => { const error = faults.of(name); if (error) throw error; } });
    return { ...made, faults };
  }
  const only = (wanted: string, error: Error) => (operation: string): Error | undefined => (operation === wanted ? error : undefined);
  const none = (): undefined => undefined;
  const timeout = new ContractError('Timeout', 'No answer in time');

  test('to open, nothing stays behind', async () => {
    const { core, manager, faults } = await failing();
    faults.of = only('vgpu.open', new Error('the device said no'));
    await expect(manager.create({ type: 'M8-1Q', owner: owner(1) })).rejects.toEqual(coded('DeviceError'));
    expect(core.lent()).toEqual(NOTHING);
    faults.of = none;
    await (await manager.create({ type: 'M8-1Q', owner: owner(1) })).close();
  });

  test('to open and nobody knows how, the core keeps it and the reason is told', async () => {
    const { core, manager, faults } = await failing();
    faults.of = only('vgpu.open', timeout);
    await expect(manager.create({ type: 'M8-1Q', owner: owner(1), vf: 0 })).rejects.toEqual(coded('Timeout'));
    faults.of = none;
    expect(manager.assignment(0).state).toBe('Quarantined');
    expect(core.lent()).toMatchObject({ instances: 1, assignments: 1 });
    expect((await manager.create({ type: 'M8-1Q', owner: owner(1) })).vf).toBe(1);
  });

  test('to take the assignment back, why it did not open is still what is told', async () => {
    const { manager, faults } = await failing();
    faults.of = (operation) => (operation === 'vgpu.open' ? new ContractError('NoMemory', 'none') : operation === 'vgpu.unassign' ? new Error('no') : undefined);
    await expect(manager.create({ type: 'M8-1Q', owner: owner(1) })).rejects.toEqual(coded('NoMemory'));
  });

  test('to reset, it can only be closed', async () => {
    const { core, manager, faults } = await failing();
    const vgpu = await manager.create({ type: 'M8-1Q', owner: owner(1) });
    faults.of = only('instance.reset', timeout);
    await expect(vgpu.reset()).rejects.toEqual(coded('Timeout'));
    expect(vgpu.state).toBe('Failed');
    await expect(vgpu.reset()).rejects.toEqual(coded('InvalidState'));
    await vgpu.close();
    expect(core.lent()).toEqual(NOTHING);
  });

  test('to close, the others are closed all the same', async () => {
    const { core, manager, faults } = await failing();
    const all = [];
    for (let n = 0; n < 4; n++) all.push(await manager.create({ type: 'M8-1Q', owner: owner(n) }));
    faults.of = only('instance.release', timeout);
    await expect(all[2]!.close()).rejects.toEqual(coded('Timeout'));
    expect(all[2]!.state).toBe('Quarantined');
    await expect(all[2]!.close()).rejects.toEqual(coded('Timeout'));
    let closed = 0;
    faults.of = (operation) => (operation === 'instance.release' && closed++ === 1 ? timeout : undefined);
    const error = await manager.closeAll().catch((thrown: unknown) => thrown as VgpuError);
    expect(error).toBeInstanceOf(VgpuError);
    expect(error).toMatchObject({ code: 'CLOSE_FAILED', errors: [timeout], message: expect.stringContaining('1 of 3') as string });
    expect([manager.instances, core.lent().instances]).toEqual([[], 2]);
  });

  test('in the guest\'s device, it is told of and can be closed', async () => {
    const { core, manager } = await failing();
    const events: ContractEvent[] = [];
    const vgpu = await manager.create({ type: 'M8-1Q', owner: owner(1) });
    await tick();
    const stop = manager.subscribe((event) => void events.push(event));
    core.breakInstance(vgpu.vf);
    await tick();
    expect(vgpu.state).toBe('Failed');
    expect(events).toMatchObject([{ kind: 'instance.state', payload: { vf: vgpu.vf, from: 'Active', to: 'Failed' } }]);
    stop();
    await vgpu.close();
    await tick();
    expect(events).toHaveLength(1);
  });

  test('and the list of types never stands still, a choice is given up', async () => {
    const { core, manager, faults } = await failing();
    let tries = 0;
    faults.of = (operation) => (operation === 'vgpu.assign' && ++tries > 0 ? new ContractError('StaleGeneration', 'newer') : undefined);
    await expect(manager.create({ type: 'M8-1Q', owner: owner(1) })).rejects.toEqual(coded('StaleGeneration', { retry: 'later' }));
    expect([tries, core.lent()]).toEqual([8, NOTHING]);
  });
});

describe('when the core or the device leaves', () => {
  test.each([['unplug', 'Unassigned'], ['tearOut', 'Lost']] as const)('%s: everything ends, also what is being created', async (how, state) => {
    let go = (): void => undefined;
    let hold = false;
    const gate = new Promise<void>((resolve) => (go = resolve));
    const { core, plugged, driver, manager } = await setup({ before: (name) => (hold && name === 'vgpu.open' ? gate : undefined) });
    const vgpu = await manager.create({ type: 'M8-1Q', owner: owner(1) });
    hold = true;
    const creating = manager.create({ type: 'M8-1Q', owner: owner(2) }).then((one: Vgpu) => one, (error: unknown) => error);
    await tick();
    const leaving = plugged[how]();
    await tick();
    go();
    await leaving;
    const late = await creating;
    if (how === 'tearOut') expect(late).toEqual(coded('DeviceLost'));
    else expect((late as Vgpu).state).toBe('Unassigned');
    expect([vgpu.state, driver.managers, core.lent().instances]).toEqual([state, [], 0]);
    if (how === 'unplug') expect(core.lent()).toEqual(NOTHING);
    await vgpu.close();
    await expect(manager.create({ type: 'M8-1Q', owner: owner(3) })).rejects.toBeInstanceOf(ContractError);
  });

  test('a manager comes for each GPU and goes with it', async () => {
    const { bus, plug } = createMemoryBus();
    const log: string[] = [];
    const driver = await createVgpuDriver({ bus, onManager: ({ device }) => void log.push(`+${device}`), onGone: ({ device }) => void log.push(`-${device}`) });
    const [first] = [await plug(createMemoryCore()), await plug(createMemoryCore())];
    expect(driver.managers.map(({ device }) => device)).toEqual(['nova-core.vgpu.0', 'nova-core.vgpu.1']);
    await first.unplug();
    await driver.unregister();
    expect(log).toEqual(['+nova-core.vgpu.0', '+nova-core.vgpu.1', '-nova-core.vgpu.0', '-nova-core.vgpu.1']);
  });

  test('a core that has no virtual GPUs is none of its business', async () => {
    const { bus, plug } = createMemoryBus();
    const driver = await createVgpuDriver({ bus });
    const plugged = await plug(createMemoryCore({ interfaces: { base: [{ major: 1, minor: 0 }] } }));
    expect(driver.managers).toEqual([]);
    expect(plugged.refusal('vgpu', 'nova-core.vgpu.0')).toContain('vgpu');
  });
});

test('any order of creating, resetting, breaking and closing keeps the books', async () => {
  const step = fc.record({ what: fc.constantFrom('create', 'reset', 'break', 'close', 'write', 'wait'), pick: fc.nat(5), type: fc.constantFrom('M8-1Q', 'M8-2Q') });
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), fc.boolean(), async (steps, settle) => {
    const { core, manager, plugged } = await setup();
    const running: Promise<unknown>[] = [];
    const all: Vgpu[] = [];
    for (const { what, pick, type } of steps) {
      const vgpu = all[pick % Math.max(all.length, 1)];
      const refused = (error: unknown): void => { expect(error).toBeInstanceOf(ContractError); };
      if (what === 'create') running.push(manager.create({ type, owner: owner(pick) }).then((one) => all.push(one), refused));
      else if (what === 'wait') await tick();
      else if (vgpu && what === 'break') core.breakInstance(vgpu.vf);
      else if (vgpu && what === 'write' && vgpu.state === 'Active') core.guestWrite(vgpu.vf, pick, Uint8Array.of(7));
      else if (vgpu && what !== 'write') running.push((what === 'reset' ? vgpu.reset() : vgpu.close()).catch(refused));
      const { dirty, bytes } = core.lent();
      expect([dirty, bytes <= core.lent().instances * 2 * MiB]).toEqual([0, true]);
    }
    if (settle) await Promise.all(running);
    await plugged.unplug();
    await Promise.all(running);
    expect(core.lent()).toEqual(NOTHING);
    for (const { state } of all) expect(state).toBe('Unassigned');
  }), { numRuns: 100 });
});
