import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  binToTlv, FirmwareFileError, firmwarePath, isTlv, memorySource, parseBooter, parseBooterTlv, parseBootloaderTlv, parseFalconBootloader, parseFalconBootloaderTlv,
  parseFmcTlv, parseGspImage, parseGspTlv, parseRiscvBootloader, parseTlv, syntheticPack, tlvPath, tlvToBin, writeFmcTlv, writeTlv,
  type ConvertedFile, type TlvBlock,
} from '../index.ts';

const tag = fc.stringMatching(/^[A-Z0-9]{4}$/);
const value = fc.uint8Array({ maxLength: 40 });
const blocks = fc.uniqueArray(fc.record({ tag, value }), { selector: (block) => block.tag, maxLength: 12 })
  .map((list): TlvBlock[] => [{ tag: 'VERS', value: Uint8Array.of(0x31) }, ...list.filter((block) => block.tag !== 'VERS')]);

describe('the container', () => {
  // linux: Documentation/gpu/nova/core/tlv.rst, by hand.
  const small = Uint8Array.from(['NVFW', 'VERS', '\x05\0\0\0', '1.2.3\0\0\0', 'APPV', '\x04\0\0\0', '\x78\x56\x34\x12'].join(''), (character) => character.charCodeAt(0));

  it('is read as documented', () => {
    expect(isTlv(small)).toBe(true);
    expect(parseTlv(small, 'small').blocks).toEqual([
      { tag: 'VERS', value: Uint8Array.from([0x31, 0x2e, 0x32, 0x2e, 0x33]) }, { tag: 'APPV', value: Uint8Array.of(0x78, 0x56, 0x34, 0x12) },
    ]);
    expect(writeTlv(parseTlv(small, 'small'))).toEqual(small);
  });

  it('comes back as it was written, in multiples of 4 bytes', () => {
    fc.assert(fc.property(blocks, (list) => {
      const bytes = writeTlv({ file: 'f', blocks: list });
      expect(bytes.length % 4).toBe(0);
      expect(parseTlv(bytes, 'f').blocks).toEqual(list);
      expect(writeTlv(parseTlv(bytes, 'f'))).toEqual(bytes);
    }));
  });

  it.each([
    ['nothing', new Uint8Array(0), 'BAD_MAGIC'],
    ['another magic', Uint8Array.from(small, (byte, i) => (i === 0 ? 0x4d : byte)), 'BAD_MAGIC'],
    ['no version', small.slice(0, 4), 'BAD_HEADER'],
    ['half a header', small.slice(0, 24), 'TRUNCATED'],
    ['a value without its filling', small.slice(0, 17), 'TRUNCATED'],
    ['bytes behind the last block', Uint8Array.of(...small, 0x41, 0x42), 'TRUNCATED'],
    ['a tag in lower case', Uint8Array.from(small, (byte, i) => (i === 20 ? 0x61 : byte)), 'BAD_HEADER'],
    ['a tag twice', Uint8Array.of(...small, ...small.slice(20)), 'BAD_HEADER'],
    ['a length beyond all files', Uint8Array.from(small, (byte, i) => (i >= 24 && i < 28 ? 0xff : byte)), 'TRUNCATED'],
  ])('is refused with %s', (_, bytes, code) => {
    expect(() => parseTlv(bytes, 'f')).toThrow(expect.objectContaining({ name: 'FirmwareFileError', code }));
  });

  it('is not written with what would not be read', () => {
    const refused = (list: readonly TlvBlock[]): void => expect(() => writeTlv({ file: 'f', blocks: list })).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }));
    refused([]);
    refused([{ tag: 'VERS', value: new Uint8Array(1) }, { tag: 'VERS', value: new Uint8Array(1) }]);
    refused([{ tag: 'VERS', value: new Uint8Array(1) }, { tag: 'Abcd', value: new Uint8Array(1) }]);
  });
});

const VERSIONS = ['535.113.01', '570.144'] as const;
const CHIPS = ['tu102', 'tu117', 'ga100', 'ga104', 'ad102'] as const;
/** Of megabytes, in no time. */
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
const treeOf = (files: readonly ConvertedFile[]): ReturnType<typeof memorySource> => memorySource(Object.fromEntries(files.map(({ path, bytes }) => [path, bytes])), 'converted');

describe.each(VERSIONS.flatMap((version) => CHIPS.map((chip) => ({ chip, version }))))('the files of $chip $version', ({ chip, version }) => {
  const pack = syntheticPack({ chip, version, imageSize: 0x1000 });

  it('say in containers what they say by themselves', async () => {
    const files = treeOf(await binToTlv({ source: pack, chip, version }));
    const booter = parseBooter(await pack.read(firmwarePath({ chip, kind: 'booter_load', version })), 'b');
    const { version: told, ...content } = parseBooterTlv(await files.read(tlvPath({ chip, kind: 'booter_load' })), 't');
    expect(told).toBe(version);
    const { app, data, ...rest } = content;
    expect(same(booter.data, data)).toBe(true);
    expect(booter).toMatchObject({ ...rest, apps: [app] });
    const gsp = parseGspTlv(await files.read(tlvPath({ chip, kind: 'gsp' })), 't');
    const image = parseGspImage(await pack.read(firmwarePath({ chip, kind: 'gsp', version })), 'g');
    expect(gsp).toMatchObject({ version, imageSize: image.image.length });
    expect(same(await files.read(`nvidia/${chip}/gsp/${gsp.imageFile}`), image.image)).toBe(true);
  });

  it('come back: booters and the FWSEC bootloader byte for byte but for what is loaded by nobody, the rest with all that drivers read', async () => {
    const back = treeOf(await tlvToBin({ source: treeOf(await binToTlv({ source: pack, chip, version })), chip }));
    for (const kind of ['booter_load', 'booter_unload'] as const) {
      const path = firmwarePath({ chip, kind, version });
      expect(Buffer.compare(await back.read(path), await pack.read(path)), path).toBe(0);
    }
    const path = firmwarePath({ chip, kind: 'bootloader', version });
    const [{ descriptor, data }, before] = [parseRiscvBootloader(await back.read(path), path), parseRiscvBootloader(await pack.read(path), path)];
    expect(same(data, before.data)).toBe(true);
    for (const field of ['version', 'monitorCodeOffset', 'monitorDataOffset', 'manifestOffset', 'appVersion'] as const) expect(descriptor[field], field).toBe(before.descriptor[field]);
    const gspPath = firmwarePath({ chip, kind: 'gsp', version });
    const [gsp, gspBefore] = [parseGspImage(await back.read(gspPath), gspPath), parseGspImage(await pack.read(gspPath), gspPath)];
    expect([gsp.version, same(gsp.image, gspBefore.image)]).toEqual([version, true]);
    for (const [family, signature] of gsp.signatures) expect(same(signature, gspBefore.signatures.get(family)!)).toBe(true);
    if (!chip.startsWith('tu') && chip !== 'ga100') return;
    const again = parseFalconBootloader(await back.read(firmwarePath({ chip, kind: 'gen_bootloader', version })), 'f');
    const tlv = parseFalconBootloaderTlv((await binToTlv({ source: pack, chip, version })).find((file) => file.path === tlvPath({ chip, kind: 'gen_bootloader' }))!.bytes, 't');
    expect([again.descriptor.startTag, again.code]).toEqual([tlv.startTag, tlv.code]);
  });
});

describe('conversion', () => {
  it('is refused for what is no chip, and where files are of two releases', async () => {
    const pack = syntheticPack({ chip: 'ad102', version: '570.144' });
    await expect(binToTlv({ source: pack, chip: 'gm200', version: '570.144' })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await expect(tlvToBin({ source: pack, chip: 'toString' })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await expect(tlvToBin({ source: pack, chip: 'ad102' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const older = await binToTlv({ source: syntheticPack({ chip: 'ad102', version: '535.113.01' }), chip: 'ad102', version: '535.113.01' });
    const newer = await binToTlv({ source: pack, chip: 'ad102', version: '570.144' });
    const mixed = [...newer.filter(({ path }) => !path.includes('booter_unload')), ...older.filter(({ path }) => path.includes('booter_unload'))];
    await expect(tlvToBin({ source: treeOf(mixed), chip: 'ad102' })).rejects.toMatchObject({ code: 'WRONG_RELEASE' });
    const short = newer.map((file) => (file.path.endsWith('.fwimage') ? { ...file, bytes: file.bytes.slice(1) } : file));
    await expect(tlvToBin({ source: treeOf(short), chip: 'ad102' })).rejects.toMatchObject({ code: 'BAD_HEADER' });
  });

  it.each(['gh100', 'gb100', 'gb207'])('brings the GSP-FMC of %s there and back, byte for byte', async (chip) => {
    const pack = syntheticPack({ chip, version: '570.144', imageSize: 0x1000 });
    const containers = await binToTlv({ source: pack, chip, version: '570.144' });
    expect(containers.map(({ path }) => path)).toContain(tlvPath({ chip, kind: 'fmc' }));
    const path = firmwarePath({ chip, kind: 'fmc', version: '570.144' });
    const back = treeOf(await tlvToBin({ source: treeOf(containers), chip }));
    expect(Buffer.compare(await back.read(path), await pack.read(path))).toBe(0);
  });

  it('keeps an FMC as its container has it', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.uint8Array({ minLength: 48, maxLength: 48 }), fc.uint8Array({ minLength: 1, maxLength: 384 }), (image, hash, publicKey) => {
      const fmc = { version: '570.144', image, hash, publicKey, signature: publicKey };
      expect(parseFmcTlv(writeFmcTlv(fmc, 'f'), 'f')).toEqual(fmc);
    }));
    const wrong = writeFmcTlv({ version: '1', image: new Uint8Array(4), hash: new Uint8Array(47), publicKey: new Uint8Array(1), signature: new Uint8Array(1) }, 'f');
    expect(() => parseFmcTlv(wrong, 'f')).toThrow(expect.objectContaining({ code: 'BAD_HEADER', field: 'HASH' }));
  });
});

describe('hostile containers', async () => {
  const files = await binToTlv({ source: syntheticPack({ chip: 'tu102', version: '570.144', imageSize: 0x1000 }), chip: 'tu102', version: '570.144' });
  const readers = { gsp: parseGspTlv, gsp_bootloader: parseBootloaderTlv, booter_load: parseBooterTlv, booter_unload: parseBooterTlv, gen_bootloader: parseFalconBootloaderTlv } as const;

  it.each(Object.entries(readers))('%s: any damage is read or refused by name, and what is read lies within the file', (name, read) => {
    const { bytes } = files.find(({ path }) => path.endsWith(`/${name}.tlv`))!;
    const header = Math.min(bytes.length, 400);
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(header - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }), fc.option(fc.nat(bytes.length)), (changes, cut) => {
      const damaged = bytes.slice(0, cut ?? bytes.length);
      for (const [at, byte] of changes) if (at < damaged.length) damaged[at] = byte;
      try {
        const parsed = read(damaged, name);
        if ('load' in parsed) {
          const { load, app, data, patchLocation, signatures } = parsed;
          for (const [start, size] of [[load.osCodeOffset, load.osCodeSize], [load.osDataOffset, load.osDataSize], [app.codeOffset, app.codeSize], [patchLocation, signatures[0]!.length]] as const) {
            expect(start + size).toBeLessThanOrEqual(data.length);
          }
        }
      } catch (error) {
        expect(error).toBeInstanceOf(FirmwareFileError);
      }
    }), { numRuns: 300 });
  });

  it('a path in the place of a name is refused', () => {
    const { bytes } = files.find(({ path }) => path.endsWith('/gsp.tlv'))!;
    for (const text of ['../../../etc/passwd', '..', '/x', 'a/b']) {
      const tlv = parseTlv(bytes, 'f');
      const changed = writeTlv({ ...tlv, blocks: tlv.blocks.map((block) => (block.tag === 'FILE' ? { ...block, value: new TextEncoder().encode(text) } : block)) });
      expect(() => parseGspTlv(changed, 'f')).toThrow(expect.objectContaining({ code: 'BAD_HEADER', field: 'FILE' }));
    }
  });
});
