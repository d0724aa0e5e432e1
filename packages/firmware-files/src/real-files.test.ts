import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { realFirmwareDir } from '../../../scripts/real-firmware.mjs';
import { composeFmc } from './fmc.ts';
import {
  acrBootloaderPath, binToTlv, CHIPS, FirmwareFileError, firmwareKinds, firmwarePath, gspSignature, knownReleases, loadedFacts, memorySource, parseBooter,
  parseFalconBootloader, parseFmc, parseGspImage, parseRiscvBootloader, resolveLinks, tlvToBin, verifyFile, writeBooter, writeFalconBootloader,
  writeFmc, writeGspImage, writeRiscvBootloader,
} from './index.ts';

const real = await realFirmwareDir();
const reason = 'skipped' in real ? real.skipped : undefined;
if (reason !== undefined) console.warn(`SKIPPED: the tests with NVIDIA's own firmware files: ${reason}`);
const dir = 'dir' in real ? real.dir : '';
const load = (path: string): Uint8Array => readFileSync(join(dir, path));
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Reads a file with the right reader and writes it again. */
function rewrite(path: string, bytes: Uint8Array): Uint8Array {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name.startsWith('gsp-')) return writeGspImage(parseGspImage(bytes, path));
  if (name.startsWith('bootloader-')) return writeRiscvBootloader(parseRiscvBootloader(bytes, path));
  if (name.startsWith('fmc-')) return writeFmc(parseFmc(bytes, path));
  if (name.startsWith('booter_')) return writeBooter(parseBooter(bytes, path));
  return writeFalconBootloader(parseFalconBootloader(bytes, path));
}

const releases = Object.entries(knownReleases).map(([version, files]) => ({
  version,
  // linux-firmware drops old releases some day.
  there: existsSync(join(dir, `nvidia/ga102/gsp/gsp-${version}.bin`)),
  files: Object.keys(files),
}));

describe.skipIf(reason !== undefined)(`NVIDIA's own files${reason === undefined ? '' : ` (SKIPPED: ${reason})`}`, () => {
  describe.each(releases)('release $version', ({ version, files, there }) => {
    it.runIf(there).each(files)('%s is read, written back identically, and known', (path) => {
      const bytes = load(path);
      expect(Buffer.compare(rewrite(path, bytes), bytes)).toBe(0);
      const known = knownReleases[version]![path]!;
      expect(bytes).toHaveLength(known.size);
      verifyFile(path, bytes, sha256);
      expect(loadedFacts(path, bytes, sha256)).toEqual(known.loaded);
    });

    it.runIf(there)('goes into containers and back: booters byte for byte, the rest with all that drivers read', async () => {
      const missing = (path: string): FirmwareFileError => new FirmwareFileError({ code: 'NOT_FOUND', file: path, message: 'is not in the tree' });
      const source = { name: 'real', read: (path: string) => (existsSync(join(dir, path)) ? Promise.resolve(load(path)) : Promise.reject(missing(path))) };
      for (const chip of ['tu102', 'tu116', 'ga100', 'ga102', 'ad102']) {
        const converted = await binToTlv({ source, chip, version });
        const back = await tlvToBin({ source: memorySource(Object.fromEntries(converted.map(({ path, bytes }) => [path, bytes]))), chip });
        for (const { path, bytes } of back) {
          if (path.includes('/booter_')) expect(Buffer.compare(bytes, load(path)), path).toBe(0);
          if (path.includes('/bootloader-')) expect(Buffer.compare(parseRiscvBootloader(bytes, path).data, parseRiscvBootloader(load(path), path).data), path).toBe(0);
          if (!path.includes('/gsp-')) continue;
          const [gsp, before] = [parseGspImage(bytes, path), parseGspImage(load(path), path)];
          expect([gsp.version, Buffer.compare(gsp.image, before.image), Buffer.compare(gspSignature(gsp, chip), gspSignature(before, chip))]).toEqual([version, 0, 0]);
        }
      }
    });

    it.runIf(there)('has an image of that version, signed for every chip that it is linked for', () => {
      for (const chip of Object.keys(CHIPS)) {
        const path = firmwarePath({ chip, kind: 'gsp', version });
        if (!existsSync(join(dir, path))) continue;
        const gsp = parseGspImage(load(path), path);
        expect(gsp.version).toBe(version);
        expect(gspSignature(gsp, chip)).toHaveLength(0x1000);
      }
    });

    it.runIf(there)('is linked as the table of links says', () => {
      for (const chip of Object.keys(CHIPS)) {
        for (const kind of firmwareKinds(chip)) {
          const path = firmwarePath({ chip, kind, version });
          const target = resolveLinks(path).at(-1)!;
          expect(existsSync(join(dir, path)), path).toBe(existsSync(join(dir, target)));
          if (existsSync(join(dir, path)) && kind !== 'gsp') expect(sha256(load(path)), path).toBe(sha256(load(target)));
        }
      }
    });
  });

  it('an image without a signature for a chip says so', () => {
    const path = firmwarePath({ chip: 'tu102', kind: 'gsp', version: '570.144' });
    const gsp = parseGspImage(load(path), path);
    expect(() => gspSignature(gsp, 'ad102')).toThrow(expect.objectContaining({ code: 'WRONG_CHIP', file: path, field: '.fwsignature_ad10x' }));
  });

  it.each(['tu102', 'tu116', 'ga100'])('the FWSEC bootloader of %s is read and written back identically', (chip) => {
    for (const path of [acrBootloaderPath(chip), firmwarePath({ chip, kind: 'gen_bootloader', version: '570.144' })]) {
      const bytes = load(path);
      const bootloader = parseFalconBootloader(bytes, path);
      expect(bootloader.descriptor).toEqual({ startTag: 0xfd, dmemLoadOffset: 0, codeOffset: 0, codeSize: 0x200, dataOffset: 0x200, dataSize: 0x100 });
      expect(Buffer.compare(writeFalconBootloader(bootloader), bytes)).toBe(0);
    }
  });

  // Columns: file, its size, data size, signatures and the size of one, patch location, initialised data, app, metadata.
  it.each([
    ['tu102', 'load', 59272, 0xe700, 1, 16, 0x8700, 0x8500, 0x6200, 0x8400, 0, 0xd],
    ['tu116', 'load', 59016, 0xe600, 1, 16, 0x8600, 0x8400, 0x6200, 0x8300, 0, 0xd],
    ['ga100', 'load', 60664, 0xeb00, 1, 384, 0x8900, 0x8700, 0x6400, 0x8600, 0, 3],
    ['ga102', 'load', 61304, 0xec00, 2, 384, 0x8a10, 0x8a00, 0x6200, 0x8900, 1, 3],
    ['ad102', 'load', 57720, 0xde00, 2, 384, 0x7e10, 0x7e00, 0x6000, 0x7d00, 1, 3],
    ['tu102', 'unload', 39304, 0x9900, 1, 16, 0x4e00, 0x4c00, 0x4d00, 0x4b00, 0, 0xd],
    ['tu116', 'unload', 39048, 0x9800, 1, 16, 0x4d00, 0x4b00, 0x4d00, 0x4a00, 0, 0xd],
    ['ga100', 'unload', 40440, 0x9c00, 1, 384, 0x4f00, 0x4d00, 0x4f00, 0x4c00, 0, 3],
    ['ga102', 'unload', 41080, 0x9d00, 2, 384, 0x5010, 0x5000, 0x4d00, 0x4f00, 1, 3],
    ['ad102', 'unload', 41592, 0x9f00, 2, 384, 0x5010, 0x5000, 0x4e00, 0x4f00, 1, 3],
  ] as const)('booter of %s, %s', (chip, direction, size, dataSize, count, each, patchLocation, osDataOffset, osDataSize, codeSize, fuseVersion, ucodeId) => {
    const path = firmwarePath({ chip, kind: `booter_${direction}`, version: '570.144' });
    const booter = parseBooter(load(path), path);
    expect(booter).toMatchObject({
      size, bin: { dataSize }, patchLocation, pkcOffset: each === 384 && count === 2 ? 0x10 : 0x200, signatureShift: 0,
      hs: { signaturesOffset: 0x3c },
      metadata: { fuseVersion, engineIdMask: 1, ucodeId },
      load: { osCodeOffset: 0, osCodeSize: 0x100, osDataOffset, osDataSize, appCount: 1 },
      apps: [{ codeOffset: 0x100, codeSize }],
    });
    expect(booter.signatures.map(({ length }) => length)).toEqual(Array<number>(count).fill(each));
  });

  it.each([
    ['tu102', 4196, 4, 0, 0x488, 0, 0, 0, 0],
    ['ga102', 24684, 5, 0x5000, 0x880, 0x800, 0x1000, 0x1800, 0x2900],
    ['ad102', 36972, 5, 0x8000, 0x880, 0x800, 0x4000, 0x4800, 0x2900],
    ['gh100', 168044, 5, 0, 0, 0xa00, 0xa700, 0xb100, 0x1d500],
    ['gb100', 200812, 5, 0, 0, 0xa00, 0xa700, 0xb100, 0x25200],
    ['gb202', 200812, 5, 0, 0, 0xa00, 0xa800, 0xb200, 0x25800],
  ] as const)('RISC-V bootloader of %s', (chip, size, version, bootloaderOffset, bootloaderSize, monitorDataOffset, monitorDataSize, monitorCodeOffset, monitorCodeSize) => {
    const path = firmwarePath({ chip, kind: 'bootloader', version: '570.144' });
    expect(parseRiscvBootloader(load(path), path)).toMatchObject({
      size, descriptor: { version, bootloaderOffset, bootloaderSize, monitorDataOffset, monitorDataSize, monitorCodeOffset, monitorCodeSize, appVersion: 0 },
    });
  });

  it.each([['gh100', 166600, 0x28648, 384, 384], ['gb100', 198028, 0x30348, 97, 96], ['gb202', 199820, 0x30a48, 97, 96]] as const)(
    'GSP-FMC of %s: its hash is of its image, and a file made of its parts is the same one', (chip, size, imageSize, publicKeySize, signatureSize) => {
      const path = firmwarePath({ chip, kind: 'fmc', version: '570.144' });
      const bytes = load(path);
      const fmc = parseFmc(bytes, path);
      expect([bytes.length, fmc.image.length, fmc.publicKey.length, fmc.signature.length]).toEqual([size, imageSize, publicKeySize, signatureSize]);
      expect(Buffer.from(fmc.hash).toString('hex')).toBe(createHash('sha384').update(fmc.image).digest('hex'));
      expect(Buffer.compare(composeFmc(fmc, path), bytes)).toBe(0);
      const damaged = bytes.slice();
      damaged[damaged.length - 1]! ^= 1;
      expect(() => parseFmc(damaged, path)).toThrow(expect.objectContaining({ code: 'BAD_CHECKSUM', field: 'image' }));
    });

  it.each([
    ['tu102', '570.144', 28542040, 0x1b34ea0, ['ga100', 'tu11x', 'tu10x']],
    ['tu102', '535.113.01', 23750944, 0x16a3350, ['ga100', 'tu11x', 'tu10x']],
    ['ga102', '570.144', 63571696, 0x3c99000, ['gb20x', 'cc_gb10x', 'gb10x', 'cc_gh100', 'gh100', 'ad10x', 'ga10x']],
    ['ga102', '535.113.01', 38061600, 0x2448000, ['cc_gh100', 'gh100', 'ad10x', 'ga10x']],
  ] as const)('GSP image of %s, %s', (chip, version, size, imageSize, families) => {
    const path = firmwarePath({ chip, kind: 'gsp', version });
    const bytes = load(path);
    const gsp = parseGspImage(bytes, path);
    expect(bytes).toHaveLength(size);
    expect(gsp.image).toHaveLength(imageSize);
    expect(gsp.image.byteOffset - bytes.byteOffset).toBe(0x40);
    expect([...gsp.signatures.keys()]).toEqual(families);
  });
});
