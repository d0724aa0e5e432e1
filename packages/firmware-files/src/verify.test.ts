import { describe, expect, it } from 'vitest';

import { CHIPS, firmwareKinds, firmwarePath, knownReleases, memorySource, resolveLinks, syntheticPack, verifiedSource, verifyFile } from './index.ts';

describe('verification', () => {
  const path = 'nvidia/ad102/gsp/bootloader-570.144.bin';
  const known = knownReleases['570.144']![path]!;

  it('tells a file of the released size by its digest', () => {
    const bytes = new Uint8Array(known.size);
    expect(() => {
      verifyFile(path, bytes);
    }).toThrow(expect.objectContaining({ code: 'BAD_DIGEST', file: path, field: 'sha256' }));
    expect(() => {
      verifyFile(path, bytes, () => known.sha256);
    }).not.toThrow();
    expect(() => {
      verifyFile('nvidia/ad107/gsp/bootloader-570.144.bin', bytes, () => known.sha256);
    }).not.toThrow();
  });

  it('tells a file of another size at once', () => {
    expect(() => {
      verifyFile(path, new Uint8Array(3));
    }).toThrow(expect.objectContaining({ code: 'BAD_DIGEST', field: 'size', value: 3 }));
  });

  it('says when it knows nothing', () => {
    expect(() => {
      verifyFile('nvidia/ad102/gsp/bootloader-1.bin', new Uint8Array());
    }).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
  });

  it('stands before a source', async () => {
    const source = verifiedSource(memorySource({ [path]: new Uint8Array(known.size) }), () => known.sha256);
    await expect(source.read(path)).resolves.toHaveLength(known.size);
    await expect(source.read('nvidia/ad102/gsp/gsp-570.144.bin')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('refuses the synthetic pack', async () => {
    const source = verifiedSource(syntheticPack({ chip: 'ad102', version: '570.144' }));
    for (const kind of ['gsp', 'bootloader', 'booter_load', 'booter_unload'] as const) {
      await expect(source.read(firmwarePath({ chip: 'ad102', kind, version: '570.144' }))).rejects.toMatchObject({ code: 'BAD_DIGEST' });
    }
  });

  it('knows all files that a chip boots with', () => {
    expect(Object.keys(knownReleases)).toEqual(['570.144', '535.113.01']);
    for (const chip of Object.keys(CHIPS)) {
      for (const kind of firmwareKinds(chip)) {
        expect(knownReleases['570.144']).toHaveProperty([resolveLinks(firmwarePath({ chip, kind, version: '570.144' })).at(-1)!]);
      }
    }
    for (const files of Object.values(knownReleases)) {
      for (const { sha256 } of Object.values(files)) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    }
  });
});
