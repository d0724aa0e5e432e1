import { dataView } from '@nova-stack/c-layout';
import { describe, expect, it } from 'vitest';

import { NovaCoreError } from '../errors.ts';
import { fbLayout, heapSize } from '../fb-layout.ts';
import { GiB, KiB, MiB } from '../sizes.ts';
import { isAbsent, notInFirmware, type Absent } from './absent.ts';
import type { EventForm, FirmwareAbi, JournalRecord } from './abi.ts';
import { FIRMWARE_ABIS, requireSameVersion, SUPPORTED_FIRMWARE } from './versions.ts';

/**
 * Where firmware of each version reads and writes, measured with a compiler on NVIDIA's headers of that version and
 * put down by hand here: offsets in bytes.
 */
const WIRE = {
  '535.113.01': {
    heap: { carveout: 20 * MiB, min: 84 * MiB, max: 276 * MiB - 1, vgpu: 549 * MiB }, heapOf24GiB: 0x7f0_0000,
    arguments: { size: 0x50, dmemStack: undefined, resume: 0x30 },
    systemInfo: { size: 0x298, maxUserVa: 0x38, configMirror: 0x40, identity: undefined, vfs: 0x270 },
    staticInfo: { size: 0x878, regions: 0x348, region: 0x30, length: 0x6d8, name: 0x71c, handles: 0x868 },
    controlHead: 0x18,
    osError: { size: 0x10c, text: 0x0c }, lockdown: 0x101d, journal: undefined,
  },
  '570.144': {
    heap: { carveout: 22 * MiB, min: 88 * MiB, max: 280 * MiB - 1, vgpu: 581 * MiB }, heapOf24GiB: 0x810_0000,
    arguments: { size: 0x48, dmemStack: 0x30, resume: 0x20 },
    systemInfo: { size: 0x3a0, maxUserVa: 0x48, configMirror: 0x50, identity: 0x58, vfs: 0x358 },
    staticInfo: { size: 0x678, regions: 0x158, region: 0x30, length: 0x4c8, name: 0x4ec, handles: 0x640 },
    controlHead: 0x18,
    osError: { size: 0x110, text: 0x0c }, lockdown: 0x101c, journal: 0x1020,
  },
  '580.105.08': {
    heap: { carveout: 22 * MiB, min: 88 * MiB, max: 280 * MiB - 1, vgpu: 581 * MiB }, heapOf24GiB: 0x810_0000,
    arguments: { size: 0x58, dmemStack: 0x30, resume: 0x20 },
    systemInfo: { size: 0x3a8, maxUserVa: 0x48, configMirror: 0x50, identity: 0x58, vfs: 0x358 },
    staticInfo: { size: 0x700, regions: 0x158, region: 0x38, length: 0x548, name: 0x56c, handles: 0x6c0 },
    controlHead: 0x28,
    osError: { size: 0x110, text: 0x10 }, lockdown: 0x101c, journal: 0x1020,
  },
} as const;
type Version = keyof typeof WIRE;

const versions = FIRMWARE_ABIS.map((abi) => ({ abi, version: abi.version, wire: WIRE[abi.version as Version] }));

/** XOR of all 64-bit words, folded to 32 bits: the checksum of a message. */
function checksum(message: Uint8Array): number {
  const padded = new Uint8Array(Math.ceil(message.length / 8) * 8);
  padded.set(message);
  const view = dataView(padded);
  let sum = 0;
  for (let at = 0; at < padded.length; at += 4) sum ^= view.getUint32(at, true);
  return sum >>> 0;
}

/** Element and RPC headers around a payload, as a driver sends it. */
function message(fn: number, sequence: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(0x50 + payload.length);
  const view = dataView(bytes);
  const words: readonly [number, number][] = [
    [0x24, sequence], [0x28, 1], [0x30, 0x0300_0000], [0x34, 0x4350_5256], [0x38, 0x20 + payload.length], [0x3c, fn], [0x40, 0xffff_ffff], [0x44, 0xffff_ffff],
  ];
  for (const [at, value] of words) view.setUint32(at, value, true);
  bytes.set(payload, 0x50);
  return bytes;
}

const words = (bytes: Uint8Array, ...at: number[]): number[] => at.map((offset) => dataView(bytes).getUint32(offset, true));
const longs = (bytes: Uint8Array, ...at: number[]): bigint[] => at.map((offset) => dataView(bytes).getBigUint64(offset, true));
const put = (bytes: Uint8Array, at: number, text: string): void => { bytes.set(new TextEncoder().encode(text), at); };

it('are looked for from the newest to the oldest, and each is measured here', () => {
  expect(SUPPORTED_FIRMWARE).toEqual(['580.105.08', '570.144', '535.113.01']);
  expect(Object.keys(WIRE).sort()).toEqual(FIRMWARE_ABIS.map(({ version }) => version).sort());
});

it('run as what their image says, or not at all', () => {
  requireSameVersion('570.144', '570.144');
  for (const running of ['570.148', '570.144.1', '']) {
    expect(() => { requireSameVersion('570.144', running); }).toThrow(expect.objectContaining({ code: 'VERSION_MISMATCH', step: 'features', detail: { image: '570.144', running } }));
  }
});

describe.each(versions)('$version before the boot', ({ abi, wire }) => {
  const layout = fbLayout({ vramSize: 24 * GiB, frtsSize: MiB, bootloaderSize: 0x9000, imageSize: 0x3c99000, heap: abi.boot.heap[3], vfs: 0 });

  it('sizes the heap by its own header', () => {
    expect(abi.boot.heap[3]).toEqual({ ...wire.heap, baseRm: 8 * MiB, perGiB: 96 * KiB, clients: 96 * MiB });
    expect(heapSize(abi.boot.heap[3], 24 * GiB, 0)).toBe(wire.heapOf24GiB);
    expect(heapSize(abi.boot.heap[3], 24 * GiB, 32)).toBe(wire.heap.vgpu);
    // Turing's firmware takes nothing for its operating system. linux: drivers/gpu/nova-core/gsp/fw.rs (LibosParams)
    expect(abi.boot.heap[2]).toMatchObject({ carveout: 0, baseRm: 8 * MiB, min: 64 * MiB, max: 256 * MiB - 1 });
    expect(heapSize(abi.boot.heap[2], 11 * GiB, 0)).toBe(106 * MiB);
  });

  it('fills the WPR metadata', () => {
    const meta = abi.boot.wprMeta({
      layout: { ...layout, vfs: 32 },
      radix3: { address: 0x1000, size: 0x3c99000 },
      bootloader: { address: 0x2000, size: 0x9000, codeOffset: 0x4800, dataOffset: 0x800, manifestOffset: 0 },
      signature: { address: 0x3000, size: 0x1000 },
    });
    const { heap, wpr2, nonWprHeap } = layout;
    const expected: readonly [number, bigint][] = [
      [0x00, 0xdc3aae21371a60b3n], [0x08, 1n], [0x10, 0x1000n], [0x18, 0x3c99000n], [0x20, 0x2000n], [0x28, 0x9000n], [0x30, 0x4800n], [0x38, 0x800n],
      [0x40, 0n], [0x48, 0x3000n], [0x50, 0x1000n], [0x58, BigInt(nonWprHeap.start)], [0x60, BigInt(nonWprHeap.start)], [0x68, 0x100000n],
      [0x70, BigInt(wpr2.start)], [0x78, BigInt(heap.start)], [0x80, BigInt(heap.size)], [0x88, 0x5fc150000n], [0x90, 0x5ffdf7000n], [0x98, 0x5ffe00000n],
      [0xa0, 0x100000n], [0xa8, 0x5fff00000n], [0xb0, 0x600000000n], [0xb8, 0x5fff00000n], [0xc0, 0x100000n], [0xc8, 0n], [0xf0, 32n], [0xf8, 0n],
    ];
    expect(meta.length).toBe(256);
    expect(expected.map(([at]) => [at, ...longs(meta, at)])).toEqual(expected);
  });

  it('names libos regions big endian and ends the list with zeros', () => {
    const page = abi.boot.libosArguments([{ name: 'LOGINIT', address: 0x1_0000_0000, size: 0x10000 }, { name: 'RMARGS', address: 0x5000, size: 0x1000 }]);
    expect(page.length).toBe(0x1000);
    expect(longs(page, 0, 8, 0x10, 0x20, 0x40)).toEqual([0x004c4f47494e4954n, 0x1_0000_0000n, 0x10000n, 0x0000524d41524753n, 0n]);
    expect([page[0x18], page[0x19]]).toEqual([1, 1]);
    expect(() => abi.boot.libosArguments(Array.from({ length: 128 }, () => ({ name: 'LOG', address: 0, size: 0x1000 })))).toThrow(/128 regions/);
  });

  it('describes the queues in the RM arguments, and nothing else but the stack', () => {
    const queues = { sharedMemPhysAddr: 0x7000, pageTableEntryCount: 129, cmdQueueOffset: 0x1000, statQueueOffset: 0x41000 };
    const args = abi.boot.rmArguments(queues, { resuming: false });
    const expected = new Uint8Array(wire.arguments.size);
    const view = dataView(expected);
    for (const [at, value] of [[0, 0x7000], [8, 129], [0x10, 0x1000], [0x18, 0x41000]] as const) view.setUint32(at, value, true);
    if (wire.arguments.dmemStack !== undefined) expected[wire.arguments.dmemStack] = 1;
    expect(args).toEqual(expected);
    // linux: drivers/gpu/drm/nouveau/nvkm/subdev/gsp/rm/r535/gsp.c, rm/r570/gsp.c: set_rmargs
    [3, 5, 1].forEach((value, i) => { view.setUint32(wire.arguments.resume + 4 * i, value, true); });
    expect(abi.boot.rmArguments(queues, { resuming: true })).toEqual(expected);
  });

  it('tells booter where WPR2 is kept', () => {
    const meta = abi.boot.srMeta({ address: 0x1_2345_6000, size: 0x1a00_0000 });
    expect(meta.length).toBe(256);
    expect(longs(meta, 0, 8, 0x10, 0x18)).toEqual([0x8a3bb9e6c6c39d93n, 2n, 0x1_2345_6000n, 0x1a00_0000n]);
  });
});

describe.each(versions)('messages of $version', ({ abi: { messages }, wire }) => {
  it('pack the registry as other drivers do, to the checksum', () => {
    const { setRegistry } = messages;
    const table = setRegistry.encode(['RMSecBusResetEnable', 'RMForcePcieConfigSave', 'RMDevidCheckIgnore'].map((name) => ({ name, value: 1 })));
    expect(table.length).toBe(0x75);
    expect(checksum(message(setRegistry.function, 1, table))).toBe(0x7238_4998);
  });

  it('say goodbye to the checksum', () => {
    expect(checksum(message(messages.unload.function, 2, messages.unload.encode(undefined)))).toBe(0x4050_5252);
  });

  it('tell the facts of the function', () => {
    const info = messages.setSystemInfo.encode({
      registers: 0xf000_0000, framebuffer: 0x10_0000_0000, instance: 0x20_0000_0000, busDeviceFunction: 0x100, deviceId: 0x26b510de, subsystemId: 0x169d10de,
      revision: 0xa1, configMirror: { start: 0x88000, size: 0x1000 },
      vfs: { total: 32, firstOffset: 4, bars: [{ address: 0x1000, is64: false }, { address: 0x30_0000_0000, is64: true }, { address: 0x40_0000_0000, is64: true }] },
    });
    const { size, maxUserVa, configMirror, identity, vfs } = wire.systemInfo;
    expect([messages.setSystemInfo.function, info.length]).toEqual([72, size]);
    expect(longs(info, 0, 8, 0x10, maxUserVa)).toEqual([0xf000_0000n, 0x10_0000_0000n, 0x20_0000_0000n, 0x7fff_ffff_f000n]);
    expect(words(info, configMirror, configMirror + 4)).toEqual([0x88000, 0x1000]);
    if (identity !== undefined) expect(words(info, identity, identity + 4, identity + 8)).toEqual([0x26b510de, 0x169d10de, 0xa1]);
    expect(words(info, vfs, vfs + 4)).toEqual([32, 4]);
    expect(longs(info, vfs + 8, vfs + 0x10, vfs + 0x18)).toEqual([0x1000n, 0x30_0000_0000n, 0x40_0000_0000n]);
    expect([...info.subarray(vfs + 0x20, vfs + 0x23)]).toEqual([0, 1, 1]);
  });

  it('read regions, name and internal handles of the static info, and refuse what cannot be', () => {
    const { size, regions, region, length, name, handles } = wire.staticInfo;
    const reply = new Uint8Array(size);
    const view = dataView(reply);
    view.setUint32(regions, 2, true);
    const [first, second] = [regions + 8, regions + 8 + region];
    view.setBigUint64(first + 8, 0x5_f2df_ffffn, true);
    reply.set([1, 1], first + 0x1c);
    view.setBigUint64(second, 0x5_f2e0_0000n, true);
    view.setBigUint64(second + 8, 0x5_ffff_ffffn, true);
    view.setBigUint64(second + 0x10, 0xd20_0000n, true);
    reply[second + 0x1e] = 1;
    put(reply, name, 'NVIDIA L40');
    view.setBigUint64(length, 0x6_0000_0000n, true);
    for (const [i, handle] of [0xc1e0_0001, 0xabcd_0080, 0xabcd_2080].entries()) view.setUint32(handles + 4 * i, handle, true);
    expect(messages.staticInfo.decode(reply)).toEqual({
      name: 'NVIDIA L40', uuid: undefined, fbSize: 24 * GiB,
      regions: [
        { start: 0, size: 0x5_f2e0_0000, reserved: 0, isProtected: false, compressible: true, scanout: true },
        { start: 0x5_f2e0_0000, size: 0xd20_0000, reserved: 0xd20_0000, isProtected: true, compressible: false, scanout: false },
      ],
      internal: { client: 0xc1e0_0001, device: 0xabcd_0080, subdevice: 0xabcd_2080 },
    });
    expect(messages.staticInfo.encode(undefined)).toEqual(new Uint8Array(size));
    expect(() => messages.staticInfo.decode(reply.subarray(1))).toThrow(/GspStaticConfigInfo/);
    view.setUint32(regions, 17, true);
    expect(() => messages.staticInfo.decode(reply)).toThrow(/numFBRegions/);
  });

  it('wrap a control and take exactly the parameters out of its answer', () => {
    const { control } = messages;
    const head = wire.controlHead;
    const sent = control.encode({ client: 1, object: 2, command: 0x20803601, params: Uint8Array.of(7, 8) });
    expect([control.function, sent.length]).toEqual([76, head + 2]);
    expect(words(sent, 0, 4, 8, 12, 16)).toEqual([1, 2, 0x20803601, 0, 2]);
    expect(sent.subarray(20, head)).toEqual(new Uint8Array(head - 20));
    const answer = sent.slice();
    answer[12] = 0x56;
    expect(control.decode(answer)).toEqual({ status: 0x56, params: Uint8Array.of(7, 8) });
    expect(() => control.decode(answer.subarray(0, head + 1))).toThrow(/paramsSize/);
  });

  it('allocate and free objects', () => {
    const { alloc, free } = messages;
    const sent = alloc.encode({ client: 0xc1d0_0000, parent: 1, object: 2, class: 0x80, params: Uint8Array.of(9, 9, 9) });
    expect([alloc.function, sent.length]).toEqual([103, 0x20 + 3]);
    expect(words(sent, 0, 4, 8, 12, 16, 20, 24, 28)).toEqual([0xc1d0_0000, 1, 2, 0x80, 0, 3, 0, 0]);
    expect(alloc.decode(sent)).toEqual({ status: 0, params: Uint8Array.of(9, 9, 9) });
    expect(() => alloc.decode(sent.subarray(0, 0x22))).toThrow(/paramsSize/);
    const gone = free.encode({ client: 0xc1d0_0000, object: 2 });
    expect([free.function, gone.length, ...words(gone, 0, 4, 8, 12)]).toEqual([10, 16, 0xc1d0_0000, 0, 2, 0]);
  });
});

describe.each(versions)('events of $version', ({ abi: { messages: { events } }, wire }) => {
  it('go by its numbers', () => {
    expect([events.initDone.number, events.sequencer.number, events.osError.number, events.lockdown.number]).toEqual([0x1001, 0x1002, 0x1006, wire.lockdown]);
    expect(isAbsent(events.journal) ? undefined : events.journal.number).toBe(wire.journal);
  });

  it('take the used words of a CPU sequence only', () => {
    const payload = new Uint8Array(40 + 16);
    dataView(payload).setUint32(4, 2, true);
    expect(events.sequencer.decode(payload).length).toBe(8);
    dataView(payload).setUint32(4, 5, true);
    expect(() => events.sequencer.decode(payload)).toThrow(/cmdIndex/);
  });

  it('read number and text of an error, however little of it came', () => {
    const { size, text } = wire.osError;
    const payload = new Uint8Array(size);
    dataView(payload).setUint32(0, 79, true);
    put(payload, text, 'fallen off the bus');
    expect(events.osError.decode(payload)).toEqual({ xid: 79, text: 'fallen off the bus' });
    expect(events.osError.decode(payload.subarray(0, 8))).toEqual({ xid: 79, text: '' });
    expect(events.osError.decode(new Uint8Array(0))).toEqual({ xid: 0, text: '' });
  });

  // Source: nvidia/generated/g_rpc-structures.h (rpc_vgpu_gsp_plugin_triggered_v17_00), class/cla084_notification.h, of all three versions.
  it('know which task of a virtual GPU crashed', () => {
    const notice = (gfid: number, notifyIndex: number): Uint8Array => new Uint8Array(Uint32Array.of(gfid, notifyIndex).buffer);
    expect([events.vgpuTask.number, events.vgpuTask.decode(notice(3, 2)), events.vgpuTask.decode(notice(4, 0))]).toEqual([0x100d, { gfid: 3, crashed: true }, { gfid: 4, crashed: false }]);
    expect(() => events.vgpuTask.decode(new Uint8Array(4))).toThrow();
  });

  it('know whether registers are locked', () => {
    expect(events.lockdown.decode(Uint8Array.of(1))).toEqual({ engaged: true });
    expect(() => events.lockdown.decode(new Uint8Array(0))).toThrow();
  });

  it('read the journal where there is one', () => {
    if (isAbsent(events.journal)) return;
    const form: EventForm<JournalRecord> = events.journal;
    // Source: nvidia/inc/ctrl/ctrl2080/ctrl2080nvd.h (NV2080CtrlNocatJournalInsertRecord), 570.144 and 580.105.08.
    const payload = new Uint8Array(0x4d0);
    put(payload, 0x18, 'gsp-rm');
    put(payload, 0x68, 'GR0');
    dataView(payload).setBigUint64(0x60, 0x2an, true);
    expect(form.decode(payload)).toEqual({ source: 'gsp-rm', engine: 'GR0', code: 0x2an });
  });
});

describe.each(versions)('controls of $version', ({ abi: { controls } }) => {
  it('carry the numbers that no version has moved', () => {
    expect(Object.fromEntries(Object.entries(controls).map(([name, { command }]) => [name, command]))).toEqual({
      features: 0x20803601, vmmuSegmentSize: 0x2080017e, channelCount: 0x20800a61, engines: 0x20800170, eccEnabled: 0x2080012f, gspVector: 0x20800a5c, fill: 0x20800afa,
    });
  });

  it('read what the firmware is, has and can', () => {
    const features = controls.features.encode(undefined);
    features[4] = 1;
    put(features, 6, '1.2.3');
    expect([features.length, controls.features.decode(features)]).toEqual([72, { valid: true, version: '1.2.3' }]);
    const segment = controls.vmmuSegmentSize.encode(undefined);
    dataView(segment).setBigUint64(0, 0x800_0000n, true);
    expect(controls.vmmuSegmentSize.decode(segment)).toBe(0x800_0000);
    dataView(segment).setBigUint64(0, 3n, true);
    expect(() => controls.vmmuSegmentSize.decode(segment)).toThrow(/no power of two/);
    const engines = controls.engines.encode(undefined);
    dataView(engines).setUint32(0, 2, true);
    dataView(engines).setUint32(4, 1, true);
    dataView(engines).setUint32(8, 9, true);
    expect(controls.engines.decode(engines)).toEqual([1, 9]);
    dataView(engines).setUint32(0, 0x1000, true);
    expect(() => controls.engines.decode(engines)).toThrow(/engineCount/);
  });
});

/** Every absence of a version, by the path of the intent. */
function absences(value: object, path = ''): [string, Absent][] {
  if (isAbsent(value)) return [[path, value]];
  return Object.entries(value).flatMap(([name, inner]) => (typeof inner === 'object' && inner !== null ? absences(inner as object, path === '' ? name : `${path}.${name}`) : []));
}

describe('what a version lacks', () => {
  const all = (abi: FirmwareAbi): [string, Absent][] => absences({ messages: abi.messages, controls: abi.controls, vgpu: abi.vgpu });

  it('is declared', () => {
    expect(Object.fromEntries(FIRMWARE_ABIS.map((abi) => [abi.version, all(abi).map(([path]) => path)]))).toEqual({
      '580.105.08': ['vgpu'], '570.144': [], '535.113.01': ['messages.events.journal'],
    });
  });

  it('reaches who asks for it as an error that says why', () => {
    for (const abi of FIRMWARE_ABIS) {
      for (const [path, why] of all(abi)) {
        const error = notInFirmware(abi.version, 'vgpu', path, why);
        expect(error).toBeInstanceOf(NovaCoreError);
        expect(error.code).toBe('NOT_IN_FIRMWARE');
        expect(error.message).toMatch(new RegExp(`^vgpu: no ${path}: firmware ${abi.version} [a-z].{20,}[^.]$`));
        expect(error.detail).toEqual({ version: abi.version, what: path, reason: why.absent });
      }
    }
  });
});
