import { dataView } from '@nova-stack/c-layout';
import { describe, expect, it } from 'vitest';

import { fbLayout } from '../fb-layout.ts';
import { GiB, KiB, MiB } from '../sizes.ts';
import { r570_144 as abi } from './r570_144.ts';

/** A 24 GiB AD102 with the files of this version. */
const layout = fbLayout({ vramSize: 24 * GiB, frtsSize: MiB, bootloaderSize: 0x9000, imageSize: 0x3c99000, heap: abi.boot.heap, vfs: 0 });

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

describe('570.144 before the boot', () => {
  it('sizes the heap from its own header', () => {
    expect(layout.heap.size).toBe(0x8100000);
    expect(abi.boot.heap).toEqual({ carveout: 22 * MiB, baseRm: 8 * MiB, perGiB: 96 * KiB, clients: 96 * MiB, min: 88 * MiB, max: 280 * MiB - 1, vgpu: 581 * MiB });
  });

  it('fills the WPR metadata', () => {
    const meta = abi.boot.wprMeta({
      layout,
      radix3: { address: 0x1000, size: 0x3c99000 },
      bootloader: { address: 0x2000, size: 0x9000, codeOffset: 0x4800, dataOffset: 0x800, manifestOffset: 0 },
      signature: { address: 0x3000, size: 0x1000 },
    });
    expect(meta.length).toBe(256);
    const view = dataView(meta);
    const expected: readonly [number, bigint][] = [
      [0x00, 0xdc3aae21371a60b3n], [0x08, 1n], [0x10, 0x1000n], [0x18, 0x3c99000n], [0x20, 0x2000n], [0x28, 0x9000n], [0x30, 0x4800n], [0x38, 0x800n],
      [0x40, 0n], [0x48, 0x3000n], [0x50, 0x1000n], [0x58, 0x5f3e00000n], [0x60, 0x5f3e00000n], [0x68, 0x100000n], [0x70, 0x5f3f00000n],
      [0x78, 0x5f4000000n], [0x80, 0x8100000n], [0x88, 0x5fc150000n], [0x90, 0x5ffdf7000n], [0x98, 0x5ffe00000n], [0xa0, 0x100000n],
      [0xa8, 0x5fff00000n], [0xb0, 0x600000000n], [0xb8, 0x5fff00000n], [0xc0, 0x100000n], [0xc8, 0n], [0xf0, 0n], [0xf8, 0n],
    ];
    for (const [at, value] of expected) expect([at, view.getBigUint64(at, true)]).toEqual([at, value]);
  });

  it('tells booter how many virtual functions there will be', () => {
    const meta = abi.boot.wprMeta({
      layout: { ...layout, vfs: 32 }, radix3: { address: 0, size: 1 }, signature: { address: 0, size: 0 },
      bootloader: { address: 0, size: 0, codeOffset: 0, dataOffset: 0, manifestOffset: 0 },
    });
    expect(meta[0xf0]).toBe(32);
  });

  it('names libos regions big endian and ends the list with zeros', () => {
    const view = dataView(abi.boot.libosArguments([{ name: 'LOGINIT', address: 0x1_0000_0000, size: 0x10000 }, { name: 'RMARGS', address: 0x5000, size: 0x1000 }]));
    expect(view.byteLength).toBe(0x1000);
    expect(view.getBigUint64(0, true)).toBe(0x004c4f47494e4954n);
    expect(view.getBigUint64(8, true)).toBe(0x1_0000_0000n);
    expect([view.getUint8(0x18), view.getUint8(0x19)]).toEqual([1, 1]);
    expect(view.getBigUint64(0x40, true)).toBe(0n);
  });

  it('describes the queues in the RM arguments', () => {
    const args = abi.boot.rmArguments({ sharedMemPhysAddr: 0x7000, pageTableEntryCount: 129, cmdQueueOffset: 0x1000, statQueueOffset: 0x41000 });
    expect(args.length).toBe(72);
    const view = dataView(args);
    expect([view.getBigUint64(0, true), view.getUint32(8, true), view.getBigUint64(0x10, true), view.getBigUint64(0x18, true), view.getUint8(0x30)])
      .toEqual([0x7000n, 129, 0x1000n, 0x41000n, 1]);
  });
});

describe('570.144 messages', () => {
  it('packs the registry as other drivers do, to the checksum', () => {
    const { setRegistry } = abi.messages;
    const table = setRegistry.encode(['RMSecBusResetEnable', 'RMForcePcieConfigSave', 'RMDevidCheckIgnore'].map((name) => ({ name, value: 1 })));
    expect(table.length).toBe(0x75);
    expect(checksum(message(setRegistry.function, 1, table))).toBe(0x7238_4998);
  });

  it('says goodbye to the checksum', () => {
    const { unload } = abi.messages;
    expect(checksum(message(unload.function, 2, unload.encode(undefined)))).toBe(0x4050_5252);
  });

  it('puts the facts of the function into the system info', () => {
    const info = abi.messages.setSystemInfo.encode({
      registers: 0xf000_0000, framebuffer: 0x10_0000_0000, instance: 0x20_0000_0000, busDeviceFunction: 0x100, deviceId: 0x26b510de, subsystemId: 0x169d10de,
      revision: 0xa1, configMirror: { start: 0x88000, size: 0x1000 },
      vfs: { total: 32, firstOffset: 4, bars: [{ address: 0x1000, is64: false }, { address: 0x30_0000_0000, is64: true }, { address: 0x40_0000_0000, is64: true }] },
    });
    expect(info.length).toBe(928);
    const view = dataView(info);
    expect([0, 8, 0x10, 0x20, 0x48].map((at) => view.getBigUint64(at, true))).toEqual([0xf000_0000n, 0x10_0000_0000n, 0x20_0000_0000n, 0x100n, 0x7fff_ffff_f000n]);
    expect([0x50, 0x54, 0x58, 0x5c, 0x60, 0x358, 0x35c].map((at) => view.getUint32(at, true))).toEqual([0x88000, 0x1000, 0x26b510de, 0x169d10de, 0xa1, 32, 4]);
    expect([...info.subarray(0x358 + 32, 0x358 + 35)]).toEqual([0, 1, 1]);
  });

  it('reads regions, name and internal handles of the static info, and refuses what cannot be', () => {
    const reply = new Uint8Array(1656);
    const view = dataView(reply);
    view.setUint32(0x158, 1, true);
    view.setBigUint64(0x168, 0x5_f2df_ffffn, true);
    reply.set([1, 1], 0x160 + 0x1c);
    reply.set(new TextEncoder().encode('NVIDIA L40'), 0x4ec);
    view.setBigUint64(0x4c8, 0x6_0000_0000n, true);
    for (const [i, handle] of [0xc1e0_0001, 0xabcd_0080, 0xabcd_2080].entries()) view.setUint32(0x640 + 4 * i, handle, true);
    expect(abi.messages.staticInfo.decode(reply)).toEqual({
      name: 'NVIDIA L40', uuid: undefined, fbSize: 24 * GiB,
      regions: [{ start: 0, size: 0x5_f2e0_0000, reserved: 0, isProtected: false, compressible: true, scanout: true }],
      internal: { client: 0xc1e0_0001, device: 0xabcd_0080, subdevice: 0xabcd_2080 },
    });
    expect(() => abi.messages.staticInfo.decode(reply.subarray(1))).toThrow(/GspStaticConfigInfo/);
    view.setUint32(0x158, 17, true);
    expect(() => abi.messages.staticInfo.decode(reply)).toThrow(/numFBRegions/);
  });

  it('wraps a control and takes exactly the parameters out of its answer', () => {
    const { control } = abi.messages;
    const sent = control.encode({ client: 1, object: 2, command: 0x20803601, params: Uint8Array.of(7, 8) });
    expect([...new Uint32Array(sent.slice(0, 24).buffer)]).toEqual([1, 2, 0x20803601, 0, 2, 0]);
    const answer = sent.slice();
    answer[12] = 0x56;
    expect(control.decode(answer)).toEqual({ status: 0x56, params: Uint8Array.of(7, 8) });
    expect(() => control.decode(answer.subarray(0, 25))).toThrow(/paramsSize/);
  });

  it('takes the used words of a CPU sequence only', () => {
    const payload = new Uint8Array(40 + 16);
    dataView(payload).setUint32(4, 2, true);
    expect(abi.messages.sequencerCommands(payload).length).toBe(8);
    dataView(payload).setUint32(4, 5, true);
    expect(() => abi.messages.sequencerCommands(payload)).toThrow(/cmdIndex/);
  });
});

describe('570.144 vGPU', () => {
  it('starts a task with the parameters where the firmware reads them', () => {
    const params = abi.controls.bootPlugin.encode({
      vfAddress: 0x104, gfid: 1, typeId: 869, processId: 42, channels: { first: 1984, count: 64, plugin: 1 }, engines: [1, 9],
      guestMemory: { start: 0x400_0000, size: 0x3800_0000 }, heap: { start: 0xa000_0000, size: 0x200_0000 },
    });
    expect(params.length).toBe(6616);
    const view = dataView(params);
    expect([0, 4, 8, 12, 16, 20, 24, 28, 32, 28 + 9 * 4, 368].map((at) => view.getUint32(at, true))).toEqual([0x104, 1, 869, 42, 0, 64, 1, 0, 1984, 1984, 1]);
    expect([376, 384, 3448, 6520, 6528, 6536, 6544, 6552, 6560, 6568, 6576, 6584].map((at) => view.getBigUint64(at, true))).toEqual([
      0x400_0000n, 0n, 0x3800_0000n, 0xa000_0000n, 0x200_0000n, 0n,
      0xa020_4000n, 0x20000n, 0xa022_4000n, 0x40000n, 0xa026_4000n, 0x10000n,
    ]);
  });

  it('shares memory with the task as both sides know it', () => {
    const { plugin } = abi.vgpu;
    expect(plugin.communicationSize).toBe(0x274000);
    expect(plugin.offsets).toEqual({ messageType: 4, messageSequence: 8, sequenceProcessed: 0x1004, result: 0x1008, message: 0x2000 });
    expect(plugin.doorbell(1)).toBe(49);
    const view = dataView(plugin.controlBuffer());
    expect(view.getUint32(0, true)).toBe(1);
    expect([16, 24, 32, 40].map((at) => view.getBigUint64(at, true))).toEqual([0x1000n, 0x2000n, 0x3000n, 0x203000n]);
    const config = plugin.messages.configure.encode({
      uuid: new Uint8Array(16).fill(9), vfAddress: 0x104, instanceId: 1, typeId: 869, processId: 42, channels: 64, pluginChannels: 1, placement: undefined,
    });
    expect(config.length).toBe(112);
    expect([dataView(config).getUint32(16, true), dataView(config).getUint32(28, true), dataView(config).getUint16(84, true)]).toEqual([0x104, 869, 0xffff]);
  });

  it('uploads records as they are', () => {
    const record = new Uint8Array(abi.vgpu.typeRecordSize).fill(5);
    const params = abi.controls.uploadTypes.encode({ discardOthers: true, records: [record] });
    expect(params.length).toBe(334344);
    expect([params[0], dataView(params).getUint32(4, true), params[8], params[8 + 5223], params[8 + 5224]]).toEqual([1, 1, 5, 5, 0]);
    expect(() => abi.controls.uploadTypes.encode({ discardOthers: false, records: [record.subarray(1)] })).toThrow(RangeError);
  });
});
