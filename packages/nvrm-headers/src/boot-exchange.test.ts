// The messages of the boot exchange, byte by byte as drivers and firmware put them on the wire, written out by hand: the
// places come from what Linux's nouveau and nova-core, tinygrad and OpenRM read and write there, not from the facts.
import { ascii, text, type Layout } from '@nova-stack/c-layout';
import { describe, expect, test } from 'vitest';

import * as args535 from '../generated/r535_113_01/gsp_init_args.js';
import * as static535 from '../generated/r535_113_01/gsp_static_config.js';
import * as args570 from '../generated/r570_144/gsp_init_args.js';
import * as registry570 from '../generated/r570_144/g_os_nvoc.js';
import * as registry535 from '../generated/r535_113_01/g_os_nvoc.js';
import * as static570 from '../generated/r570_144/gsp_static_config.js';
import * as libos535 from '../generated/r535_113_01/libos_init_args.js';
import * as libos570 from '../generated/r570_144/libos_init_args.js';
import * as element535 from '../generated/r535_113_01/message_queue_priv.js';
import * as element570 from '../generated/r570_144/message_queue_priv.js';
import * as msgq535 from '../generated/r535_113_01/msgq_priv.js';
import * as msgq570 from '../generated/r570_144/msgq_priv.js';
import * as numbers535 from '../generated/r535_113_01/rpc.js';
import * as numbers570 from '../generated/r570_144/rpc.js';
import { rpc_gsp_lockdown_notice_v17_00 as lockdown535 } from '../generated/r535_113_01/rpc/gsp_lockdown_notice_v17_00.js';
import { rpc_os_error_log_v17_00 as errorLog535 } from '../generated/r535_113_01/rpc/os_error_log_v17_00.js';
import { rpc_run_cpu_sequencer_v17_00 as sequencer535 } from '../generated/r535_113_01/rpc/run_cpu_sequencer_v17_00.js';
import { rpc_unloading_guest_driver_v1F_07 as unloading535 } from '../generated/r535_113_01/rpc/unloading_guest_driver_v1F_07.js';
import { rpc_gsp_lockdown_notice_v17_00 as lockdown570 } from '../generated/r570_144/rpc/gsp_lockdown_notice_v17_00.js';
import { rpc_os_error_log_v17_00 as errorLog570 } from '../generated/r570_144/rpc/os_error_log_v17_00.js';
import { rpc_run_cpu_sequencer_v17_00 as sequencer570 } from '../generated/r570_144/rpc/run_cpu_sequencer_v17_00.js';
import { rpc_unloading_guest_driver_v1F_07 as unloading570 } from '../generated/r570_144/rpc/unloading_guest_driver_v1F_07.js';

type Places = readonly (readonly [offset: number, bytes: string])[];

/** `size` bytes, zero but for hexadecimal bytes at some places. */
function bytes(size: number, places: Places): Uint8Array {
  const out = new Uint8Array(size);
  for (const [offset, hex] of places) out.set(Uint8Array.from(hex.split(' ').map((byte) => Number.parseInt(byte, 16))), offset);
  return out;
}

const hex = (word: string): string => Array.from(ascii(word), (byte) => byte.toString(16).padStart(2, '0')).join(' ');

/** Sizes that both sides must agree on, then the fields. */
function decodes<V>(layout: Layout<V>, size: number, places: Places, expected: object): void {
  expect(layout.size).toBe(size);
  expect(layout.read(bytes(size, places))).toMatchObject(expected);
}

describe('before the firmware runs', () => {
  test.each([['535', msgq535], ['570', msgq570]] as const)('the header of a queue, %s', (_, { msgqTxHeader, msgqRxHeader }) => {
    decodes(msgqTxHeader, 0x20, [
      [0x04, '00 00 04 00'], [0x08, '00 10 00 00'], [0x0c, '3f 00 00 00'], [0x10, '02 00 00 00'], [0x14, '01 00 00 00'], [0x18, '20 00 00 00'], [0x1c, '00 10 00 00'],
    ], { version: 0, size: 0x40000, msgSize: 0x1000, msgCount: 63, writePtr: 2, flags: 1, rxHdrOff: 0x20, entryOff: 0x1000 });
    decodes(msgqRxHeader, 4, [[0, '11 00 00 00']], { readPtr: 17 });
  });

  test.each([['535', libos535], ['570', libos570]] as const)('an entry of the libos arguments, %s', (_, { LibosMemoryRegionInitArgument }) => {
    // "LOGINIT", packed with its first letter in the highest byte that is used.
    decodes(LibosMemoryRegionInitArgument, 0x20, [
      [0x00, '54 49 4e 49 47 4f 4c 00'], [0x08, '00 00 56 34 12 00 00 00'], [0x10, '00 00 01 00 00 00 00 00'], [0x18, '01'], [0x19, '01'],
    ], { id8: 0x004c4f47494e4954n, pa: 0x1234560000n, size: 0x10000n, kind: 1, loc: 1 });
  });

  test('the arguments of the RM, 535: two pairs of queues', () => {
    decodes(args535.GSP_ARGUMENTS_CACHED, 0x50, [
      [0x00, '00 00 10 fe 00 00 00 00'], [0x08, '81 00 00 00'], [0x10, '00 10 00 00 00 00 00 00'], [0x18, '00 10 04 00 00 00 00 00'],
      [0x30, '03 00 00 00'], [0x34, '05 00 00 00'], [0x38, '01'], [0x3c, '07 00 00 00'], [0x40, '00 00 00 00 02 00 00 00'], [0x48, '00 20 00 00 00 00 00 00'],
    ], {
      messageQueueInitArguments: { sharedMemPhysAddr: 0xfe100000n, pageTableEntryCount: 129, cmdQueueOffset: 0x1000n, statQueueOffset: 0x41000n, locklessCmdQueueOffset: 0n },
      srInitArguments: { oldLevel: 3, flags: 5, bInPMTransition: true }, gpuInstance: 7, profilerArgs: { pa: 0x2_0000_0000n, size: 0x2000n },
    });
  });

  test('the arguments of the RM, 570: one pair, and where the stack lies', () => {
    decodes(args570.GSP_ARGUMENTS_CACHED, 0x48, [
      [0x00, '00 00 10 fe 00 00 00 00'], [0x08, '81 00 00 00'], [0x10, '00 10 00 00 00 00 00 00'], [0x18, '00 10 04 00 00 00 00 00'],
      [0x20, '03 00 00 00'], [0x24, '05 00 00 00'], [0x28, '01'], [0x2c, '07 00 00 00'], [0x30, '01'], [0x38, '00 00 00 00 02 00 00 00'], [0x40, '00 20 00 00 00 00 00 00'],
    ], {
      messageQueueInitArguments: { sharedMemPhysAddr: 0xfe100000n, pageTableEntryCount: 129, cmdQueueOffset: 0x1000n, statQueueOffset: 0x41000n },
      srInitArguments: { oldLevel: 3, flags: 5, bInPMTransition: true }, gpuInstance: 7, bDmemStack: true, profilerArgs: { pa: 0x2_0000_0000n, size: 0x2000n },
    });
  });
});

describe('the headers of every message', () => {
  test.each([['535', element535], ['570', element570]] as const)('%s', (_, { GSP_MSG_QUEUE_ELEMENT }) => {
    // As nouveau sends SET_SYSTEM_INFO to 570.144: a whole message of 0x3f0 bytes, one element.
    decodes(GSP_MSG_QUEUE_ELEMENT, 0x50, [
      [0x20, 'ef be ad de'], [0x28, '01 00 00 00'],
      [0x30, '00 00 00 03'], [0x34, hex('VRPC')], [0x38, 'c0 03 00 00'], [0x3c, '48 00 00 00'], [0x40, 'ff ff ff ff'], [0x44, 'ff ff ff ff'],
    ], {
      checkSum: 0xdeadbeef, seqNum: 0, elemCount: 1,
      rpc: { header_version: 0x03000000, signature: 0x43505256, length: 0x3c0, function: 72, rpc_result: 0xffffffff, rpc_result_private: 0xffffffff, sequence: 0 },
    });
  });
});

describe('GSP_SET_SYSTEM_INFO', () => {
  test('535', () => {
    expect(numbers535.NV_VGPU_MSG_FUNCTION_GSP_SET_SYSTEM_INFO).toBe(72);
    decodes(static535.GspSystemInfo, 0x298, [
      [0x00, '00 00 00 f6 00 00 00 00'], [0x08, '00 00 00 e0 7f 00 00 00'], [0x10, '00 00 00 f0 00 00 00 00'], [0x18, '00 01 00 00 00 00 00 00'],
      [0x38, '00 f0 ff ff ff 7f 00 00'], [0x40, '00 80 08 00'], [0x44, '00 10 00 00'], [0x260, '01'],
    ], {
      gpuPhysAddr: 0xf6000000n, gpuPhysFbAddr: 0x7f_e000_0000n, gpuPhysInstAddr: 0xf0000000n, nvDomainBusDeviceFunc: 0x100n, maxUserVa: 0x7fff_ffff_f000n,
      pciConfigMirrorBase: 0x88000, pciConfigMirrorSize: 0x1000, bIsPassthru: true,
    });
  });

  test('570', () => {
    expect(numbers570.NV_VGPU_MSG_FUNCTION_GSP_SET_SYSTEM_INFO).toBe(72);
    decodes(static570.GspSystemInfo, 0x3a0, [
      [0x00, '00 00 00 f6 00 00 00 00'], [0x08, '00 00 00 e0 7f 00 00 00'], [0x10, '00 00 00 f0 00 00 00 00'], [0x20, '00 01 00 00 00 00 00 00'],
      [0x48, '00 f0 ff ff ff 7f 00 00'], [0x50, '00 20 09 00'], [0x54, '00 10 00 00'], [0x58, 'de 10 b5 26'], [0x5c, 'de 10 9d 16'], [0x60, 'a1 00 00 00'],
      [0x348, '01'], [0x358, '20 00 00 00'], [0x35c, '04 00 00 00'], [0x380, '01'],
    ], {
      gpuPhysAddr: 0xf6000000n, gpuPhysFbAddr: 0x7f_e000_0000n, gpuPhysInstAddr: 0xf0000000n, nvDomainBusDeviceFunc: 0x100n, maxUserVa: 0x7fff_ffff_f000n,
      pciConfigMirrorBase: 0x92000, pciConfigMirrorSize: 0x1000, PCIDeviceID: 0x26b510de, PCISubDeviceID: 0x169d10de, PCIRevisionID: 0xa1,
      bIsPassthru: true, gspVFInfo: { totalVFs: 32, firstVFOffset: 4 }, bIsPrimary: true,
    });
  });
});

test.each([['535', registry535], ['570', registry570]] as const)('SET_REGISTRY, %s', (_, { PACKED_REGISTRY_TABLE, PACKED_REGISTRY_ENTRY }) => {
  // The table that nouveau sends: three numbers, then their names.
  const names = ['RMSecBusResetEnable', 'RMForcePcieConfigSave', 'RMDevidCheckIgnore'];
  const table = bytes(0x75, [
    [0x00, '75 00 00 00 03 00 00 00'],
    [0x08, '38 00 00 00 01 00 00 00 01 00 00 00 04 00 00 00'],
    [0x18, '4c 00 00 00 01 00 00 00 01 00 00 00 04 00 00 00'],
    [0x28, '62 00 00 00 01 00 00 00 01 00 00 00 04 00 00 00'],
    [0x38, hex(names[0]!)], [0x4c, hex(names[1]!)], [0x62, hex(names[2]!)],
  ]);
  expect(PACKED_REGISTRY_TABLE.read(table)).toMatchObject({ size: 0x75, numEntries: 3 });
  for (const [i, name] of names.entries()) {
    const entry = PACKED_REGISTRY_ENTRY.read(table, PACKED_REGISTRY_TABLE.offsets.entries + i * PACKED_REGISTRY_ENTRY.size);
    expect(entry).toEqual({ nameOffset: [0x38, 0x4c, 0x62][i], type: 1, data: 1, length: 4 });
    expect(text(table.subarray(entry.nameOffset))).toBe(name);
  }
});

describe('what the firmware sends', () => {
  test('LOCKDOWN_NOTICE: one byte; its number went down by one with 570', () => {
    expect([numbers535.NV_VGPU_MSG_EVENT_GSP_LOCKDOWN_NOTICE, numbers570.NV_VGPU_MSG_EVENT_GSP_LOCKDOWN_NOTICE]).toEqual([0x101d, 0x101c]);
    for (const layout of [lockdown535, lockdown570]) decodes(layout, 1, [[0, '01']], { bLockdownEngaging: true });
  });

  test('RUN_CPU_SEQUENCER', () => {
    expect([numbers535.NV_VGPU_MSG_EVENT_GSP_RUN_CPU_SEQUENCER, numbers570.NV_VGPU_MSG_EVENT_GSP_RUN_CPU_SEQUENCER]).toEqual([0x1002, 0x1002]);
    for (const layout of [sequencer535, sequencer570]) {
      // DELAY_US of one microsecond.
      const payload = bytes(0x30, [[0x00, '02 00 00 00'], [0x04, '02 00 00 00'], [0x08, '11 11 11 11'], [0x24, '88 88 88 88'], [0x28, '03 00 00 00 01 00 00 00']]);
      expect(layout.read(payload)).toMatchObject({ bufferSizeDWord: 2, cmdIndex: 2, regSaveArea: [0x11111111, 0, 0, 0, 0, 0, 0, 0x88888888] });
      expect([...layout.view(new DataView(payload.buffer)).commandBuffer]).toEqual([3, 1]);
    }
  });

  test('GSP_INIT_DONE: nothing but its number', () => {
    expect([numbers535.NV_VGPU_MSG_EVENT_GSP_INIT_DONE, numbers570.NV_VGPU_MSG_EVENT_GSP_INIT_DONE]).toEqual([0x1001, 0x1001]);
  });

  test('OS_ERROR_LOG: 570 tells the Xid before, at the end', () => {
    expect([numbers535.NV_VGPU_MSG_EVENT_OS_ERROR_LOG, numbers570.NV_VGPU_MSG_EVENT_OS_ERROR_LOG]).toEqual([0x1006, 0x1006]);
    const places: Places = [[0x00, '1f 00 00 00'], [0x04, '02 00 00 00'], [0x08, '05 00 00 00'], [0x0c, hex('MMU fault')]];
    const expected = { exceptType: 31, runlistId: 2, chid: 5 };
    decodes(errorLog535, 0x10c, places, expected);
    decodes(errorLog570, 0x110, [...places, [0x10c, '0d 00 00 00']], { ...expected, preemptiveRemovalPreviousXid: 13 });
    expect(text(errorLog570.read(bytes(0x110, places)).errString)).toBe('MMU fault');
  });
});

describe('GET_GSP_STATIC_INFO', () => {
  const region = (at: number, performance: string): Places => [
    [at, '00 00 10 00 00 00 00 00'], [at + 8, 'ff ff ff bf 05 00 00 00'], [at + 0x18, performance], [at + 0x1c, '01 01 00'],
  ];
  const usable = { base: 0x100000n, limit: 0x5_bfff_ffffn, reserved: 0n, performance: 9, supportCompressed: true, supportISO: true, bProtected: false };

  test('535: the masks of the GPCs stand in it', () => {
    expect(numbers535.NV_VGPU_MSG_FUNCTION_GET_GSP_STATIC_INFO).toBe(65);
    decodes(static535.GspStaticConfigInfo, 0x878, [
      [0x124, '7f 00 00 00'], [0x128, '00 00 00 00 3f 00 00 00'], [0x348, '01 00 00 00'], ...region(0x350, '09 00 00 00'),
      [0x6d8, '00 00 00 00 06 00 00 00'], [0x71c, hex('NVIDIA L40')], [0x828, '00 00 e0 bf 05 00 00 00'], [0x830, '00 00 f0 bf 05 00 00 00'],
      [0x868, '01 00 d0 c1'], [0x86c, '02 00 de ca'], [0x870, '03 00 0d f0'],
    ], {
      gpcInfo: { gpcMask: 0x7f }, tpcInfo: expect.arrayContaining([{ gpcId: 0, tpcMask: 0x3f }]) as unknown,
      fbRegionInfoParams: { numFBRegions: 1, fbRegion: expect.arrayContaining([expect.objectContaining(usable)]) as unknown },
      fb_length: 0x6_0000_0000n, bar1PdeBase: 0x5_bfe0_0000n, bar2PdeBase: 0x5_bff0_0000n,
      hInternalClient: 0xc1d00001, hInternalDevice: 0xcade0002, hInternalSubdevice: 0xf00d0003,
    });
    expect(static535.GspStaticConfigInfo.offsets.gpuNameString).toBe(0x71c);
  });

  test('570: they are gone, and where the heap lies came', () => {
    expect(numbers570.NV_VGPU_MSG_FUNCTION_GET_GSP_STATIC_INFO).toBe(65);
    const places: Places = [
      [0x158, '01 00 00 00'], ...region(0x160, '09 00 00 00'), [0x4b0, '20 00 00 00'],
      [0x4c8, '00 00 00 00 06 00 00 00'], [0x4ec, hex('NVIDIA L40')], [0x600, '00 00 e0 bf 05 00 00 00'], [0x608, '00 00 f0 bf 05 00 00 00'],
      [0x640, '01 00 d0 c1'], [0x644, '02 00 de ca'], [0x648, '03 00 0d f0'], [0x668, '00 00 00 b0 05 00 00 00'], [0x670, '00 00 e0 ff 05 00 00 00'],
    ];
    decodes(static570.GspStaticConfigInfo, 0x678, places, {
      fbRegionInfoParams: { numFBRegions: 1, fbRegion: expect.arrayContaining([expect.objectContaining(usable)]) as unknown },
      sriovMaxGfid: 32, fb_length: 0x6_0000_0000n, bar1PdeBase: 0x5_bfe0_0000n, bar2PdeBase: 0x5_bff0_0000n,
      hInternalClient: 0xc1d00001, hInternalDevice: 0xcade0002, hInternalSubdevice: 0xf00d0003,
      fwWprLayoutOffset: { nonWprHeapOffset: 0x5_b000_0000n, frtsOffset: 0x5_ffe0_0000n },
    });
    expect(text(static570.GspStaticConfigInfo.read(bytes(0x678, places)).gpuNameString)).toBe('NVIDIA L40');
  });
});

test('UNLOADING_GUEST_DRIVER, as nouveau sends it to suspend', () => {
  expect([numbers535.NV_VGPU_MSG_FUNCTION_UNLOADING_GUEST_DRIVER, numbers570.NV_VGPU_MSG_FUNCTION_UNLOADING_GUEST_DRIVER]).toEqual([47, 47]);
  for (const layout of [unloading535, unloading570]) decodes(layout, 8, [[0, '01'], [4, '03 00 00 00']], { bInPMTransition: true, bGc6Entering: false, newLevel: 3 });
});
