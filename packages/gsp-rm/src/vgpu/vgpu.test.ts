import { sha256 } from '@noble/hashes/sha2.js';
import { ascii, dataView } from '@nova-stack/c-layout';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  NV2080_CTRL_CMD_INTERNAL_MEMMGR_MEMORY_TRANSFER_WITH_GSP as TRANSFER_CMD,
  NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_BOOTLOAD_GSP_VGPU_PLUGIN_TASK as BOOTLOAD_CMD,
  NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_ENUMERATE_VGPU_PER_PGPU as ENUMERATE_CMD,
  NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_PGPU_ADD_VGPU_TYPE as ADD_CMD,
  NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_SHUTDOWN_GSP_VGPU_PLUGIN_TASK as SHUTDOWN_CMD,
  NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_VGPU_PLUGIN_CLEANUP as CLEANUP_CMD,
  NV2080_CTRL_INTERNAL_MEMMGR_MEMORY_TRANSFER_WITH_GSP_PARAMS as TRANSFER,
  NV2080_CTRL_VGPU_MGR_INTERNAL_BOOTLOAD_GSP_VGPU_PLUGIN_TASK_PARAMS as BOOTLOAD,
  NV2080_CTRL_VGPU_MGR_INTERNAL_ENUMERATE_VGPU_PER_PGPU_PARAMS as ENUMERATE,
  NV2080_CTRL_VGPU_MGR_INTERNAL_PGPU_ADD_VGPU_TYPE_PARAMS as ADD, NVA081_CTRL_VGPU_INFO as TYPE,
} from '../r570_144/layouts.ts';
import { INTERNAL } from '../resources/tree.ts';
import { STATUS } from '../status.ts';
import { driver, type Driver } from '../testing/driver.ts';
import { signature } from '../testing/synthetic.ts';

const GIB = 2 ** 30;
const SEGMENT = 0x400_0000;
const HEAP = 0x1_0000_0000;
const GUEST = 0x8000_0000;

type TypeValue = Parameters<typeof TYPE.create>[0];

function typeRecord(change: TypeValue = {}, sign = true): Uint8Array {
  const record = TYPE.create({
    vgpuType: 925, vgpuName: ascii('NVIDIA L40-4Q'), maxInstance: 2, vdevId: 0x26b5_1777n, pdevId: 0x26b5n,
    profileSize: BigInt(4 * GIB), fbLength: BigInt(4 * GIB - 0x1000_0000), gspHeapSize: 0x200_0000n, bar1Length: 256n, ...change,
  });
  if (sign) record.set(signature(sha256(record), 0, 128), TYPE.offsets.vgpuSignature);
  return record;
}

const send = async (self: Driver, command: number, params: Uint8Array): Promise<number> =>
  (await self.control(INTERNAL.client, INTERNAL.subdevice, command, params)).status;

function upload(self: Driver, records: readonly Uint8Array[], discard = true, count = records.length): Promise<number> {
  const params = new Uint8Array(ADD.size);
  params[ADD.offsets.discardVgpuTypes] = discard ? 1 : 0;
  dataView(params).setUint32(ADD.offsets.vgpuInfoCount, count, true);
  records.forEach((record, i) => params.set(record, ADD.offsets.vgpuInfo + i * TYPE.size));
  return send(self, ADD_CMD, params);
}

const bootload = (self: Driver, change: Parameters<typeof BOOTLOAD.create>[0] = {}): Promise<number> => send(self, BOOTLOAD_CMD, BOOTLOAD.create({
  dbdf: 0x104, gfid: 1, vgpuType: 925, vmPid: 4711, numChannels: 128, numPluginChannels: 1, chidOffset: [0, 256],
  numGuestFbSegments: 1, guestFbPhysAddrList: [BigInt(GUEST)], guestFbLengthList: [BigInt(SEGMENT * 4)],
  pluginHeapMemoryPhysAddr: BigInt(HEAP), pluginHeapMemoryLength: 0x200_0000n,
  initTaskLogBuffOffset: BigInt(HEAP + 0x204000), initTaskLogBuffSize: 0x20000n,
  vgpuTaskLogBuffOffset: BigInt(HEAP + 0x224000), vgpuTaskLogBuffSize: 0x40000n,
  kernelLogBuffOffset: BigInt(HEAP + 0x264000), kernelLogBuffSize: 0x10000n, ...change,
}));

/** The host's side of the shared region. */
function host(self: Driver, heap = HEAP, gfid = 1): { ready: () => boolean; call: (type: number, body?: Uint8Array) => { result: number; body: DataView } } {
  const { hardware } = self;
  const word = (at: number): number => {
    const bytes = new Uint8Array(4);
    hardware.readVram(heap + at, bytes);
    return dataView(bytes).getUint32(0, true);
  };
  const put = (at: number, value: number): void => hardware.writeVram(heap + at, new Uint8Array(Uint32Array.of(value).buffer));
  put(0, 1);
  put(16, 0x1000);
  put(24, 0x2000);
  let sequence = 0;
  return {
    ready: () => word(8) === 0x4e654a6f,
    call(type, body = new Uint8Array(0)) {
      hardware.writeVram(heap + 0x2000, body);
      put(4, type);
      put(8, ++sequence);
      hardware.port.vfDoorbell(gfid * 32 + 17);
      expect(word(0x1004)).toBe(sequence);
      const back = new Uint8Array(0x40);
      hardware.readVram(heap + 0x2000, back);
      return { result: word(0x1008), body: dataView(back) };
    },
  };
}

function config(typeId: number, vfAddress: number): Uint8Array {
  const bytes = new Uint8Array(112);
  dataView(bytes).setUint32(16, vfAddress, true);
  dataView(bytes).setUint32(28, typeId, true);
  return bytes;
}

async function booted(): Promise<Driver> {
  const self = driver();
  await self.boot();
  return self;
}

test('a vGPU: upload, bootload, ready marker, messages, shutdown, cleanup', async () => {
  const self = await booted();
  expect(await upload(self, [typeRecord()])).toBe(0);
  const { ready, call } = host(self);
  expect(await bootload(self)).toBe(0);
  expect(ready()).toBe(false);
  self.hardware.advance(100_000_000);
  expect(ready()).toBe(true);

  expect(call(3).result).toBe(STATUS.INVALID_STATE);
  const negotiated = call(1, Uint8Array.of(1, 0, 0, 0));
  expect([negotiated.result, negotiated.body.getUint32(4, true)]).toEqual([0, 1]);
  expect(call(2, config(926, 0x104)).result).toBe(STATUS.INVALID_ARGUMENT);
  expect(call(2, config(925, 0x104)).result).toBe(0);
  const master = call(13, Uint8Array.of(1, 0));
  expect([master.result, master.body.getUint8(1)]).toEqual([0, 1]);
  expect(call(3).result).toBe(0);
  expect(call(12).result).toBe(STATUS.NOT_SUPPORTED);

  const list = await self.control(INTERNAL.client, INTERNAL.subdevice, ENUMERATE_CMD, new Uint8Array(ENUMERATE.size));
  expect(ENUMERATE.read(list.params)).toMatchObject({ numVgpu: 1 });
  expect(await upload(self, [typeRecord()])).toBe(STATUS.STATE_IN_USE);
  const gfid = Uint8Array.of(1, 0, 0, 0);
  expect(await send(self, CLEANUP_CMD, gfid)).toBe(STATUS.STATE_IN_USE);
  expect(self.hardware.functionMemory.get(1)).toEqual([{ start: GUEST, size: SEGMENT * 4 }]);
  expect(await send(self, SHUTDOWN_CMD, gfid)).toBe(0);
  expect(self.hardware.functionMemory.get(1)).toEqual([]);
  expect(await send(self, SHUTDOWN_CMD, gfid)).toBe(STATUS.INVALID_STATE);
  expect(await send(self, CLEANUP_CMD, gfid)).toBe(0);
  expect(await send(self, CLEANUP_CMD, gfid)).toBe(STATUS.OBJECT_NOT_FOUND);
});

describe('refusals', () => {
  test('types', async () => {
    const self = await booted();
    const bad = typeRecord();
    bad[4]! ^= 1;
    const cases: readonly (readonly [keyof typeof STATUS, Promise<number>])[] = [
      ['INVALID_DATA', upload(self, [bad])],
      ['INVALID_DATA', upload(self, [typeRecord({}, false)])],
      ['INVALID_DEVICE', upload(self, [typeRecord({ pdevId: 0x2235n })])],
      ['INSERT_DUPLICATE_NAME', upload(self, [typeRecord(), typeRecord()])],
      ['INVALID_ARGUMENT', upload(self, [typeRecord()], true, 65)],
      ['INVALID_DATA', upload(self, [typeRecord({ maxInstance: 0 })])],
    ];
    for (const [status, answer] of cases) expect(await answer).toBe(STATUS[status]);
  });

  test.each([
    ['OUT_OF_RANGE', { gfid: 0 }], ['OUT_OF_RANGE', { gfid: 33, dbdf: 0x124 }], ['INVALID_ARGUMENT', { dbdf: 0x105 }],
    ['OBJECT_NOT_FOUND', { vgpuType: 1 }], ['INVALID_ARGUMENT', { numPluginChannels: 6 }], ['OUT_OF_RANGE', { chidOffset: [2000] }],
    ['INVALID_ARGUMENT', { numGuestFbSegments: 385 }], ['INVALID_ARGUMENT', { numGuestFbSegments: 0 }],
    ['INVALID_ADDRESS', { guestFbPhysAddrList: [BigInt(GUEST + 0x1000)] }], ['INVALID_ADDRESS', { guestFbPhysAddrList: [BigInt(24 * GIB - SEGMENT * 4)] }],
    ['INVALID_LIMIT', { pluginHeapMemoryLength: 0x100_0000n }], ['INVALID_LIMIT', { kernelLogBuffSize: 0x200_0000n }],
    ['INVALID_ADDRESS', { pluginHeapMemoryPhysAddr: BigInt(GUEST) }], ['INVALID_LIMIT', { ctrlBuffOffset: 0x1f0_0000n }],
  ] as const)('%s for %o', async (status, change) => {
    const self = await booted();
    await upload(self, [typeRecord()]);
    expect(await bootload(self, change)).toBe(STATUS[status]);
  });

  test('a GFID, memory, channels or instances that are taken', async () => {
    const self = await booted();
    await upload(self, [typeRecord()]);
    expect(await bootload(self)).toBe(0);
    expect(await bootload(self)).toBe(STATUS.STATE_IN_USE);
    const second = { gfid: 2, dbdf: 0x105 };
    expect(await bootload(self, second)).toBe(STATUS.STATE_IN_USE);
    const elsewhere = {
      chidOffset: [0, 512], guestFbPhysAddrList: [BigInt(GUEST + SEGMENT * 4)], pluginHeapMemoryPhysAddr: BigInt(HEAP + 0x400_0000),
      initTaskLogBuffOffset: BigInt(HEAP + 0x404_0000), vgpuTaskLogBuffOffset: BigInt(HEAP + 0x408_0000), kernelLogBuffOffset: BigInt(HEAP + 0x410_0000),
    };
    expect(await bootload(self, { ...second, ...elsewhere })).toBe(0);
    expect(await bootload(self, { gfid: 3, dbdf: 0x106, chidOffset: [0, 1024] })).toBe(STATUS.INSUFFICIENT_RESOURCES);
  });

  test('a board without virtual functions', async () => {
    const self = driver({ facts: { sriov: undefined } });
    await self.boot();
    expect(await upload(self, [typeRecord()])).toBe(STATUS.NOT_SUPPORTED);
  });
});

test('memory set scrubs, and stops before WPR2 and the end of VRAM', async () => {
  const self = await booted();
  const set = (start: number, size: number, value = 0): Promise<number> => send(self, TRANSFER_CMD, TRANSFER.create({
    dst: { baseAddr: BigInt(start), size: BigInt(size), aperture: 2 }, transferSize: BigInt(size), value, memop: 1,
  }));
  self.hardware.writeVram(GUEST, Uint8Array.of(1, 2, 3));
  expect(await set(GUEST, SEGMENT)).toBe(0);
  const head = new Uint8Array(3);
  self.hardware.readVram(GUEST, head);
  expect([...head]).toEqual([0, 0, 0]);
  expect(await set(self.layout.wpr - 0x1000, 0x2000)).toBe(STATUS.INVALID_ADDRESS);
  expect(await set(24 * GIB - 0x1000, 0x2000)).toBe(STATUS.INVALID_ADDRESS);
  expect(await set(GUEST, SEGMENT, 0x100)).toBe(STATUS.INVALID_ARGUMENT);
});

test('a plugin task that never starts', async () => {
  const self = await booted();
  self.hardware.faults.set('gsp-rm.plugin.start', { action: 'drop' });
  await upload(self, [typeRecord()]);
  const { ready } = host(self);
  expect(await bootload(self)).toBe(0);
  self.hardware.advance(20_000_000_000);
  expect(ready()).toBe(false);
});

test('a plugin task that crashes says so, and keeps what it has until it is cleaned up', async () => {
  const self = await booted();
  await upload(self, [typeRecord()]);
  const { call } = host(self);
  expect(self.firmware.crashPlugin(1)).toBe(false);
  await bootload(self);
  self.hardware.advance(100_000_000);
  expect(call(1, Uint8Array.of(1, 0, 0, 0)).result).toBe(0);
  self.hardware.faults.set('gsp-rm.plugin.message', { action: 'crash' });
  expect(() => call(3)).toThrow();
  const { payload } = await self.end.expect(0x100d);
  expect([...new Uint32Array(payload.slice().buffer)]).toEqual([1, 2]);
  self.hardware.faults.clear();
  expect(() => call(3)).toThrow();
  expect(self.firmware.crashPlugin(1)).toBe(false);
  const gfid = Uint8Array.of(1, 0, 0, 0);
  expect(await bootload(self)).toBe(STATUS.STATE_IN_USE);
  expect(await send(self, CLEANUP_CMD, gfid)).toBe(STATUS.STATE_IN_USE);
  expect(await send(self, SHUTDOWN_CMD, gfid)).toBe(0);
  expect(await send(self, CLEANUP_CMD, gfid)).toBe(0);
  expect(await bootload(self)).toBe(0);
  expect(self.firmware.crashPlugin(1)).toBe(true);
  expect((await self.end.expect(0x100d)).payload.length).toBe(8);
});

test('a plugin task that looks late, or never', async () => {
  const self = await booted();
  await upload(self, [typeRecord()]);
  await bootload(self);
  const { call } = host(self);
  self.hardware.advance(100_000_000);
  const answered = (): number => {
    const bytes = new Uint8Array(4);
    self.hardware.readVram(HEAP + 0x1004, bytes);
    return dataView(bytes).getUint32(0, true);
  };
  self.hardware.faults.set('gsp-rm.plugin.message', { action: 'delay', value: 1_000_000 });
  expect(() => call(1, Uint8Array.of(1, 0, 0, 0))).toThrow();
  self.hardware.advance(999_000);
  expect(answered()).toBe(0);
  self.hardware.advance(1_000);
  expect(answered()).toBe(1);
  self.hardware.faults.set('gsp-rm.plugin.message', { action: 'drop' });
  expect(() => call(13)).toThrow();
  self.hardware.advance(200_000_000_000);
  expect(answered()).toBe(1);
});

test('arbitrary parameters and doorbells are answered, never thrown at', async () => {
  const self = await booted();
  await upload(self, [typeRecord()]);
  await fc.assert(fc.asyncProperty(
    fc.constantFrom(BOOTLOAD_CMD, ADD_CMD, TRANSFER_CMD, SHUTDOWN_CMD, CLEANUP_CMD, 0x20804007),
    fc.uint8Array({ maxLength: 96 }), fc.nat(0xffffffff),
    async (command, noise, doorbell) => {
      const sizes: Record<number, number> = { [BOOTLOAD_CMD]: BOOTLOAD.size, [ADD_CMD]: ADD.size, [TRANSFER_CMD]: TRANSFER.size };
      const params = new Uint8Array(sizes[command] ?? noise.length);
      params.set(noise.subarray(0, params.length));
      if (command === TRANSFER_CMD) params.fill(0, 80, 88);
      await send(self, command, params);
      self.hardware.port.vfDoorbell(doorbell);
    },
  ), { numRuns: 60 });
});
