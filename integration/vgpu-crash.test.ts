// The firmware's task of a virtual GPU crashes or hangs: what becomes of the virtual GPU, of its memory and of the calls under way.
import { syntheticTypeFile } from '@nova-stack/firmware-files';
import { createMachine } from '@nova-stack/nova/machine';
import { CORE_ENDPOINT, type CoreEndpoint } from '@nova-stack/nova-core-api';
import type { FaultRule, TraceEvent } from '@nova-stack/trace';
import { describe, expect, test } from 'vitest';

import { HOSTING } from './nova-core-under-test.ts';

const OWNER = new Uint8Array(16).fill(7);

/** A manager with one assignment on a GPU whose fault plan can be added to. */
async function manager(version: string) {
  const faults: FaultRule[] = [];
  const events: TraceEvent[] = [];
  const moves: string[] = [];
  const machine = createMachine({ board: 'l40', version, faults, sinks: [(event) => void events.push(event)] });
  let endpoint: CoreEndpoint | undefined;
  await machine.auxBus.registerDriver({ module: 'test', idTable: [{ name: 'nova-core.vgpu' }], probe: (device) => void (endpoint = device.endpoint(CORE_ENDPOINT)) });
  const core = await machine.core.probe(machine.pci.find({ vendor: 0x10de, baseClass: 0x03 })[0]!);
  const { offer } = endpoint!;
  const session = await endpoint!.attach({
    kind: 'vgpu-manager', name: 'crash', epoch: offer.epoch, required: [], optional: offer.capabilities,
    wants: [{ interface: 'base', major: 1, minMinor: 0, maxMinor: 9 }, { interface: 'vgpu', major: 1, minMinor: 0, maxMinor: 9 }],
  }, ({ kind, payload }) => { if (kind === 'instance.state') moves.push(payload.to); });
  const vgpu = session.vgpu!;
  await vgpu.submitTypes({ data: syntheticTypeFile({ device: 0x26b5, version }), label: 'types' });
  const { typeId } = vgpu.listTypes().types[0]!;
  const { vf } = await vgpu.assign({ typeId, owner: OWNER });
  const told = async (): Promise<void> => {
    await machine.clock.sleep(1e6, 'whatever comes');
    for (let i = 0; i < 20; i++) await Promise.resolve();
  };
  const memory = (): number => events.filter(({ point, args }) => point === 'nova-core.memory.allocated' && args['label'] === `memory of virtual function ${vf}`).at(-1)!.args['start'] as number;
  const free = (): number => session.base.limits().limits.memoryAvailable;
  return { machine, core, vgpu, vf, faults, moves, told, memory, free, open: () => vgpu.open({ vf, owner: OWNER, label: 'guest', process: 1 }) };
}

/** Once, with the next message to a task. */
const atMessage = (faults: FaultRule[], action: string, value?: number): void => {
  faults.push({ point: 'gsp-rm.plugin.message', action, ...(value !== undefined && { value }) });
};

describe.each(HOSTING)('with firmware %s', (version) => {
  test('a virtual GPU whose task crashes has failed; closed, its memory is clean and it can be had again', async () => {
    const { machine, core, vgpu, vf, moves, told, memory, free, open } = await manager(version);
    const before = free();
    const { instance } = await open();
    // A guest writes, here through the window of BAR0 onto the framebuffer.
    machine.gpu.write(0, 0x1700, 4, memory() / 0x1_0000);
    machine.gpu.write(0, 0x70_0000, 4, 0xdead_beef);
    expect([...machine.gpu.peekVram(memory(), 2)]).toEqual([0xef, 0xbe]);
    expect(machine.provoke.crashPlugin(vf + 1)).toBe(true);
    expect(machine.provoke.crashPlugin(vf + 1)).toBe(false);
    await told();
    expect([moves.at(-1), instance.info().state, vgpu.getAssignment({ vf }).state]).toEqual(['Failed', 'Failed', 'Failed']);
    expect(free()).toBeLessThan(before);
    const start = memory();
    await instance.release();
    expect([vgpu.getAssignment({ vf }).state, free(), [...machine.gpu.peekVram(start, 16)]]).toEqual(['Assigned', before, Array(16).fill(0)]);
    const again = await open();
    await again.instance.reset();
    expect(again.instance.info().state).toBe('Active');
    await core.unbind();
  });

  test('a crash while the virtual GPU opens ends the opening at once, and nothing of it is kept', async () => {
    const { machine, core, vgpu, vf, faults, free, open } = await manager(version);
    const [before, at] = [free(), machine.clock.now()];
    atMessage(faults, 'crash');
    await expect(open()).rejects.toMatchObject({ code: 'DeviceError' });
    expect([vgpu.getAssignment({ vf }).state, free()]).toEqual(['Assigned', before]);
    // Far below the two minutes that an answer may take.
    expect(machine.clock.now() - at).toBeLessThan(10e9);
    await (await open()).instance.release();
    await core.unbind();
  });

  test.each([['crashes', 'crash', 'DeviceError'], ['hangs', 'drop', 'Timeout']] as const)('a task that %s over a reset leaves a failed virtual GPU that can be closed', async (_, action, code) => {
    const { core, vgpu, vf, faults, moves, told, free, open } = await manager(version);
    const before = free();
    const { instance } = await open();
    atMessage(faults, action);
    await expect(instance.reset()).rejects.toMatchObject({ code });
    await told();
    expect([moves.at(-1), instance.info().state]).toEqual(['Failed', 'Failed']);
    await instance.release();
    expect([vgpu.getAssignment({ vf }).state, free()]).toEqual(['Assigned', before]);
    await core.unbind();
  });

  test('a late answer is waited for', async () => {
    const { machine, core, faults, open } = await manager(version);
    const { instance } = await open();
    atMessage(faults, 'delay', 30e9);
    const at = machine.clock.now();
    await instance.reset();
    expect([instance.info().state, machine.clock.now() - at > 29e9]).toEqual(['Active', true]);
    await core.unbind();
  });

  test('what the firmware tells of functions without a task changes nothing', async () => {
    const { machine, core, vgpu, vf, moves, told } = await manager(version);
    const before = moves.length;
    for (const gfid of [0, vf + 1, vf + 2, 0xffff_ffff]) for (const notifyIndex of [0, 1, 2, 99]) machine.provoke.raise({ event: 'pluginTriggered', gfid, notifyIndex });
    await told();
    expect([moves.length, vgpu.getAssignment({ vf }).state]).toEqual([before, 'Assigned']);
    await core.unbind();
  });
});
