// The driver's own channel: page tables, pushbuffers and fences that nova-core makes, carried out by the model, on both formats of page
// tables, all classes of copy engines and every firmware version.
import type { BoardName } from '@nova-stack/hw-model/boards';
import { createMachine } from '@nova-stack/nova/machine';
import { FIRST_VA, SUPPORTED_FIRMWARE, type CoreDevice, type CopyQueue } from '@nova-stack/nova-core';
import type { PciDevice } from '@nova-stack/pci';
import type { TraceEvent } from '@nova-stack/trace';
import { describe, expect, test } from 'vitest';

const MIB = 2 ** 20;
const PLAIN = { aperture: 'vram', readOnly: false, volatile: false, privileged: false, kind: undefined } as const;
const SIZE = 5 * MIB;
const same = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;

async function up(board: BoardName, version: string): Promise<{ core: CoreDevice; device: PciDevice; trace: readonly TraceEvent[]; queue: CopyQueue }> {
  const trace: TraceEvent[] = [];
  const machine = createMachine({ board, version, sinks: [(event) => void trace.push(event)] });
  const device = machine.pci.find({ vendor: 0x10de, baseClass: 0x03 })[0]!;
  const core = await machine.core.probe(device);
  return { core, device, trace, queue: await core.openCopyQueue() };
}

const BOARDS: readonly (readonly [BoardName, string])[] = [
  ['rtx2080ti', '570.144'], ['a100', '570.144'], ['l40', '570.144'], ['h100', '570.144'], ['b200', '570.144'], ['rtx5090', '570.144'],
  ...SUPPORTED_FIRMWARE.filter((version) => version !== '570.144').map((version) => ['l40', version] as const),
];

describe.each(BOARDS)('a copy queue on %s with %s', (board, version) => {
  test('moves 5 MiB from system memory to video memory, inside it and back, byte for byte', async () => {
    const { core, device, trace, queue } = await up(board, version);
    const [source, target] = [device.allocDma(SIZE, { label: 'source' }), device.allocDma(SIZE, { label: 'target' })];
    const bytes = Uint8Array.from({ length: SIZE }, (_, i) => (Math.imul(i, 2_654_435_761) >>> 23) & 0xff);
    source.bytes.set(bytes);
    const [from, here, there, to] = [0, 1, 2, 3].map((i) => FIRST_VA + i * 16 * MIB) as [number, number, number, number];
    for (const [va, memory] of [[from, source], [to, target]] as const) await queue.space.map(va, memory.address, SIZE, { ...PLAIN, aperture: 'coherent' });
    // Video memory far from the firmware's and from what the core has given away.
    await queue.space.map(here, 256 * MIB, 16 * MIB, PLAIN);
    await queue.space.map(there, 300 * MIB + 0x1000, 8 * MIB, PLAIN);
    await queue.copy(from, here, SIZE);
    await queue.copy(here, there + 3, SIZE);
    await queue.wait(await queue.copy(there + 3, to, SIZE));
    expect(same(target.bytes, bytes)).toBe(true);
    expect(trace.filter(({ point }) => point === 'hw-model.host.fault')).toEqual([]);
    await queue.close();
    source.free();
    target.free();
    await core.unbind();
    expect(device.dmaInUse()).toEqual([]);
  });
});

describe.each(SUPPORTED_FIRMWARE)('under %s', (version) => {
  test('a wrong pushbuffer stops its channel, and the driver is told which and why', async () => {
    const { core, queue, trace } = await up('l40', version);
    const [bad, fine] = [await core.openCopyQueue(), queue];
    await expect(bad.wait(await bad.submit([0xc000_0000]))).rejects.toMatchObject({ code: 'CHANNEL_STOPPED', detail: { xid: 32 } });
    expect(trace.filter(({ point }) => point === 'nova-core.gsp.channel-error').map(({ args }) => args['xid'])).toEqual([32]);
    await fine.wait(await fine.submit([]));
    await bad.close();
    await core.unbind();
  });
});

describe('a copy queue', () => {
  test('goes round its ring and its pieces of pushbuffer, whoever submits', async () => {
    const { core, queue } = await up('l40', '570.144');
    await queue.space.map(FIRST_VA, 256 * MIB, 2 * MIB, PLAIN);
    const fences = await Promise.all(Array.from({ length: 300 }, (_, i) => queue.copy(FIRST_VA + i * 16, FIRST_VA + MIB + i * 16, 16)));
    expect(new Set(fences).size).toBe(300);
    await queue.wait(fences.at(-1)!);
    expect(fences.every((fence) => queue.passed(fence))).toBe(true);
    await core.unbind();
  });

  test('is not reached any more by what was unmapped, and dies of it alone', async () => {
    const { core, queue, trace } = await up('rtx5090', '570.144');
    const other = await core.openCopyQueue();
    await queue.space.map(FIRST_VA, 256 * MIB, 4 * MIB, PLAIN);
    await other.space.map(FIRST_VA, 256 * MIB, 4 * MIB, PLAIN);
    await queue.wait(await queue.copy(FIRST_VA, FIRST_VA + 2 * MIB, 4096));
    await queue.space.unmap(FIRST_VA + 2 * MIB, 4096);
    const fence = await queue.copy(FIRST_VA, FIRST_VA + 2 * MIB, 4096);
    await expect(queue.wait(fence)).rejects.toMatchObject({ code: 'CHANNEL_STOPPED', detail: { xid: 31 } });
    await expect(queue.copy(FIRST_VA, FIRST_VA, 16)).rejects.toMatchObject({ code: 'CHANNEL_STOPPED' });
    expect(trace.filter(({ point }) => point === 'nova-core.gsp.error').map(({ args }) => args['xid'])).toEqual([31]);
    await other.wait(await other.copy(FIRST_VA, FIRST_VA + 2 * MIB, 4096));
    await queue.close();
    await core.unbind();
  });

  test('ends with the GPU when nobody closes it, and refuses what comes later', async () => {
    const { core, device, queue } = await up('l40', '570.144');
    await core.unbind();
    await expect(queue.submit([])).rejects.toMatchObject({ code: 'STATE' });
    await expect(core.openCopyQueue()).rejects.toMatchObject({ code: 'STATE' });
    expect(device.dmaInUse()).toEqual([]);
  });
});
