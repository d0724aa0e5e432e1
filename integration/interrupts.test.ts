import { createNovaCore, type CoreDevice, type NovaCoreOptions } from '@nova-stack/nova-core';
import { syntheticPack } from '@nova-stack/firmware-files';
import { BOARDS, type BoardName } from '@nova-stack/hw-model/boards';
import { registerClient, type Session } from '@nova-stack/nova-core-api';
import { createMachine, type Machine } from '@nova-stack/nova/machine';
import type { FaultRule, TraceEvent } from '@nova-stack/trace';
import { describe, expect, test } from 'vitest';

interface World {
  readonly machine: Machine;
  readonly gpu: CoreDevice;
  /** Points since the GPU is up, in order. */
  readonly points: () => readonly string[];
}

async function up(options: { readonly board?: BoardName; readonly interrupts?: NovaCoreOptions['interrupts']; readonly faults?: FaultRule[] } = {}): Promise<World> {
  const { board = 'l40', interrupts, faults } = options;
  const events: TraceEvent[] = [];
  const machine = createMachine({ board, sinks: [(event) => void events.push(event)], ...(faults && { faults }) });
  const { clock, trace, auxBus, pci } = machine;
  const core = createNovaCore({
    clock, trace, auxBus, firmware: syntheticPack({ chip: BOARDS[board].chip, version: '570.144' }), ...(interrupts && { interrupts }),
  });
  const gpu = await core.probe(pci.find({ vendor: 0x10de, baseClass: 0x03 })[0]!);
  // The interrupts of the last answers are still on their way.
  await settle(machine);
  const from = events.length;
  return { machine, gpu, points: () => events.slice(from).map(({ point }) => point) };
}

async function attach(machine: Machine): Promise<Session> {
  let open: Session | undefined;
  await registerClient(machine.auxBus, {
    module: 'test', devices: ['nova-core.nova-drm'],
    hello: { kind: 'diagnostic', name: 'test', wants: [{ interface: 'base', major: 1, minMinor: 0, maxMinor: 0 }], required: ['memory.region'], optional: [] },
    attached: (given) => void (open = given),
  });
  return open!;
}

/** Lets what is under way come to its end, without a call of the driver. */
const settle = (machine: Machine): Promise<void> => machine.clock.sleep(1e6, 'whatever comes');

const fault = (machine: Machine): boolean => machine.provoke.raise({ event: 'osError', xid: 79, text: 'provoked', channel: { runlist: 0, id: 0 } });

describe('an event of an idle GPU', () => {
  test.each(['l40', 'a10', 'rtx2080ti'] as const)('is seen at once on %s, and the next one too', async (board) => {
    const { machine, gpu, points } = await up({ board });
    for (let n = 1; n <= 3; n++) {
      fault(machine);
      await settle(machine);
      expect(points().filter((point) => point === 'nova-core.gsp.error')).toHaveLength(n);
    }
    await gpu.unbind();
    expect(machine.pci.find({ vendor: 0x10de })[0]!.dmaInUse()).toEqual([]);
  });

  test('is seen with the next call where the driver polls', async () => {
    const { machine, gpu, points } = await up({ interrupts: 'polled' });
    fault(machine);
    await settle(machine);
    expect(points()).not.toContain('nova-core.gsp.error');
    await gpu.unbind();
    expect(points()).toContain('nova-core.gsp.error');
    expect(points()).not.toContain('pci.interrupt.delivered');
  });

  test('that gets lost is there with the next call, and later ones come by themselves again', async () => {
    // The interrupts of the boot are spent before the driver listens; this is the first that it would hear.
    const probe = await up();
    const before = probe.machine.clock.now();
    await probe.gpu.unbind();
    const { machine, gpu, points } = await up({ faults: [{ point: 'pci.interrupt.send', action: 'drop', nth: 'every' }] });
    expect(machine.clock.now()).toBeLessThan(before + 400e6);
    fault(machine);
    await settle(machine);
    expect(points()).not.toContain('nova-core.gsp.error');
    await gpu.unbind();
    expect(points()).toContain('nova-core.gsp.error');
    expect(machine.pci.find({ vendor: 0x10de })[0]!.dmaInUse()).toEqual([]);
  });

  test('a single lost message does not silence the ones behind it', async () => {
    const faults: FaultRule[] = [];
    const { machine, gpu, points } = await up({ faults });
    // Whatever was sent so far, the next message is lost.
    const plan: FaultRule = { point: 'hw-model.interrupt.lost', action: 'lost' };
    faults.push(plan);
    fault(machine);
    await settle(machine);
    expect(points()).not.toContain('nova-core.gsp.error');
    const { base } = await attach(machine);
    await (await base.allocate({ size: 64 })).region.release();
    expect(points().filter((point) => point === 'nova-core.gsp.error')).toHaveLength(1);
    fault(machine);
    await settle(machine);
    expect(points().filter((point) => point === 'nova-core.gsp.error')).toHaveLength(2);
    await gpu.unbind();
  });
});

test('a storm is switched off, and the driver polls until it has passed', async () => {
  const faults: FaultRule[] = [];
  const { machine, gpu, points } = await up({ faults });
  faults.push({ point: 'hw-model.interrupt.storm', action: 'stuck', nth: 'every' });
  fault(machine);
  await settle(machine);
  expect(points()).toContain('nova-core.gsp.error');
  expect(points().filter((point) => point === 'nova-core.interrupts.storm')).toHaveLength(1);
  expect(points().filter((point) => point === 'pci.interrupt.delivered').length).toBeLessThan(100);
  // It has passed: interrupts go on with a call after the pause.
  faults.length = 0;
  await machine.clock.sleep(200e6, 'the pause');
  const { base } = await attach(machine);
  await (await base.allocate({ size: 64 })).region.release();
  expect(points().filter((point) => point === 'nova-core.interrupts.on')).toHaveLength(1);
  fault(machine);
  await settle(machine);
  expect(points().filter((point) => point === 'nova-core.gsp.error')).toHaveLength(2);
  await gpu.unbind();
  expect(machine.pci.find({ vendor: 0x10de })[0]!.dmaInUse()).toEqual([]);
});

test('a storm that never ends costs pauses, not the driver', async () => {
  const { machine, gpu, points } = await up({ faults: [{ point: 'hw-model.interrupt.storm', action: 'stuck', nth: 'every' }] });
  await gpu.unbind();
  expect(points()).toContain('nova-core.unload.done');
  expect(machine.clock.now()).toBeLessThan(2e9);
  expect(machine.pci.find({ vendor: 0x10de })[0]!.dmaInUse()).toEqual([]);
});
