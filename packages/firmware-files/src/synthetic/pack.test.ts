import { sha256, sha384 } from '@noble/hashes/sha2.js';
import { SYNTHETIC_SIGNATURE, SYNTHETIC_UCODE } from '@nova-stack/gpu-regs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { firmwareKinds, firmwarePath, parseBooter, parseFalconBootloader, parseFmc, parseGspImage, parseRiscvBootloader, syntheticPack, type FirmwareKind } from '../index.ts';
import { SHAPES } from './shapes.ts';

const text = (bytes: Uint8Array, at: number, length: number): string => Buffer.from(bytes.subarray(at, at + length)).toString('latin1').replace(/\0+$/, '');

function header(bytes: Uint8Array): object {
  const { offsets } = SYNTHETIC_UCODE;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return {
    magic: text(bytes, offsets.magic, 8), kind: view.getUint32(offsets.kind, true), version: text(bytes, offsets.version, 16),
    chip: text(bytes, offsets.chip, 16), imem: view.getUint32(offsets.imemLength, true), dmem: view.getUint32(offsets.dmemLength, true),
  };
}

function signature(bytes: Uint8Array): { magic: string; fuse: number; digest: string } {
  const { offsets } = SYNTHETIC_SIGNATURE;
  return {
    magic: text(bytes, offsets.magic, 8),
    fuse: new DataView(bytes.buffer, bytes.byteOffset).getUint32(offsets.fuseVersion, true),
    digest: Buffer.from(bytes.subarray(offsets.digest, offsets.digest + 32)).toString('hex'),
  };
}

const hex = (...parts: readonly Uint8Array[]): string => Buffer.from(sha256(Buffer.concat(parts))).toString('hex');
const packs = Object.entries(SHAPES).flatMap(([version, chips]) => Object.keys(chips).map((chip) => ({ chip, version })));

describe.each(packs)('the synthetic pack $chip $version', ({ chip, version }) => {
  const pack = syntheticPack({ chip, version });
  const read = (kind: FirmwareKind): Promise<Uint8Array> => pack.read(firmwarePath({ chip, kind, version }));

  it('signs all that is loaded of the GSP image', async () => {
    const { image, signatures, version: release } = parseGspImage(await read('gsp'), 'gsp');
    expect(release).toBe(version);
    expect(header(image)).toEqual({ magic: 'NOVASYN1', kind: 4, version, chip, imem: 0x40000, dmem: 0 });
    for (const each of signatures.values()) expect(signature(each)).toEqual({ magic: 'NOVASIG1', fuse: 0, digest: hex(image) });
  });

  it('signs all that is loaded of the bootloader', async () => {
    const { data } = parseRiscvBootloader(await read('bootloader'), 'bootloader');
    expect(header(data)).toEqual({ magic: 'NOVASYN1', kind: 5, version, chip, imem: data.length, dmem: 0 });
    const { bootloaderOffset: at, falconSize } = SYNTHETIC_SIGNATURE;
    const unsigned = data.slice().fill(0, at, at + falconSize);
    expect(signature(data.subarray(at))).toEqual({ magic: 'NOVASIG1', fuse: 0, digest: hex(unsigned) });
  });

  it.runIf(SHAPES[version]![chip]!.fmc)('signs all of the GSP-FMC, and hashes it', async () => {
    const { image, hash, publicKey, signature: block } = parseFmc(await read('fmc'), 'fmc');
    const { publicKeySize, signatureSize } = SHAPES[version]![chip]!.fmc!;
    expect(header(image)).toEqual({ magic: 'NOVASYN1', kind: 7, version, chip, imem: image.length, dmem: 0 });
    expect(signature(block)).toEqual({ magic: 'NOVASIG1', fuse: 0, digest: hex(image) });
    expect(Buffer.from(hash).toString('hex')).toBe(Buffer.from(sha384(image)).toString('hex'));
    expect([publicKey.length, block.length]).toEqual([publicKeySize, signatureSize]);
  });

  it.runIf(SHAPES[version]![chip]!.booter).each([['booter_load', 2], ['booter_unload', 3]] as const)('signs all that is loaded of %s, for each fuse version', async (kind, number) => {
    const { imem, dmem, pkcOffset, signatures, metadata } = parseBooter(await read(kind), kind);
    expect(header(imem)).toEqual({ magic: 'NOVASYN1', kind: number, version, chip, imem: imem.length, dmem: dmem.length });
    expect(dmem.subarray(pkcOffset, pkcOffset + signatures[0]!.length).every((byte) => byte === 0)).toBe(true);
    if (chip.startsWith('tu')) {
      // No boot ROM: the first bytes of the digest, nothing else.
      expect([pkcOffset, signatures.map((each) => Buffer.from(each).toString('hex'))]).toEqual([0x200, [hex(imem, dmem).slice(0, 32)]]);
      return;
    }
    expect(signatures.map(signature)).toEqual(signatures.map((_, i) => ({ magic: 'NOVASIG1', fuse: metadata.fuseVersion - i, digest: hex(imem, dmem) })));
  });

  it('is the same on every run', async () => {
    for (const kind of firmwareKinds(chip).filter((each) => each !== 'gen_bootloader')) {
      const again = await syntheticPack({ chip, version }).read(firmwarePath({ chip, kind, version }));
      expect(Buffer.compare(await read(kind), again)).toBe(0);
    }
  });
});

/** Chips with the image of the first operating system. */
const isOld = (chip: string): boolean => chip.startsWith('tu') || chip === 'ga100';

/** As linux-firmware has them, and for 580.105.08 as NVIDIA's script would make them of what its open modules carry. */
const SIZES: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  '535.113.01': { ad102: [32876, 55928, 39800], ga102: [20588, 59768, 39544], ga100: [4196, 59128, 38904], tu102: [4196, 57992, 38024], tu116: [4196, 57992, 38024] },
  '570.144': { gh100: [168044, 166600], gb100: [200812, 198028], gb202: [200812, 199820], ad102: [36972, 57720, 41592], ga102: [24684, 61304, 41080], ga100: [4196, 60664, 40440], tu102: [4196, 59272, 39304], tu116: [4196, 59016, 39048] },
  '580.105.08': { gh100: [168044, 166600], gb100: [200812, 198028], gb202: [200812, 199820], ad102: [36972, 57720, 41592], ga102: [24684, 61304, 41080], ga100: [4196, 60664, 40440], tu102: [4196, 59272, 39304], tu116: [4196, 59016, 39048] },
};

it.each(packs)('the files of $chip $version are as long as the real ones', async ({ chip, version }) => {
  const pack = syntheticPack({ chip, version });
  const kinds = firmwareKinds(chip).filter((kind) => kind !== 'gsp' && kind !== 'gen_bootloader');
  const sizes = await Promise.all(kinds.map(async (kind) => (await pack.read(firmwarePath({ chip, kind, version }))).length));
  expect(sizes).toEqual(SIZES[version]![chip]);
  const { signatures } = parseGspImage(await pack.read(firmwarePath({ chip, kind: 'gsp', version })), 'gsp');
  for (const family of isOld(chip) ? ['tu10x', 'tu11x', 'ga100'] : ['ad10x', 'ga10x', 'gh100']) expect([...signatures.keys()]).toContain(family);
  expect(signatures.has('gb20x')).toBe(!isOld(chip) && version !== '535.113.01');
});

describe('a synthetic pack', () => {
  it('can have an image of any size in pages', async () => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 40 }), async (pages) => {
      const file = await syntheticPack({ chip: 'ad102', version: '570.144', imageSize: pages * 0x1000 }).read('nvidia/ad102/gsp/gsp-570.144.bin');
      expect(parseGspImage(file, 'gsp').image).toHaveLength(pages * 0x1000);
    }), { numRuns: 10 });
    for (const imageSize of [0, 0x800, 0x1001, -0x1000, Number.NaN]) {
      expect(() => syntheticPack({ chip: 'ad102', version: '570.144', imageSize })).toThrow(expect.objectContaining({ code: 'BAD_VALUE', field: 'imageSize' }));
    }
  });

  it('exists for chips that share files, which are then made for them', async () => {
    const pack = syntheticPack({ chip: 'ad104', version: '570.144' });
    expect(pack.name).toBe('synthetic ad104 570.144');
    const { image } = parseGspImage(await pack.read('nvidia/ad104/gsp/gsp-570.144.bin'), 'gsp');
    expect(header(image)).toMatchObject({ chip: 'ad104' });
  });

  it('can be signed for other chips than its own', async () => {
    const pack = syntheticPack({ chip: 'ad102', version: '570.144', signatures: ['tu10x'] });
    expect([...parseGspImage(await pack.read('nvidia/ad102/gsp/gsp-570.144.bin'), 'gsp').signatures.keys()]).toEqual(['tu10x']);
  });

  it('does not exist for what has no shape', () => {
    for (const [chip, version] of [['gm200', '570.144'], ['tu102', '999.1'], ['ad102', '1.2'], ['ad102', 'constructor'], ['constructor', '570.144']] as const) {
      expect(() => syntheticPack({ chip, version })).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
    }
  });

  it('has the program that fetches FWSEC for a Turing, where its release keeps it', async () => {
    for (const [version, path, size] of [['570.144', 'nvidia/tu102/gsp/gen_bootloader-570.144.bin', 816], ['535.113.01', 'nvidia/tu102/acr/bl.bin', 816]] as const) {
      const file = await syntheticPack({ chip: 'tu102', version }).read(path);
      expect(file).toHaveLength(size);
      const { code, descriptor } = parseFalconBootloader(file, path);
      expect(header(code)).toMatchObject({ magic: 'NOVASYN1', kind: 6, chip: 'tu102', imem: 0x200 });
      expect(descriptor).toMatchObject({ startTag: 0xfd, codeSize: 0x200 });
    }
  });

  it('has no other files', async () => {
    await expect(syntheticPack({ chip: 'ad102', version: '570.144' }).read('nvidia/ad102/gsp/fmc-570.144.bin')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
