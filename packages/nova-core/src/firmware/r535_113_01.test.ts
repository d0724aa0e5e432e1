import { dataView } from '@nova-stack/c-layout';
import { describe, expect, it } from 'vitest';

import { r535_113_01 as abi } from './r535_113_01.ts';

// Measured on NVIDIA's headers of 535.113.01; the shared memory as the vGPU manager series of 2024 has it.
describe('535.113.01 vGPU', () => {
  it('starts a task with the parameters where the firmware reads them, without a log of the kernel', () => {
    const params = abi.vgpu.controls.bootPlugin.encode({
      vfAddress: 0x104, gfid: 1, typeId: 869, processId: 42, channels: { first: 1984, count: 64, plugin: 1 }, engines: [1, 9],
      guestMemory: { start: 0x400_0000, size: 0x3800_0000 }, heap: { start: 0xa000_0000, size: 0x200_0000 },
    });
    expect(params.length).toBe(6496);
    const view = dataView(params);
    expect([0, 4, 8, 12, 16, 20, 24, 28, 32, 28 + 9 * 4, 280].map((at) => view.getUint32(at, true))).toEqual([0x104, 1, 869, 42, 0, 64, 1, 0, 1984, 1984, 1]);
    expect([288, 296, 3360, 6432, 6440, 6448, 6456, 6464, 6472, 6480, 6488].map((at) => view.getBigUint64(at, true))).toEqual([
      0x400_0000n, 0n, 0x3800_0000n, 0xa000_0000n, 0x200_0000n, 0n, 0xa020_4000n, 0x20000n, 0xa022_4000n, 0x40000n, 0n,
    ]);
  });

  it('shares memory with the task as both sides know it', () => {
    const { plugin } = abi.vgpu;
    expect(plugin.communicationSize).toBe(0x264000);
    expect(plugin.offsets).toEqual({ messageType: 4, messageSequence: 8, sequenceProcessed: 0x1000, result: 0x1004, message: 0x2000 });
    expect(plugin.doorbell(1)).toBe(49);
    const view = dataView(plugin.controlBuffer());
    expect([16, 24, 32, 40].map((at) => view.getBigUint64(at, true))).toEqual([0x1000n, 0x2000n, 0x3000n, 0x203000n]);
    const config = dataView(plugin.messages.configure.encode({
      uuid: new Uint8Array(16).fill(9), vfAddress: 0x104, instanceId: 1, typeId: 869, processId: 42, channels: 64, pluginChannels: 1, placement: 5,
    }));
    expect([config.byteLength, ...[16, 24, 28, 32, 40, 44, 52, 56, 60, 80, 84].map((at) => config.getUint32(at, true))]).toEqual([88, 0x104, 1, 869, 42, 64, 1, 0x4000, 4, 2, 0, 0]);
  });

  it('uploads records as they are, and finds no places in them', () => {
    const record = new Uint8Array(abi.vgpu.typeRecordSize).fill(5);
    const params = abi.vgpu.controls.uploadTypes.encode({ discardOthers: true, records: [record] });
    expect([abi.vgpu.typeRecordSize, params.length]).toEqual([4952, 316936]);
    expect([params[0], dataView(params).getUint32(4, true), params[8], params[8 + 4951], params[8 + 4952]]).toEqual([1, 1, 5, 5, 0]);
    const plain = new Uint8Array(4952);
    dataView(plain).setUint32(0, 869, true);
    dataView(plain).setBigUint64(392, 0x4000_0000n, true);
    expect(abi.vgpu.decodeType(plain)).toMatchObject({ id: 869, fbLength: 0x4000_0000, placementSize: 0, homogeneousPlacements: [] });
  });
});
