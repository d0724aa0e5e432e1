import { dataView } from '@nova-stack/c-layout';
import { describe, expect, it } from 'vitest';

import { r570_144 as abi } from './r570_144.ts';

describe('570.144 vGPU', () => {
  it('starts a task with the parameters where the firmware reads them', () => {
    const params = abi.vgpu.controls.bootPlugin.encode({
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
    const params = abi.vgpu.controls.uploadTypes.encode({ discardOthers: true, records: [record] });
    expect(params.length).toBe(334344);
    expect([params[0], dataView(params).getUint32(4, true), params[8], params[8 + 5223], params[8 + 5224]]).toEqual([1, 1, 5, 5, 0]);
    expect(() => abi.vgpu.controls.uploadTypes.encode({ discardOthers: false, records: [record.subarray(1)] })).toThrow(RangeError);
  });
});
