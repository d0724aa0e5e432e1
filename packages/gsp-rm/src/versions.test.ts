import { text } from '@nova-stack/c-layout';
import { describe, expect, test } from 'vitest';
import { isAbsent } from './absent.ts';
import { createGspRm } from './gsp-rm.ts';
import { RELEASES } from './releases.ts';
import { KINDS } from './resources/kinds.ts';
import { INTERNAL } from './resources/tree.ts';
import { driver } from './testing/driver.ts';
import { FakeHardware } from './testing/fake-hardware.ts';
import { FORMATS, VERSIONS } from './testing/formats.ts';
import { loadedFalcon } from './testing/synthetic.ts';

describe.each(VERSIONS)('firmware %s', (version) => {
  test('boots, reports itself and the board, unloads', async () => {
    const self = driver({ version });
    const { rm } = self;
    await self.boot();
    const info = rm.GspStaticConfigInfo.read((await self.end.call(65, new Uint8Array(rm.GspStaticConfigInfo.size))).payload);
    expect(text(info.gpuNameString)).toBe('NVIDIA L40');
    const [first] = info.fbRegionInfoParams.fbRegion;
    expect([first!.base, first!.supportCompressed, first!.bProtected]).toEqual([0n, true, false]);
    expect(Number(first!.limit) + 1).toBeLessThanOrEqual(self.layout.nonWpr);
    expect([info.hInternalClient, info.hInternalDevice, info.hInternalSubdevice]).toEqual([INTERNAL.client, INTERNAL.device, INTERNAL.subdevice]);
    const features = await self.control(INTERNAL.client, INTERNAL.subdevice, 0x20803601, new Uint8Array(72));
    expect(text(rm.NV2080_CTRL_GSP_GET_FEATURES_PARAMS.read(features.params).firmwareVersion)).toBe(version);
    expect((await self.end.call(47, new Uint8Array(8))).payload.length).toBe(0);
    expect(self.hardware.riscv).toEqual({ active: false, halted: true });
  });

  test('a system info of another release is refused', async () => {
    const self = driver({ version });
    self.startFwsec(0x15);
    self.startBooterLoad();
    await self.end.send(72, new Uint8Array(self.rm.GspSystemInfo.size + 8));
    await self.sendRegistry();
    await self.end.expect(0x1006);
    await expect(self.end.expect(0x1001, { bound: 100_000_000 })).rejects.toMatchObject({ code: 'TIMEOUT' });
  });
});

test('the release comes out of the image, whatever booter came with it', async () => {
  for (const version of VERSIONS) {
    const self = driver({ version });
    await self.boot();
    expect(self.hardware.events.find(({ point }) => point === 'gsp-rm.booter.loaded')?.args['version']).toBe(version);
  }
});

test('booter of a release that is not modelled is refused by name', () => {
  const hardware = new FakeHardware(createGspRm());
  hardware.startFalcon('sec2', loadedFalcon({ kind: 'booterLoad', version: '590.48.01', imem: 0x7d00, dmem: new Uint8Array(0x6000) }, 0x10, hardware.facts.fuses.sec2Booter));
  expect(hardware.mailboxes.sec2[0]).toBe(0x18);
  expect(hardware.events.at(-1)?.args['reason']).toContain('590.48.01');
});

describe.each(RELEASES.map((release) => ({ release, version: release.version })))('tables of $version', ({ release, version }) => {
  test('every class of a kind that the model knows has its parameters\' size', () => {
    const { CLASSES: registry } = FORMATS[version as keyof typeof FORMATS].rm;
    const known = registry.filter((entry) => 'internal' in entry && entry.internal in KINDS);
    expect(known.filter(({ id }) => !release.classes.has(id)).map(({ name }) => name)).toEqual([]);
    expect(release.classes.size).toBeGreaterThan(90);
  });

  test('every absence has a reason', () => {
    const absences = Object.values({ ...release.controls, ...release.calls, ...release.events, plugin: release.plugin })
      .filter((value) => typeof value === 'object' && isAbsent(value));
    for (const { absent } of absences as { absent: string }[]) expect(absent.length).toBeGreaterThan(20);
  });

  test('no two controls share a command', () => {
    const commands = Object.values(release.controls).flatMap((codec) => (isAbsent(codec) ? [] : [codec.command]));
    expect(new Set(commands).size).toBe(commands.length);
  });
});

test('what a release lacks is not supported there, and traced once', async () => {
  const self = driver({ version: '535.113.01' });
  await self.boot();
  // Elsewhere the list of falcons; 535 has none of that number.
  expect((await self.control(INTERNAL.client, INTERNAL.subdevice, 0x208001b0, new Uint8Array(1284))).status).toBe(0x56);
  expect(self.hardware.events.filter(({ point }) => point === 'gsp-rm.control.unknown')).toHaveLength(1);
  expect((await self.end.call(200, new Uint8Array(16))).result).toBe(0xff100001);
});
