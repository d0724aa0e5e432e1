import { describe, expect, test } from 'vitest';
import type { ChannelFault } from '@nova-stack/hw-model/port';
import { driver, type Driver } from './testing/driver.ts';
import { VERSIONS } from './testing/formats.ts';

const CLIENT = 0xc1d0_0001;
const [DEVICE, SUBDEVICE, SPACE, CHANNEL, COPY] = [0xa1, 0xa2, 0xa3, 0xa4, 0xa5] as const;
const EVENTS = { rcTriggered: 0x1004, mmuFault: 0x1005, osError: 0x1006 } as const;
const FACTS = { engines: ['GR0', 'COPY0', 'COPY1', 'COPY2', 'COPY3'] } as const;
/** NV2080_ENGINE_TYPE_COPY3 */
const COPY3 = 12;
const CHANNEL_CLASS = 0xc56f;
const COPY_CLASS = 0xc7b5;

/** A channel as a driver makes one, step by step. */
class Maker {
  readonly self: Driver;
  constructor(self: Driver) {
    this.self = self;
  }

  async space(): Promise<void> {
    const { self } = this;
    const { rm } = self;
    expect((await self.alloc(CLIENT, 0, CLIENT, 0, rm.NV0000_ALLOC_PARAMETERS.create({ hClient: CLIENT }))).status).toBe(0);
    expect((await self.alloc(CLIENT, CLIENT, DEVICE, 0x80, rm.NV0080_ALLOC_PARAMETERS.create())).status).toBe(0);
    expect((await self.alloc(CLIENT, DEVICE, SUBDEVICE, 0x2080, rm.NV2080_ALLOC_PARAMETERS.create())).status).toBe(0);
    expect((await self.alloc(CLIENT, DEVICE, SPACE, 0x90f1, rm.NV_VASPACE_ALLOCATION_PARAMETERS.create({ flags: 8 }))).status).toBe(0);
  }

  async directory(address: number): Promise<void> {
    const { rm } = this.self;
    const params = rm.NV0080_CTRL_DMA_SET_PAGE_DIRECTORY_PARAMS.create({ physAddress: BigInt(address), numEntries: 4, hVASpace: SPACE });
    expect((await this.self.control(CLIENT, DEVICE, rm.NV0080_CTRL_CMD_DMA_SET_PAGE_DIRECTORY, params)).status).toBe(0);
  }

  async channel(addressSpace = 2): Promise<void> {
    const { rm } = this.self;
    const piece = (base: bigint, size: bigint): { base: bigint; size: bigint; addressSpace: number } => ({ base, size, addressSpace: 2 });
    const params = rm.NV_CHANNEL_ALLOC_PARAMS.create({
      gpFifoOffset: 0x12_3456_7000n, gpFifoEntries: 128, flags: 1 << 5, hVASpace: SPACE, engineType: COPY3,
      instanceMem: piece(0x10_0000n, 0x1000n), ramfcMem: piece(0x10_0000n, 0x200n), userdMem: { base: 0x10_1000n, size: 0x200n, addressSpace },
    });
    expect((await this.self.alloc(CLIENT, DEVICE, CHANNEL, CHANNEL_CLASS, params)).status).toBe(0);
  }

  async schedule(): Promise<void> {
    const { rm } = this.self;
    expect((await this.self.control(CLIENT, CHANNEL, rm.NVA06F_CTRL_CMD_BIND, rm.NVA06F_CTRL_BIND_PARAMS.create({ engineType: COPY3 }))).status).toBe(0);
    expect((await this.self.control(CLIENT, CHANNEL, rm.NVA06F_CTRL_CMD_GPFIFO_SCHEDULE, rm.NVA06F_CTRL_GPFIFO_SCHEDULE_PARAMS.create({ bEnable: true }))).status).toBe(0);
  }

  copyObject(): Promise<{ readonly status: number }> {
    return this.self.alloc(CLIENT, CHANNEL, COPY, COPY_CLASS, this.self.rm.NVB0B5_ALLOCATION_PARAMETERS.create({ version: 1, engineType: COPY3 }));
  }

  async free(object: number): Promise<void> {
    expect((await this.self.end.call(10, this.self.rm.rpc_free_v.create({ params: { hRoot: CLIENT, hObjectOld: object } }))).result).toBe(0);
  }

  get open(): readonly unknown[] {
    return [...this.self.hardware.hostChannels.values()];
  }
}

describe.each(VERSIONS)('host channels of %s', (version) => {
  const booted = async (): Promise<Maker> => {
    const self = driver({ version, facts: FACTS });
    await self.boot();
    return new Maker(self);
  };

  test('are in the hardware what the objects say, as long as these are there', async () => {
    const maker = await booted();
    await maker.space();
    await maker.channel();
    const spec = {
      runlist: 2, id: 0, class: CHANNEL_CLASS, ring: 0x12_3456_7000, entries: 128, userd: { source: 'vram', address: 0x10_1000 }, privileged: true,
      // The vector of the notification interrupt that the device table tells of: the fifth engine's.
      nonStall: 4,
    };
    const state = (setting: object): unknown => [{ spec: expect.objectContaining(spec) as unknown, setting }];
    expect(maker.open).toEqual(state({ directory: undefined, classes: [], scheduled: false }));
    await maker.directory(0x20_0000);
    expect((await maker.copyObject()).status).toBe(0);
    await maker.schedule();
    expect(maker.open).toEqual(state({ directory: { aperture: 'vram', address: 0x20_0000 }, classes: [COPY_CLASS], scheduled: true }));
    await maker.free(COPY);
    expect(maker.open).toEqual(state({ directory: { aperture: 'vram', address: 0x20_0000 }, classes: [], scheduled: true }));
    await maker.free(CHANNEL);
    expect(maker.open).toEqual([]);
    await maker.channel();
    await maker.free(CLIENT);
    expect(maker.open).toEqual([]);
  });

  test('are not there without a place for GP_PUT, and go when the firmware unloads', async () => {
    const maker = await booted();
    await maker.space();
    await maker.channel(0);
    expect(maker.open).toEqual([]);
    await maker.free(CHANNEL);
    await maker.channel(1);
    expect(maker.open).toMatchObject([{ spec: { userd: { source: 'system', address: 0x10_1000 } } }]);
    await maker.self.end.call(47, new Uint8Array(8));
    expect(maker.open).toEqual([]);
  });

  test.each<[ChannelFault['kind'], number]>([['mmu', 31], ['pbdma', 32], ['copy', 70], ['graphics', 13]])('a fault of kind %s reaches the driver as error %i of that channel', async (kind, xid) => {
    const maker = await booted();
    const { self } = maker;
    await maker.space();
    await maker.channel();
    self.hardware.port.channelFault!({ runlist: 2, id: 0, kind, reason: 'a reason', address: kind === 'mmu' ? 0x1234_5000 : undefined, access: kind === 'mmu' ? 'write' : undefined });
    if (kind === 'mmu') expect((await self.end.expect(EVENTS.mmuFault)).payload.length).toBe(0);
    const error = await self.end.expect(EVENTS.osError);
    expect(new DataView(error.payload.buffer, error.payload.byteOffset).getUint32(0, true)).toBe(xid);
    expect(new TextDecoder().decode(error.payload)).toContain(`channel 0 of COPY3: a reason${kind === 'mmu' ? ', write of 0x12345000' : ''}\0`);
    const rc = await self.end.expect(EVENTS.rcTriggered);
    expect(self.rm.rpc_rc_triggered_v.read(rc.payload)).toMatchObject({ nv2080EngineType: COPY3, chid: 0, exceptType: xid });
  });

  test('a fault of a channel that is gone is nobody\'s', async () => {
    const maker = await booted();
    maker.self.hardware.port.channelFault!({ runlist: 2, id: 9, kind: 'pbdma', reason: 'late', address: undefined, access: undefined });
    expect((await maker.self.control(0xc1e00005, 0xcaf00001, maker.self.rm.NV2080_CTRL_CMD_CE_GET_FAULT_METHOD_BUFFER_SIZE, new Uint8Array(4))).status).toBe(0);
  });
});

test('an invalidation by message makes the hardware forget', async () => {
  const self = driver({ version: '570.144' });
  await self.boot();
  const { invalidateTlb } = await import('./codec/functions.ts').then(({ FUNCTIONS }) => FUNCTIONS);
  await self.end.call(invalidateTlb, new Uint8Array(64));
  expect(self.hardware.tlbInvalidations).toBeGreaterThan(0);
});
