import { createMachine, type Machine } from '@nova-stack/nova/machine';
import type { PciDevice } from '@nova-stack/pci';
import type { TraceEvent } from '@nova-stack/trace';
import { describe, expect, test } from 'vitest';

function recorded(options: Partial<Parameters<typeof createMachine>[0]> = {}): { machine: Machine; device: PciDevice; events: TraceEvent[] } {
  const events: TraceEvent[] = [];
  const machine = createMachine({ board: 'l40', sinks: [(event) => void events.push(event)], ...options });
  const [device] = machine.pci.find({ vendor: 0x10de, baseClass: 0x03 });
  return { machine, device: device!, events };
}

/** What a run did, without what is only counting. */
const steps = (events: readonly TraceEvent[]): string[] => events.map(({ at, point, args }) => `${String(at)} ${point} ${JSON.stringify(args, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}`);

describe('the main job on board l40', () => {
  test('boots, publishes one auxiliary device per client kind, and unloads without a trace', async () => {
    const { machine, device } = recorded();
    const gpu = await machine.core.probe(device);
    expect(machine.auxBus.devices().map((aux) => aux.name).sort()).toEqual(['nova-core.nova-drm.0', 'nova-core.vgpu.0']);

    await gpu.unbind();
    expect(machine.auxBus.devices()).toEqual([]);
    expect(device.dmaInUse()).toEqual([]);
  });

  test('boots a second time on the same device', async () => {
    const { machine, device } = recorded();
    const first = await machine.core.probe(device);
    await first.unbind();
    const second = await machine.core.probe(device);
    await second.unbind();
    expect(device.dmaInUse()).toEqual([]);
  });

  test('is a pure function of its seed', async () => {
    const runs = await Promise.all(
      [7, 7].map(async (seed) => {
        const { machine, device, events } = recorded({ seed });
        await (await machine.core.probe(device)).unbind();
        return steps(events);
      }),
    );
    expect(runs[0]!.length).toBeGreaterThan(20);
    expect(runs[0]).toEqual(runs[1]);
  });
});
