import { text } from '@nova-stack/c-layout';
import { describe, expect, test } from 'vitest';
import { chipHasClass } from './chip-classes.ts';
import { INTERNAL } from './resources/tree.ts';
import { TEST_BOARDS } from './testing/boards.ts';
import { driver, type Driver } from './testing/driver.ts';
import { VERSIONS } from './testing/formats.ts';
import { TEST_FACTS } from './testing/fake-hardware.ts';

const NONE = 0xffffffff;

/** One query of the internal subdevice, in this driver's layouts. */
async function ask<V extends object>(self: Driver, command: number, layout: { readonly size: number; create(value?: object): Uint8Array; read(bytes: Uint8Array): V }, value?: object): Promise<V> {
  const { status, params } = await self.control(INTERNAL.client, INTERNAL.subdevice, command, layout.create(value));
  expect(status).toBe(0);
  return layout.read(params);
}

const cases = VERSIONS.flatMap((version) => (['full', 'small'] as const).map((board) => ({ version, board })));

describe.each(cases)('a $board board with $version', ({ version, board }) => {
  const facts = TEST_BOARDS[board];
  const booted = async (): Promise<Driver> => {
    const self = driver({ version, facts });
    await self.boot();
    return self;
  };

  test('device table, interrupts and falcons speak of the same engines', async () => {
    const self = await booted();
    const { rm } = self;
    const table = await ask(self, rm.NV2080_CTRL_CMD_FIFO_GET_DEVICE_INFO_TABLE, rm.NV2080_CTRL_FIFO_GET_DEVICE_INFO_TABLE_PARAMS);
    const entries = table.entries.slice(0, table.numEntries);
    expect(entries.map(({ engineName }) => text(engineName)).sort()).toEqual([...facts.engines].sort());
    expect([text(entries[0]!.engineName), entries[0]!.engineData[3]]).toEqual(['GR0', 0]);
    // Graphics shares its runlist with copy engines only; whoever is not there is alone on its own.
    const byRunlist = new Map<number, string[]>();
    for (const { engineData, engineName } of entries) byRunlist.set(engineData[3]!, [...byRunlist.get(engineData[3]!) ?? [], text(engineName)]);
    for (const [runlist, names] of byRunlist) {
      if (runlist === 0) expect(names.slice(1).every((name) => name.startsWith('COPY'))).toBe(true);
      else expect(names).toHaveLength(1);
    }
    expect(new Set(entries.map(({ engineData }) => engineData[2])).size).toBe(entries.length);

    const interrupts = await ask(self, rm.NV2080_CTRL_CMD_INTERNAL_INTR_GET_KERNEL_TABLE, rm.NV2080_CTRL_INTERNAL_INTR_GET_KERNEL_TABLE_PARAMS);
    const units = interrupts.table.slice(0, interrupts.tableLen);
    expect(units.length).toBeLessThanOrEqual(32);
    const gsp = units.find(({ engineIdx }) => engineIdx === (version === '535.113.01' ? 49 : 50));
    // The vector that the mechanics raise for the GSP.
    expect(gsp?.vectorStall).toBe(facts.vectors.gsp);
    const vectors = units.flatMap(({ vectorStall, vectorNonStall }) => [vectorStall, vectorNonStall]).filter((vector) => vector !== NONE);
    expect(new Set(vectors).size).toBe(vectors.length);
    for (const { engineData } of entries) expect(units.some(({ engineIdx, vectorNonStall }) => engineIdx === engineData[8] && vectorNonStall !== NONE)).toBe(true);

    const falconLayout = version === '535.113.01' ? undefined : rm.NV2080_CTRL_GPU_GET_CONSTRUCTED_FALCON_INFO_PARAMS;
    if (falconLayout === undefined) return;
    const falcons = await ask(self, rm.NV2080_CTRL_CMD_GPU_GET_CONSTRUCTED_FALCON_INFO, falconLayout);
    const descriptors = new Set(entries.map(({ engineData }) => engineData[0]));
    for (const { engDesc, ctxBufferSize } of falcons.constructedFalconsTable.slice(0, falcons.numConstructedFalcons)) {
      expect([descriptors.has(engDesc), ctxBufferSize > 0]).toEqual([true, true]);
    }
  });

  test('graphics units, memory and the static information agree', async () => {
    const self = await booted();
    const { rm } = self;
    const gpcs = await ask(self, rm.NV2080_CTRL_CMD_GPU_GET_FERMI_GPC_INFO, rm.NV2080_CTRL_GPU_GET_FERMI_GPC_INFO_PARAMS);
    expect(gpcs.gpcMask).toBe(facts.gpcMask);
    let tpcs = 0;
    let widest = 0;
    for (let gpcId = 0; gpcId < 32; gpcId++) {
      if ((gpcs.gpcMask >>> gpcId & 1) === 0) continue;
      const { tpcMask } = await ask(self, rm.NV2080_CTRL_CMD_GPU_GET_FERMI_TPC_INFO, rm.NV2080_CTRL_GPU_GET_FERMI_TPC_INFO_PARAMS, { gpcId });
      tpcs += tpcMask.toString(2).replaceAll('0', '').length;
      widest = Math.max(widest, tpcMask.toString(2).length);
    }
    const info = await ask(self, rm.NV2080_CTRL_CMD_INTERNAL_STATIC_KGR_GET_INFO, rm.NV2080_CTRL_INTERNAL_STATIC_GR_GET_INFO_PARAMS);
    const word = (index: number): number => info.engineInfo[0]!.infoList[index]!.data;
    expect(info.engineInfo[0]!.infoList.every(({ index }, at) => index === at)).toBe(true);
    expect([word(0x14), word(0x17), word(0x20), word(0xc), word(0x1d)]).toEqual([gpcs.gpcMask.toString(2).length, widest, 2, 0x809, tpcs * 2 * 128]);

    const memory = await ask(self, rm.NV2080_CTRL_CMD_INTERNAL_MEMSYS_GET_STATIC_CONFIG, rm.NV2080_CTRL_INTERNAL_MEMSYS_GET_STATIC_CONFIG_PARAMS);
    const still = rm.GspStaticConfigInfo.read((await self.end.call(65, new Uint8Array(rm.GspStaticConfigInfo.size))).payload);
    expect([still.l2_cache_size, still.fb_ram_type, still.fb_length]).toEqual([Number(memory.l2CacheSize), memory.ramType, BigInt(facts.vramSize)]);
    expect(memory.ltcCount).toBe(word(0x25));
    if (version === '535.113.01') expect((still as unknown as { gpcInfo: { gpcMask: number } }).gpcInfo.gpcMask).toBe(facts.gpcMask);

    const buffers = await ask(self, rm.NV2080_CTRL_CMD_INTERNAL_STATIC_KGR_GET_CONTEXT_BUFFERS_INFO, rm.NV2080_CTRL_INTERNAL_STATIC_GR_GET_CONTEXT_BUFFERS_INFO_PARAMS);
    for (const index of [0x00, 0x08, 0x0d, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18]) {
      const { size, alignment } = buffers.engineContextBuffersInfo[0]!.engine[index]!;
      expect([size > 0, alignment > 0, size % alignment]).toEqual([true, true, 0]);
    }
  });

  test('engines have classes, channels and runlists', async () => {
    const self = await booted();
    const { rm } = self;
    const client = 0xc1d00000;
    await self.alloc(client, client, client, 0);
    await self.alloc(client, client, 1, 0x80);
    expect((await self.alloc(client, 1, 2, 0x90f1, rm.NV_VASPACE_ALLOCATION_PARAMETERS.create())).status).toBe(0);
    // A channel of each engine takes that engine's class and no other's.
    const classes: Readonly<Record<string, number>> = { GR: 0xc997, COPY: 0xc7b5, NVDEC: 0xc9b0, NVENC: 0xc9b7, NVJPEG: 0xc9d1, OFA: 0xc9fa };
    const types: Readonly<Record<string, number>> = { GR0: 1, COPY2: 11, NVDEC0: 19, NVENC0: 27, NVJPEG0: 43, OFA0: 51 };
    let handle = 0x100;
    for (const [name, engineType] of Object.entries(types)) {
      const channel = handle++;
      const params = rm.NV_CHANNEL_ALLOC_PARAMS.create({ hVASpace: 2, engineType, gpFifoEntries: 0x20, instanceMem: { base: 0x100000n, size: 0x1000n, addressSpace: 2 } });
      const there = (facts.engines as readonly string[]).includes(name);
      expect((await self.alloc(client, 1, channel, 0xc56f, params)).status === 0, name).toBe(there);
      if (!there) continue;
      for (const [kind, cls] of Object.entries(classes)) {
        // Graphics' runlist has copy engines too.
        const fits = name.startsWith(kind) || (name === 'GR0' && kind === 'COPY');
        expect((await self.alloc(client, channel, handle++, cls)).status === 0, `${kind} on ${name}`).toBe(fits);
      }
    }
    for (const cls of [0xc597, 0xcb97, 0xc46f, 0xca6f]) expect((await self.alloc(client, 1, handle++, cls)).status).toBe(chipHasClass(TEST_FACTS, cls, 'channel') ? 0x3a : 0x22);
  });
});
