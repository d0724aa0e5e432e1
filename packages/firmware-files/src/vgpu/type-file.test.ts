import { NVA081_CTRL_VGPU_INFO } from '@nova-stack/nvrm-headers/r570_144/ctrla081';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  FirmwareFileError, parseAnyVgpuTypeFile, parseGen1TypeFile, parseVgpuTypeFile, syntheticTypeFile, typesFor, writeGen1TypeFile,
  writeVgpuTypeFile, type PciIdentity, type TypesGroup, type VgpuTypeFile,
} from '../index.ts';
import { crc32Register } from '../crc32.ts';

const L40: PciIdentity = { vendor: 0x10de, device: 0x26b5, subsystemVendor: 0x10de, subsystem: 0x169d };
const version = '570.144';
const sample = syntheticTypeFile({ device: 0x26b5, version, profiles: ['L40-1B', 'L40-4Q'] });
const gen1 = syntheticTypeFile({ device: 0x26b5, version, generation: 1, profiles: ['L40-1B', 'L40-4Q'] });
const parsed = parseVgpuTypeFile(sample, 'types');

/** Changes bytes and makes the checksum right again. */
function patched(offset: number, ...bytes: readonly number[]): Uint8Array {
  const file = sample.slice();
  file.set(bytes, offset);
  const view = new DataView(file.buffer);
  view.setUint32(28, 0, true);
  view.setUint32(28, ~crc32Register(file) >>> 0, true);
  return file;
}

function patchedGen1(offset: number, ...bytes: readonly number[]): Uint8Array {
  const file = gen1.slice();
  file.set(bytes, offset);
  new DataView(file.buffer).setUint32(8, crc32Register(file.subarray(16)), true);
  return file;
}

const refused = (file: Uint8Array, code: string, field: string): void => {
  expect(() => parseAnyVgpuTypeFile(file, 'types'), field).toThrow(expect.objectContaining({ name: 'FirmwareFileError', code, field, file: 'types' }));
};

describe('CRC-32', () => {
  it('has the check value of its standard', () => {
    const check = Uint8Array.from('123456789', (c) => c.charCodeAt(0));
    expect(~crc32Register(check) >>> 0).toBe(0xcbf43926);
    expect(crc32Register(check.subarray(4), crc32Register(check.subarray(0, 4)))).toBe(0x340bc6d9);
  });
});

describe('a type file of generation 2', () => {
  it('is laid out as its tool expects', () => {
    const view = new DataView(sample.buffer);
    expect(Buffer.from(sample.subarray(0, 8)).toString()).toBe('VGPUMETA');
    expect([view.getUint16(8, true), view.getUint16(10, true), view.getUint32(12, true)]).toEqual([1, 0, 160]);
    expect(view.getBigUint64(16, true)).toBe(BigInt(sample.length));
    expect(Buffer.from(sample.subarray(32, 40)).toString()).toBe('570.144\0');
    expect([view.getUint32(160, true), view.getUint16(164, true), view.getUint16(166, true)]).toEqual([1, 1, 32]);
    expect(view.getBigUint64(168, true)).toBe(32n + 2n * 5224n);
    expect([176, 178, 180, 182].map((offset) => view.getUint16(offset, true))).toEqual([0x10de, 0x26b5, 0x10de, 0x169d]);
    expect([view.getUint32(184, true), view.getUint32(188, true)]).toEqual([5224, 2]);
    expect(sample).toHaveLength(160 + 32 + 2 * 5224);
  });

  it('is written back as it was read, groups that nobody knows included', () => {
    expect(Buffer.compare(writeVgpuTypeFile(parsed), sample)).toBe(0);
    const bytes = new Uint8Array(50).fill(0x77);
    new DataView(bytes.buffer).setUint32(0, 7, true);
    new DataView(bytes.buffer).setUint16(6, 20, true);
    new DataView(bytes.buffer).setBigUint64(8, 50n, true);
    const file = writeVgpuTypeFile({ ...parsed, groups: [{ kind: 'opaque', type: 7, bytes }, ...parsed.groups] });
    const again = parseVgpuTypeFile(file, 'types');
    expect(again.groups[0]).toEqual({ kind: 'opaque', type: 7, bytes });
    expect(Buffer.compare(writeVgpuTypeFile(again), file)).toBe(0);
    expect(typesFor(again, L40, version)?.records).toHaveLength(2);
  });

  it('has types for its GPU, on its release', () => {
    const types = typesFor(parsed, L40, version)!;
    expect(types.recordSize).toBe(NVA081_CTRL_VGPU_INFO.size);
    expect(types.records.map((record) => NVA081_CTRL_VGPU_INFO.read(record).vgpuType)).toEqual([869, 900005]);
    expect(typesFor(parsed, { ...L40, device: 0x2684 }, version)).toBeUndefined();
    expect(typesFor(parsed, { ...L40, subsystem: 0x17da }, version)).toBeUndefined();
    expect(() => typesFor(parsed, L40, '580.65.06')).toThrow(expect.objectContaining({ code: 'WRONG_RELEASE', field: 'gspVersion', value: version }));
  });

  it('must not have two groups for one GPU', () => {
    const twice: VgpuTypeFile = { ...parsed, groups: [...parsed.groups, ...parsed.groups] };
    const file = parseVgpuTypeFile(writeVgpuTypeFile(twice), 'types');
    expect(() => typesFor(file, L40, version)).toThrow(expect.objectContaining({ code: 'BAD_HEADER', field: 'groups' }));
    expect(typesFor(file, { ...L40, device: 1 }, version)).toBeUndefined();
  });

  it('is refused for each thing that may be wrong with it', () => {
    refused(patched(0, 0x56, 0x58), 'BAD_MAGIC', 'magic');
    refused(patched(8, 2), 'UNSUPPORTED', 'formatMajor');
    refused(patched(10, 1), 'UNSUPPORTED', 'formatMinor');
    refused(patched(12, 161), 'BAD_HEADER', 'headerSize');
    refused(patched(16, (sample.length + 1) & 0xff), 'TRUNCATED', 'totalSize');
    refused(patched(23, 0xff), 'TRUNCATED', 'totalSize');
    refused(patched(24, 0), 'BAD_HEADER', 'groupCount');
    refused(patched(24, 1, 4), 'BAD_HEADER', 'groupCount');
    refused(patched(24, 2), 'TRUNCATED', 'groups[1]');
    refused(patched(32, 0), 'BAD_HEADER', 'gspVersion');
    refused(patched(159, 1), 'BAD_HEADER', 'gspVersion');
    refused(patched(160, 0), 'BAD_HEADER', 'groups[0].type');
    refused(patched(164, 2), 'UNSUPPORTED', 'groups[0].version');
    refused(patched(166, 15), 'BAD_HEADER', 'groups[0].headerSize');
    refused(patched(166, 33), 'BAD_HEADER', 'groups[0].headerSize');
    refused(patched(168, 1, 0), 'BAD_HEADER', 'groups[0].groupSize');
    refused(patched(175, 0xff), 'TRUNCATED', 'groups[0].groupSize');
    refused(patched(172, 1), 'TRUNCATED', 'groups[0]');
    refused(patched(176, 0xdf), 'BAD_HEADER', 'groups[0].vendor');
    refused(patched(180, 0xdf), 'BAD_HEADER', 'groups[0].subsystemVendor');
    refused(patched(184, 0, 0), 'BAD_HEADER', 'groups[0].recordSize');
    refused(patched(188, 0), 'BAD_HEADER', 'groups[0].recordCount');
    refused(patched(188, 129), 'BAD_HEADER', 'groups[0].recordCount');
    refused(patched(188, 3), 'BAD_HEADER', 'groups[0].groupSize');
  });

  it('must end with its last group', () => {
    const longer = new Uint8Array(sample.length + 1);
    longer.set(sample);
    refused(longer, 'BAD_HEADER', 'totalSize');
    const group = parsed.groups[0] as TypesGroup;
    const trailing = patched(168, ...[...new Uint8Array(new BigUint64Array([32n + 5224n]).buffer)]);
    trailing.set([1], 188);
    new DataView(trailing.buffer).setUint32(28, 0, true);
    new DataView(trailing.buffer).setUint32(28, ~crc32Register(trailing) >>> 0, true);
    refused(trailing, 'BAD_HEADER', 'groupCount');
    expect(group.records).toHaveLength(2);
  });

  it('cannot be written with what does not fit', () => {
    const group = parsed.groups[0] as TypesGroup;
    expect(() => writeVgpuTypeFile({ ...parsed, gspVersion: '' })).toThrow(expect.objectContaining({ code: 'BAD_VALUE', field: 'gspVersion' }));
    expect(() => writeVgpuTypeFile({ ...parsed, groups: [{ ...group, recordSize: 8 }] })).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }));
    expect(() => writeVgpuTypeFile({ ...parsed, groups: [{ ...group, device: 0x10000 }] })).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }));
  });
});

describe('a type file of generation 1', () => {
  const file = parseGen1TypeFile(gen1, 'types');
  const blob = 232;
  const types = blob + 16;
  const control = types + 56 + 8;

  it('is laid out as its loader expects', () => {
    const view = new DataView(gen1.buffer);
    expect(Buffer.from(gen1.subarray(0, 8)).toString()).toBe('NVVGPUMT');
    expect([view.getBigUint64(16, true), view.getBigUint64(24, true)]).toEqual([18n, 1n]);
    expect(Buffer.from(gen1.subarray(160, 168)).toString()).toBe('570.144\0');
    expect(view.getBigUint64(224, true)).toBe(1n);
    expect(view.getBigUint64(types + 40, true)).toBe(0x20804003n);
    expect(view.getBigUint64(types + 48, true)).toBe(334344n);
    expect(view.getUint32(control + 4, true)).toBe(2);
  });

  it('is written back as it was read', () => {
    expect(Buffer.compare(writeGen1TypeFile(file), gen1)).toBe(0);
  });

  it('has the same types as one of generation 2', () => {
    expect(typesFor(file, L40, version)).toEqual(typesFor(parsed, L40, version));
    expect(typesFor(file, { ...L40, device: 0x2684 }, version)).toBeUndefined();
    expect(() => typesFor(file, L40, '535.113.01')).toThrow(expect.objectContaining({ code: 'WRONG_RELEASE', field: 'gspVersion' }));
    const other = parseGen1TypeFile(writeGen1TypeFile({ ...file, minor: 2n }), 'types');
    expect(() => typesFor(other, L40, version)).toThrow(expect.objectContaining({ code: 'WRONG_RELEASE', field: 'major', value: '18.2' }));
    const twice = parseGen1TypeFile(writeGen1TypeFile({ ...file, types: [...file.types, ...file.types] }), 'types');
    expect(() => typesFor(twice, L40, version)).toThrow(expect.objectContaining({ code: 'BAD_HEADER', field: 'blobs' }));
  });

  it('is refused for each thing that may be wrong with it', () => {
    refused(patchedGen1(12, 1), 'BAD_HEADER', 'padding');
    refused(patchedGen1(160, 0), 'BAD_HEADER', 'gspVersion');
    refused(patchedGen1(224, 0), 'BAD_HEADER', 'blobCount');
    refused(patchedGen1(231, 1), 'BAD_HEADER', 'blobCount');
    refused(patchedGen1(224, 2), 'TRUNCATED', 'blobs[1]');
    refused(patchedGen1(blob, 1), 'UNSUPPORTED', 'blobs[0].type');
    refused(patchedGen1(blob + 8, 0, 0, 0), 'BAD_HEADER', 'blobs[0].size');
    refused(patchedGen1(blob + 15, 1), 'TRUNCATED', 'blobs[0].size');
    refused(patchedGen1(types + 2, 1), 'BAD_HEADER', 'blobs[0].device');
    refused(patchedGen1(types + 24, 0xff), 'BAD_HEADER', 'blobs[0].size');
    refused(patchedGen1(types + 32, 0), 'BAD_HEADER', 'blobs[0].kernelCount');
    refused(patchedGen1(types + 32, 65), 'BAD_HEADER', 'blobs[0].kernelCount');
    refused(patchedGen1(types + 32, 3), 'BAD_HEADER', 'blobs[0].kernelSize');
    refused(patchedGen1(types + 32, 4), 'BAD_HEADER', 'blobs[0].control.count');
    refused(patchedGen1(types + 40, 2), 'BAD_HEADER', 'blobs[0].command');
    refused(patchedGen1(control + 4, 3), 'BAD_HEADER', 'blobs[0].control.count');
    const odd = gen1.slice(0, -1);
    const view = new DataView(odd.buffer);
    view.setBigUint64(blob + 8, BigInt(odd.length - blob), true);
    view.setBigUint64(types + 48, 334343n, true);
    view.setUint32(8, crc32Register(odd.subarray(16)), true);
    refused(odd, 'BAD_HEADER', 'blobs[0].controlSize');
  });

  it('decides on no firmware command but the one that adds types', () => {
    expect(() => parseGen1TypeFile(patchedGen1(types + 40, 1), 'types')).toThrow(expect.objectContaining({ field: 'blobs[0].command', value: 0x20804001n }));
  });
});

describe.each([['generation 2', sample], ['generation 1', gen1]] as const)('a hostile type file of %s', (_, good) => {
  it('is refused when any bit is flipped', () => {
    fc.assert(fc.property(fc.nat({ max: good.length - 1 }), fc.nat({ max: 7 }), (offset, bit) => {
      const file = good.slice();
      file[offset] = file[offset]! ^ (1 << bit);
      expect(() => parseAnyVgpuTypeFile(file, 'f')).toThrow(FirmwareFileError);
    }), { numRuns: 60 });
  });

  it('is refused wherever it ends', () => {
    for (let length = 0; length < 320; length++) expect(() => parseAnyVgpuTypeFile(good.slice(0, length), 'f')).toThrow(FirmwareFileError);
  });

  it('gives nothing but our error, or a file that is written back identically, whatever its fields are', () => {
    const fix = good === sample
      ? (file: Uint8Array): void => {
          const view = new DataView(file.buffer);
          view.setUint32(28, 0, true);
          view.setUint32(28, ~crc32Register(file) >>> 0, true);
        }
      : (file: Uint8Array): void => {
          new DataView(file.buffer).setUint32(8, crc32Register(file.subarray(16)), true);
        };
    const small = good.slice(0, 2000);
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat({ max: 79 }), fc.oneof(fc.nat({ max: 0xffffffff }), fc.nat({ max: 300 }))), { maxLength: 5 }), fc.boolean(), (damage, short) => {
      const file = (short ? small : good).slice();
      if (short && good === sample) new DataView(file.buffer).setBigUint64(16, 2000n, true);
      for (const [word, value] of damage) new DataView(file.buffer).setUint32(word * 4, value, true);
      fix(file);
      try {
        const read = parseAnyVgpuTypeFile(file, 'f');
        expect(Buffer.compare(read.generation === 2 ? writeVgpuTypeFile(read) : writeGen1TypeFile(read), file)).toBe(0);
      } catch (error) {
        expect(error).toBeInstanceOf(FirmwareFileError);
      }
    }), { numRuns: 60 });
  });
});

it('bytes that are no type file are refused', () => {
  refused(new Uint8Array(7), 'TRUNCATED', 'magic');
  refused(new Uint8Array(1000), 'BAD_MAGIC', 'magic');
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
    expect(() => parseAnyVgpuTypeFile(bytes, 'f')).toThrow(FirmwareFileError);
  }));
});
