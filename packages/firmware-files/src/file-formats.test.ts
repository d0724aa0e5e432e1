import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  FirmwareFileError, firmwarePath, parseBooter, parseElf64, parseFalconBootloader, parseFmc, parseGspImage, parseRiscvBootloader,
  syntheticPack, writeBooter, writeElf64, writeFalconBootloader, writeFmc, writeGspImage, writeRiscvBootloader, type FirmwareKind,
} from './index.ts';

const pack = syntheticPack({ chip: 'ad102', version: '570.144', imageSize: 0x2000 });
const read = (kind: FirmwareKind): Promise<Uint8Array> => pack.read(firmwarePath({ chip: 'ad102', kind, version: '570.144' }));

const fmc = await syntheticPack({ chip: 'gb202', version: '570.144' }).read(firmwarePath({ chip: 'gb202', kind: 'fmc', version: '570.144' }));

/** A file shaped like `gen_bootloader-570.144.bin`. */
function falconBootloader(): Uint8Array {
  const data = Uint8Array.from({ length: 0x300 }, (_, i) => i * 7);
  return writeFalconBootloader({
    file: 'gen_bootloader',
    size: 0x330,
    bin: { magic: 0x10de, version: 1, totalSize: 0x400, headerOffset: 24, dataOffset: 0x30, dataSize: 0x300 },
    descriptor: { startTag: 0xfd, dmemLoadOffset: 0, codeOffset: 0, codeSize: 0x200, dataOffset: 0x200, dataSize: 0x100 },
    data,
    code: data.subarray(0, 0x200),
    rest: [],
  });
}

interface Format {
  readonly name: string;
  readonly sample: Uint8Array;
  readonly parse: (bytes: Uint8Array, name: string) => unknown;
  readonly rewrite: (bytes: Uint8Array) => Uint8Array;
  /** Bytes from the start that hold headers. */
  readonly headers: number;
  /** Bytes at the end that do. */
  readonly trailers: number;
}

/** Headers of the empty section, image, version, seven signatures and names. */
const SECTION_HEADERS = 11 * 64;

const formats: readonly Format[] = [
  { name: 'GSP image', sample: await read('gsp'), parse: parseGspImage, rewrite: (bytes) => writeGspImage(parseGspImage(bytes, 'f')), headers: 64, trailers: SECTION_HEADERS },
  { name: 'ELF', sample: await read('gsp'), parse: parseElf64, rewrite: (bytes) => writeElf64(parseElf64(bytes, 'f')), headers: 64, trailers: SECTION_HEADERS },
  { name: 'RISC-V bootloader', sample: await read('bootloader'), parse: parseRiscvBootloader, rewrite: (bytes) => writeRiscvBootloader(parseRiscvBootloader(bytes, 'f')), headers: 0x6c, trailers: 0 },
  { name: 'booter', sample: await read('booter_load'), parse: parseBooter, rewrite: (bytes) => writeBooter(parseBooter(bytes, 'f')), headers: 0x378, trailers: 0 },
  { name: 'GSP-FMC', sample: fmc, parse: parseFmc, rewrite: (bytes) => writeFmc(parseFmc(bytes, 'f')), headers: 52 + 6 * 40, trailers: 0 },
  { name: 'falcon bootloader', sample: falconBootloader(), parse: parseFalconBootloader, rewrite: (bytes) => writeFalconBootloader(parseFalconBootloader(bytes, 'f')), headers: 0x30, trailers: 0 },
];

/** Bytes in the middle of a larger buffer whose surroundings would show up in anything read outside. */
function surrounded(bytes: Uint8Array): Uint8Array {
  const buffer = new Uint8Array(new SharedArrayBuffer(bytes.length + 512)).fill(0xa5);
  buffer.set(bytes, 256);
  return buffer.subarray(256, 256 + bytes.length);
}

/** Every byte array reachable from a value, but for header fields, which are copies. */
function views(value: unknown, found: Uint8Array[] = []): Uint8Array[] {
  if (value instanceof Uint8Array) {
    if (value.length !== 16 || value.buffer.byteLength !== 16) found.push(value);
  }
  else if (value instanceof Map) for (const each of value.values()) views(each, found);
  else if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) views(each, found);
  return found;
}

/** Parses: either it works, everything handed out lies in the file and is written back identically, or it throws our error. */
function survives({ parse, rewrite }: Format, bytes: Uint8Array): void {
  const input = surrounded(bytes);
  let parsed: unknown;
  try {
    parsed = parse(input, 'the file');
  } catch (error) {
    expect(error).toBeInstanceOf(FirmwareFileError);
    expect((error as FirmwareFileError).file).toBe('the file');
    expect((error as FirmwareFileError).message).toContain('the file');
    return;
  }
  for (const view of views(parsed)) {
    expect(view.buffer).toBe(input.buffer);
    expect(view.byteOffset).toBeGreaterThanOrEqual(input.byteOffset);
    expect(view.byteOffset + view.length).toBeLessThanOrEqual(input.byteOffset + input.length);
  }
  expect(Buffer.compare(rewrite(input), bytes)).toBe(0);
}

describe.each(formats)('$name', (format) => {
  const { sample, parse, rewrite, headers, trailers } = format;

  it('is written back as it was read', () => {
    expect(Buffer.compare(rewrite(sample), sample)).toBe(0);
  });

  it('keeps bytes that no structure accounts for', () => {
    const longer = new Uint8Array(sample.length + 100).fill(0x5a);
    longer.set(sample);
    expect(Buffer.compare(rewrite(longer), longer)).toBe(0);
  });

  it('copies nothing', () => {
    const input = surrounded(sample);
    for (const view of views(parse(input, 'f'))) expect(view.buffer).toBe(input.buffer);
  });

  it('says where a file ends too early, wherever in its headers that is', () => {
    for (let length = 0; length < headers; length++) {
      expect(() => parse(sample.slice(0, length), 'short'), `${length} bytes`).toThrow(
        expect.objectContaining({ name: 'FirmwareFileError', code: 'TRUNCATED', file: 'short', field: expect.any(String) as string, offset: expect.any(Number) as number }),
      );
    }
    expect(() => parse(sample.slice(0, -1), 'short')).toThrow(expect.objectContaining({ code: 'TRUNCATED' }));
  });

  it('survives arbitrary bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 2048 }), (bytes) => {
      survives(format, bytes);
    }));
  });

  it('survives damage to its headers', () => {
    const word = fc.oneof(
      fc.nat({ max: 0xffffffff }),
      fc.constantFrom(0, 1, 4, 0x7fffffff, 0x80000000, 0xffffffff, sample.length, sample.length - 1, sample.length + 1),
      fc.nat({ max: 0x1000 }),
    );
    const place = fc.nat({ max: (headers + trailers) / 4 - 1 })
      .map((index) => (index * 4 < headers ? index * 4 : sample.length - trailers - headers + index * 4));
    fc.assert(fc.property(fc.array(fc.tuple(place, word), { minLength: 1, maxLength: 4 }), (damage) => {
      const bytes = sample.slice();
      const view = new DataView(bytes.buffer);
      for (const [offset, value] of damage) view.setUint32(offset, value, true);
      survives(format, bytes);
    }), { numRuns: 400 });
  });
});
