import { describe, expect, it } from 'vitest';

import { INTERNAL } from './resources/tree.ts';
import { driver, type Driver } from './testing/driver.ts';
import { FORMATS, VERSIONS, type Version } from './testing/formats.ts';

const [CLIENT, DEVICE, DISPLAY, CHANNEL] = [0xc1d0_0001, 0xde1d_0000, 0xc770_0000, 0xc77d_0000];
const [CORE, WINDOW, CURSOR] = [0xc77d, 0xc67e, 0xc67a];

interface Screen extends Driver {
  /** What nouveau tells before it allocates a channel. linux: drivers/gpu/drm/nouveau/nvkm/subdev/gsp/rm/r535/disp.c */
  pushbuffer(hclass: number, change?: object): Promise<number>;
  channel(cls: number, handle: number, params?: { readonly channelInstance?: number; readonly offset?: number }): Promise<number>;
  free(handle: number): Promise<number>;
}

async function screen(version: Version = '570.144'): Promise<Screen> {
  const self = driver({ version, facts: { displayDisabled: false } });
  await self.boot();
  await self.alloc(CLIENT, CLIENT, CLIENT, 0);
  await self.alloc(CLIENT, CLIENT, DEVICE, 0x80);
  expect(await self.alloc(CLIENT, DEVICE, DISPLAY, 0xc770)).toEqual({ status: 0, result: 0 });
  const rm = FORMATS[version].rm as unknown as (typeof FORMATS)['570.144']['rm'];
  return Object.assign(self, {
    pushbuffer: async (hclass: number, change: object = {}) => (await self.control(INTERNAL.client, INTERNAL.subdevice, rm.NV2080_CTRL_CMD_INTERNAL_DISPLAY_CHANNEL_PUSHBUFFER,
      rm.NV2080_CTRL_INTERNAL_DISPLAY_CHANNEL_PUSHBUFFER_PARAMS.create({ addressSpace: 1, physicalAddr: 0x7_4321_0000n, limit: 0xfffn, cacheSnoop: 1, hclass, valid: true, ...change }))).status,
    channel: async (cls: number, handle: number, params = {}) => (await self.alloc(CLIENT, DISPLAY, handle, cls, rm.NV50VAIO_CHANNELDMA_ALLOCATION_PARAMETERS.create(params))).status,
    free: async (object: number) => (await self.end.call(10, rm.rpc_free_v.create({ params: { hRoot: CLIENT, hObjectOld: object } }))).result,
  });
}

const open = ({ hardware }: Screen): string[] => [...hardware.channels.keys()];

describe.each(VERSIONS)('display channels of %s', (version) => {
  it('are open in the hardware as long as their objects exist', async () => {
    const self = await screen(version);
    expect([await self.pushbuffer(CORE), await self.channel(CORE, CHANNEL, { offset: 0x40 })]).toEqual([0, 0]);
    expect(self.hardware.channels.get('core 0')).toEqual({
      kind: 'core', instance: 0, client: 1, put: 0x40, pushbuffer: { source: 'system', address: 0x7_4321_0000, limit: 0xfff },
    });
    expect([await self.pushbuffer(WINDOW, { channelInstance: 3, addressSpace: 2, physicalAddr: 0x10_0000n }), await self.channel(WINDOW, CHANNEL + 1, { channelInstance: 3 })]).toEqual([0, 0]);
    expect(self.hardware.channels.get('window 3')).toMatchObject({ instance: 3, pushbuffer: { source: 'vram', address: 0x10_0000 } });
    expect(await self.free(CHANNEL)).toBe(0);
    expect(open(self)).toEqual(['window 3']);
    // Freeing the client frees what is left.
    expect(await self.free(CLIENT)).toBe(0);
    expect(open(self)).toEqual([]);
  });
});

describe('a pushbuffer', () => {
  it('has a limit that counts from its address: found by nouveau, whose buffers lie above it', async () => {
    const self = await screen();
    expect(await self.pushbuffer(CORE, { limit: 0xfffn })).toBe(0);
    expect(await self.pushbuffer(CORE, { limit: 0x1000n })).not.toBe(0);
    expect(await self.pushbuffer(CORE, { addressSpace: 0 })).not.toBe(0);
  });

  it('is what a channel needs to be open, but for a cursor', async () => {
    const self = await screen();
    expect(await self.channel(CORE, CHANNEL)).toBe(0);
    expect(open(self)).toEqual([]);
    expect(await self.pushbuffer(CURSOR, { valid: false, channelInstance: 2 })).toBe(0);
    const params = FORMATS['570.144'].rm.NV50VAIO_CHANNELPIO_ALLOCATION_PARAMETERS.create({ channelInstance: 2 });
    expect((await self.alloc(CLIENT, DISPLAY, CHANNEL + 2, CURSOR, params)).status).toBe(0);
    expect(self.hardware.channels.get('cursor 2')).toMatchObject({ pushbuffer: undefined });
  });
});

it('a reset of the GSP closes every channel', async () => {
  const self = await screen();
  await self.pushbuffer(CORE);
  await self.channel(CORE, CHANNEL);
  self.hardware.port.engineReset('gsp');
  expect(open(self)).toEqual([]);
});
