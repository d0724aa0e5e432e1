import { beforeEach, describe, expect, it } from 'vitest';

import { NovaCoreError, type NovaCoreCode } from '../errors.ts';
import type { Control } from '../firmware/abi.ts';
import { r570_144 } from '../firmware/r570_144.ts';
import type { HostingControls } from '../gsp/client.ts';
import { VramAllocator } from '../memory/vram.ts';
import type { VramAccess } from '../memory/vram-window.ts';
import { GiB, MiB } from '../sizes.ts';
import { fakeDevice, type FakeDevice } from '../testing/fake-device.ts';
import { VgpuTask, type TaskRequest } from './task.ts';

const { plugin } = r570_144.vgpu;
const request: TaskRequest = {
  type: { id: 869, name: 'x' } as TaskRequest['type'],
  share: { guestMemory: 512 * MiB, heap: 32 * MiB, channels: 64 },
  spot: { start: 0, firstChannel: 1984 },
  vf: 2, vfAddress: 0x106, processId: 1, uuid: new Uint8Array(16), crashed: () => dead,
};
let dead = false;

describe('VgpuTask', () => {
  let device: FakeDevice;
  let vram: VramAllocator;
  /** Words of the framebuffer by address. */
  let words: Map<number, number>;
  let calls: string[];
  /** How a control fails, by its name's end. */
  let failing: Partial<Record<string, NovaCoreCode>>;
  /** How the task answers: `silent` never, otherwise with this result. */
  let answers: number | 'silent';
  let ready: boolean;

  beforeEach(() => {
    device = fakeDevice();
    Object.assign(device.pci, { sriov: {} });
    vram = new VramAllocator([{ start: 0, end: 4 * GiB }]);
    words = new Map();
    calls = [];
    failing = {};
    answers = 0;
    ready = true;
    dead = false;
    device.onWrite = (offset) => {
      if (offset !== 0xb82200 || answers === 'silent') return;
      const heap = vram.held.find(({ label }) => label.startsWith('task heap'))!.start;
      words.set(heap + plugin.offsets.sequenceProcessed, words.get(heap + plugin.offsets.messageSequence)!);
      words.set(heap + plugin.offsets.result, answers);
    };
  });

  const window: VramAccess = {
    read: (_, into) => void into.fill(0),
    write: (address, from) => {
      for (let i = 0; i + 4 <= from.length; i += 4) words.set(address + i, new DataView(from.buffer, from.byteOffset).getUint32(i, true));
    },
    read32: (address) => words.get(address) ?? 0,
    write32: (address, value) => void words.set(address, value),
  };
  const gsp: HostingControls = {
    abi: r570_144,
    control: async <Request, Reply>(_step: unknown, control: Control<Request, Reply>, given: Request): Promise<Reply> => {
      await Promise.resolve();
      const name = Object.entries({ ...r570_144.controls, ...r570_144.vgpu.controls }).find(([, one]) => one === (control as unknown))![0];
      calls.push(name);
      const code = failing[name];
      if (code !== undefined) throw new NovaCoreError(code, 'vgpu', `${name} fails`);
      if (name === 'fill') {
        const { start, size } = given as { start: number; size: number };
        for (const address of words.keys()) if (address >= start && address < start + size) words.delete(address);
      }
      if (name === 'bootPlugin' && ready) words.set((given as { heap: { start: number } }).heap.start + plugin.offsets.messageSequence, plugin.readyMarker);
      return control.decode(new Uint8Array(0));
    },
  };
  const open = (): Promise<VgpuTask> => VgpuTask.open({ device, gsp, window, vram, segment: 128 * MiB, engines: [1] }, request);
  const outcome = async (): Promise<[string, string, number]> => {
    const error: unknown = await open().catch((e: unknown) => e);
    const { outcome: how, cause } = error as { outcome: string; cause: NovaCoreError };
    return [how, cause.code, vram.held.length];
  };

  it('scrubs, starts, speaks; and undoes all of it', async () => {
    const task = await open();
    expect(task.guestMemory).toBe(512 * MiB);
    expect(calls).toEqual(['fill', 'fill', 'bootPlugin']);
    await task.setBusMaster(true);
    await task.reset();
    expect(calls.slice(3)).toEqual(['fill']);
    await task.close();
    expect(calls.slice(4)).toEqual(['shutdownPlugin', 'fill', 'fill', 'cleanupPlugin']);
    expect(vram.held).toEqual([]);
    expect([...words.values()].every((word) => word === 0)).toBe(true);
  });

  it('is not begun without memory', async () => {
    vram = new VramAllocator([{ start: 0, end: 256 * MiB }]);
    expect(await outcome()).toEqual(['clean', 'NO_MEMORY', 0]);
    vram = new VramAllocator([{ start: 0, end: 520 * MiB }]);
    expect(await outcome()).toEqual(['clean', 'NO_MEMORY', 0]);
    expect(calls).toEqual([]);
  });

  it.each([
    ['a scrub is refused', { fill: 'REFUSED' }, ['clean', 'REFUSED', 0], ['fill']],
    ['a scrub is never answered', { fill: 'TIMEOUT' }, ['quarantined', 'TIMEOUT', 2], ['fill']],
    ['the start is refused', { bootPlugin: 'REFUSED' }, ['clean', 'REFUSED', 0], ['fill', 'fill', 'bootPlugin']],
    ['the start is never answered', { bootPlugin: 'TIMEOUT' }, ['clean', 'TIMEOUT', 0], ['fill', 'fill', 'bootPlugin', 'shutdownPlugin', 'fill', 'fill', 'cleanupPlugin']],
    ['neither start nor end are answered', { bootPlugin: 'TIMEOUT', shutdownPlugin: 'TIMEOUT' }, ['quarantined', 'TIMEOUT', 2], ['fill', 'fill', 'bootPlugin', 'shutdownPlugin']],
  ] as const)('when %s', async (_, how, expected, sequence) => {
    Object.assign(failing, how);
    expect(await outcome()).toEqual(expected);
    expect(calls).toEqual(sequence);
  });

  it('keeps everything when memory does not read zero after scrubbing', async () => {
    const inner = gsp.control;
    const broken: HostingControls = { ...gsp, control: ((step, control, given) => (control === (r570_144.controls.fill as unknown) ? Promise.resolve(undefined) : inner(step, control, given))) as HostingControls['control'] };
    await expect(VgpuTask.open({ device, gsp: broken, window, vram, segment: 128 * MiB, engines: [1] }, request)).rejects.toMatchObject({ outcome: 'quarantined', cause: { code: 'TEARDOWN' } });
    expect(vram.held).toHaveLength(2);
  });

  it('ends a task that never shows up, refuses its configuration or falls silent', async () => {
    ready = false;
    expect(await outcome()).toEqual(['clean', 'TIMEOUT', 0]);
    expect(device.clock.now()).toBeGreaterThanOrEqual(10e9);
    ready = true;
    answers = 0x1f;
    expect(await outcome()).toEqual(['clean', 'REFUSED', 0]);
    answers = 'silent';
    expect(await outcome()).toEqual(['clean', 'TIMEOUT', 0]);
  });

  it.each([['before it is ready', 'bootPlugin'], ['over its first message', 'message']])('stops waiting for a task that crashes %s, and ends it', async (_, when) => {
    answers = 'silent';
    ready = when === 'message';
    void device.clock.sleep(5e6, 'the crash').then(() => { dead = true; });
    expect(await outcome()).toEqual(['clean', 'TASK_DIED', 0]);
    expect(device.clock.now()).toBeLessThan(1e9);
    expect(calls.slice(3)).toEqual(['shutdownPlugin', 'fill', 'fill', 'cleanupPlugin']);
  });

  it('sends nothing to a task that has crashed, and clears its memory all the same', async () => {
    const task = await open();
    dead = true;
    for (const call of [() => task.reset(), () => task.setBusMaster(true)]) await expect(call()).rejects.toMatchObject({ code: 'TASK_DIED' });
    await task.close();
    expect(calls.slice(3)).toEqual(['shutdownPlugin', 'fill', 'fill', 'cleanupPlugin']);
    expect(vram.held).toEqual([]);
  });

  it('gives nothing back when it cannot be ended, and never sends twice what may have arrived', async () => {
    const task = await open();
    failing['cleanupPlugin'] = 'REFUSED';
    await expect(task.close()).rejects.toMatchObject({ outcome: 'quarantined', cause: { code: 'REFUSED' } });
    expect(vram.held).toHaveLength(2);
    const silent = await VgpuTask.open({ device, gsp, window, vram, segment: 128 * MiB, engines: [1] }, { ...request, vf: 3 }).catch((e: unknown) => e);
    expect(silent).toBeInstanceOf(VgpuTask);
    answers = 'silent';
    await expect((silent as VgpuTask).setBusMaster(true)).rejects.toMatchObject({ code: 'TIMEOUT' });
    answers = 0;
    await expect((silent as VgpuTask).setBusMaster(true)).rejects.toMatchObject({ code: 'RPC' });
  });

  it('lets go of everything at once when the device is gone', async () => {
    const task = await open();
    device.remove();
    await task.close();
    expect(vram.held).toEqual([]);
  });
});

