import { describe, expect, it } from 'vitest';

import {
  acrBootloaderPath, compareVersions, FIRMWARE_LINKS, firmwareKinds, firmwarePath, firmwareVersions, memorySource, resolveLinks, SYNTHETIC_VERSIONS, syntheticPack,
  verifiedSource,
} from './index.ts';

describe('paths', () => {
  it('are those of linux-firmware', () => {
    expect(firmwarePath({ chip: 'ad102', kind: 'booter_load', version: '570.144' })).toBe('nvidia/ad102/gsp/booter_load-570.144.bin');
    expect(acrBootloaderPath('tu102')).toBe('nvidia/tu102/acr/bl.bin');
    expect(firmwareKinds('ad102')).toEqual(['gsp', 'bootloader', 'booter_load', 'booter_unload']);
    expect(firmwareKinds('tu117')).toContain('gen_bootloader');
    expect(firmwareKinds('gb202')).toEqual(['gsp', 'bootloader', 'fmc']);
  });

  it('lead over links to where the file is', () => {
    expect(resolveLinks('nvidia/ad104/gsp/gsp-570.144.bin')).toEqual([
      'nvidia/ad104/gsp/gsp-570.144.bin', 'nvidia/ad102/gsp/gsp-570.144.bin', 'nvidia/ga102/gsp/gsp-570.144.bin',
    ]);
    expect(resolveLinks('nvidia/tu117/gsp/gsp-535.113.01.bin').at(-1)).toBe('nvidia/tu102/gsp/gsp-535.113.01.bin');
    expect(resolveLinks('nvidia/tu117/gsp/booter_load-570.144.bin').at(-1)).toBe('nvidia/tu116/gsp/booter_load-570.144.bin');
    expect(resolveLinks('nvidia/ga102/gsp/gsp-570.144.bin')).toHaveLength(1);
  });

  it('end: no link leads in a circle', () => {
    for (const [from] of FIRMWARE_LINKS) {
      const chain = resolveLinks(from);
      expect(new Set(chain).size).toBe(chain.length);
      expect(FIRMWARE_LINKS.some(([start]) => chain.at(-1)!.startsWith(start))).toBe(false);
    }
  });
});

describe('a source in memory', () => {
  const file = Uint8Array.of(1, 2, 3);

  it('follows links, and prefers what it has under the path itself', async () => {
    const source = memorySource({ 'nvidia/ga102/gsp/gsp-1.bin': file });
    await expect(source.read('nvidia/ad103/gsp/gsp-1.bin')).resolves.toBe(file);
    const own = memorySource(new Map([['nvidia/ga102/gsp/gsp-1.bin', file], ['nvidia/ad102/gsp/gsp-1.bin', Uint8Array.of(4)]]), 'mine');
    await expect(own.read('nvidia/ad103/gsp/gsp-1.bin')).resolves.toEqual(Uint8Array.of(4));
    expect(own.name).toBe('mine');
  });

  it('rejects with NOT_FOUND', async () => {
    await expect(memorySource({}, 'nothing').read('toString')).rejects.toMatchObject({
      name: 'FirmwareFileError', code: 'NOT_FOUND', file: 'toString', message: 'toString: nothing has no such file',
    });
  });

  it('makes a file when it is first read, once', async () => {
    let made = 0;
    const source = memorySource({ a: () => Uint8Array.of(++made) });
    expect(made).toBe(0);
    await source.read('a');
    await expect(source.read('a')).resolves.toEqual(Uint8Array.of(1));
  });
});

describe('versions', () => {
  it('are ordered by their numbers, not their letters', () => {
    expect(['570.144', '1000.1', '535.113.01', '570.144.1', '99.9', '535.9'].sort(compareVersions)).toEqual(['99.9', '535.9', '535.113.01', '570.144', '570.144.1', '1000.1']);
    expect(compareVersions('535.113.01', '535.113.1')).toBe(0);
  });

  it('that a source has for a chip are told from its images, newest first, over links too', async () => {
    const files = memorySource({
      'nvidia/ga102/gsp/gsp-535.113.01.bin': new Uint8Array(), 'nvidia/ga102/gsp/gsp-570.144.bin': new Uint8Array(),
      'nvidia/ad102/gsp/gsp-590.48.01.bin': new Uint8Array(), 'nvidia/ad102/gsp/gsp-x.bin': new Uint8Array(), 'nvidia/ad102/gsp/bootloader-580.105.08.bin': new Uint8Array(),
    });
    expect(await firmwareVersions(files, 'ad104')).toEqual(['590.48.01', '570.144', '535.113.01']);
    expect(await firmwareVersions(files, 'ga104')).toEqual(['570.144', '535.113.01']);
    expect(await firmwareVersions(files, 'tu102')).toEqual([]);
    expect(await firmwareVersions(verifiedSource(files), 'ga102')).toEqual(['570.144', '535.113.01']);
  });

  it('are unknown where the source cannot tell', async () => {
    const silent = { name: 'silent', read: () => Promise.reject(new Error('no')) };
    expect(await firmwareVersions(silent, 'ad102')).toBeUndefined();
    expect(await firmwareVersions(verifiedSource(silent), 'ad102')).toBeUndefined();
  });

  it('of synthetic packs are three', async () => {
    expect(SYNTHETIC_VERSIONS).toEqual(['580.105.08', '570.144', '535.113.01']);
    for (const version of SYNTHETIC_VERSIONS) expect(await firmwareVersions(syntheticPack({ chip: 'ad104', version }), 'ad104')).toEqual([version]);
  });
});
