import { array, ascii, struct, type Layout } from '@nova-stack/c-layout';

import { FirmwareFileError } from '../errors.ts';
import { FileBuilder, FileBytes, offsetOf } from '../file-bytes.ts';
import { crc32Register } from '../crc32.ts';
import { checkRelease, fixedText, hex, splitRecords, textField, type PciIdentity, type TypeRecords } from './type-records.ts';

interface FileHeader {
  readonly magic: Uint8Array;
  readonly formatMajor: number;
  readonly formatMinor: number;
  readonly headerSize: number;
  readonly totalSize: bigint;
  readonly groupCount: number;
  readonly crc32: number;
  readonly gspVersion: Uint8Array;
}

interface GroupHeader {
  readonly type: number;
  readonly version: number;
  readonly headerSize: number;
  readonly groupSize: bigint;
}

interface TypesHeader extends PciIdentity {
  readonly recordSize: number;
  readonly recordCount: number;
}

const FILE_HEADER: Layout<FileHeader> = struct('vgpu_meta_header', {
  magic: array('u8', 8), formatMajor: 'u16', formatMinor: 'u16', headerSize: 'u32', totalSize: 'u64', groupCount: 'u32',
  crc32: 'u32', gspVersion: array('u8', 128),
});
const GROUP_HEADER: Layout<GroupHeader> = struct('vgpu_meta_group', {
  type: 'u32', version: 'u16', headerSize: 'u16', groupSize: 'u64',
});
/** What follows the group header where the group holds types. */
const TYPES_HEADER: Layout<TypesHeader> = struct('vgpu_meta_types', {
  vendor: 'u16', device: 'u16', subsystemVendor: 'u16', subsystem: 'u16', recordSize: 'u32', recordCount: 'u32',
});

/** Numbers of format 1.0. Source: zhiwang-nvidia/nova-core: the vgpu-mgmt tool's type metadata. */
export const TYPE_FILE = {
  magic: 'VGPUMETA', major: 1, minor: 0,
  headerSize: 160, groupHeaderSize: 16, typesHeaderSize: 32,
  maxGroups: 1024, maxRecords: 128, maxSize: 0x4000_0000,
  /** Group types. */
  invalidGroup: 0, typesGroup: 1,
  groupVersion: 1,
  vendor: 0x10de,
} as const;

const CRC_OFFSET = FILE_HEADER.offsets.crc32;

/** Types for one GPU. */
export interface TypesGroup extends PciIdentity, TypeRecords {
  readonly kind: 'types';
}

/** A group of a kind that nobody here knows, kept as it is. */
export interface OpaqueGroup {
  readonly kind: 'opaque';
  readonly type: number;
  /** With its header. */
  readonly bytes: Uint8Array;
}

/** A vGPU type file of the second generation (`VGPUMETA`). */
export interface VgpuTypeFile {
  readonly generation: 2;
  readonly file: string;
  /** Firmware release that the records are for, `570.144`. */
  readonly gspVersion: string;
  readonly groups: readonly (TypesGroup | OpaqueGroup)[];
}

/**
 * Reads a type file. All of it is checked, to its last byte, before anything is handed out.
 *
 * @throws {FirmwareFileError} for anything that is not such a file.
 */
export function parseVgpuTypeFile(bytes: Uint8Array, name: string): VgpuTypeFile {
  const file = new FileBytes(name, bytes);
  if (bytes.length > TYPE_FILE.maxSize) {
    file.fail('UNSUPPORTED', { field: 'size', value: bytes.length, message: 'is over the 1 GiB that a type file may have' });
  }
  const gspVersion = readHeader(file);
  const groups: (TypesGroup | OpaqueGroup)[] = [];
  let at: number = TYPE_FILE.headerSize;
  const count = file.u32(FILE_HEADER.offsets.groupCount, 'groupCount');
  for (let i = 0; i < count; i++) {
    const { group, size } = readGroup(file, at, `groups[${i}]`);
    groups.push(group);
    at += size;
  }
  if (at !== file.size) file.fail('BAD_HEADER', { field: 'groupCount', offset: FILE_HEADER.offsets.groupCount, value: count, message: `leaves 0x${hex(file.size - at, 1)} bytes behind the last group` });
  return { generation: 2, file: name, gspVersion, groups };
}

function readHeader(file: FileBytes): string {
  const header = file.record(FILE_HEADER, 0, 'header');
  const fail = (code: 'BAD_MAGIC' | 'UNSUPPORTED' | 'BAD_HEADER' | 'BAD_CHECKSUM', field: keyof FileHeader, message: string): never => {
    const value = header[field];
    return file.fail(code, { field, offset: offsetOf(FILE_HEADER, field), ...(!(value instanceof Uint8Array) && { value }), message });
  };
  if (String.fromCharCode(...header.magic) !== TYPE_FILE.magic) fail('BAD_MAGIC', 'magic', `should be ${TYPE_FILE.magic}`);
  if (header.formatMajor !== TYPE_FILE.major) fail('UNSUPPORTED', 'formatMajor', 'should be 1');
  if (header.formatMinor !== TYPE_FILE.minor) fail('UNSUPPORTED', 'formatMinor', 'should be 0');
  if (header.headerSize !== TYPE_FILE.headerSize) fail('BAD_HEADER', 'headerSize', 'should be 160');
  if (header.totalSize > BigInt(file.size)) {
    file.fail('TRUNCATED', { field: 'totalSize', offset: FILE_HEADER.offsets.totalSize, value: header.totalSize, message: `but the file has 0x${hex(file.size, 1)} bytes` });
  }
  if (header.totalSize < BigInt(file.size)) fail('BAD_HEADER', 'totalSize', `but the file has 0x${hex(file.size, 1)} bytes`);
  if (header.groupCount < 1 || header.groupCount > TYPE_FILE.maxGroups) fail('BAD_HEADER', 'groupCount', `should be 1 to ${TYPE_FILE.maxGroups}`);
  const crc = crcOf(file.bytes);
  if (header.crc32 !== crc) fail('BAD_CHECKSUM', 'crc32', `the content has 0x${hex(crc, 8)}`);
  return fixedText(header.gspVersion) ?? fail('BAD_HEADER', 'gspVersion', 'should be ASCII text with a NUL, and zeros, behind it');
}

/** CRC-32/ISO-HDLC over the file, with the field that holds it taken as zero. */
function crcOf(bytes: Uint8Array): number {
  let register = crc32Register(bytes.subarray(0, CRC_OFFSET));
  register = crc32Register(new Uint8Array(4), register);
  return ~crc32Register(bytes.subarray(CRC_OFFSET + 4), register) >>> 0;
}

function readGroup(file: FileBytes, at: number, what: string): { readonly group: TypesGroup | OpaqueGroup; readonly size: number } {
  const header = file.record(GROUP_HEADER, at, what);
  const bad = (field: keyof GroupHeader, message: string): never =>
    file.fail('BAD_HEADER', { field: `${what}.${field}`, offset: at + offsetOf(GROUP_HEADER, field), value: header[field], message });
  if (header.type === TYPE_FILE.invalidGroup) bad('type', 'marks no group');
  if (header.headerSize < TYPE_FILE.groupHeaderSize) bad('headerSize', 'should be 16 or more');
  const size = file.size64(header.groupSize, `${what}.groupSize`, at + GROUP_HEADER.offsets.groupSize);
  if (size < header.headerSize) bad('groupSize', `should be no less than the header, 0x${hex(header.headerSize, 1)}`);
  const bytes = file.take(at, size, what);
  if (header.type !== TYPE_FILE.typesGroup) return { group: { kind: 'opaque', type: header.type, bytes }, size };

  if (header.version !== TYPE_FILE.groupVersion) {
    file.fail('UNSUPPORTED', { field: `${what}.version`, offset: at + GROUP_HEADER.offsets.version, value: header.version, message: 'should be 1' });
  }
  if (header.headerSize !== TYPE_FILE.typesHeaderSize) bad('headerSize', 'should be 32 for vGPU types');
  const typesAt = at + TYPE_FILE.groupHeaderSize;
  const types = file.record(TYPES_HEADER, typesAt, what);
  const badTypes = (field: keyof TypesHeader, message: string): never =>
    file.fail('BAD_HEADER', { field: `${what}.${field}`, offset: typesAt + offsetOf(TYPES_HEADER, field), value: types[field], message });
  if (types.vendor !== TYPE_FILE.vendor) badTypes('vendor', 'should be 0x10de');
  if (types.subsystemVendor !== TYPE_FILE.vendor) badTypes('subsystemVendor', 'should be 0x10de');
  if (types.recordSize === 0) badTypes('recordSize', 'should not be zero');
  if (types.recordCount < 1 || types.recordCount > TYPE_FILE.maxRecords) badTypes('recordCount', `should be 1 to ${TYPE_FILE.maxRecords}`);
  const expected = TYPE_FILE.typesHeaderSize + types.recordSize * types.recordCount;
  if (size !== expected) bad('groupSize', `should be 0x${hex(expected, 1)} for ${types.recordCount} records`);
  const { vendor, device, subsystemVendor, subsystem } = types;
  return {
    group: {
      kind: 'types', vendor, device, subsystemVendor, subsystem,
      ...splitRecords(bytes.subarray(TYPE_FILE.typesHeaderSize), types.recordSize),
    },
    size,
  };
}

/** The file's bytes: sizes, counts and checksum are made anew. */
export function writeVgpuTypeFile({ file, gspVersion, groups }: Omit<VgpuTypeFile, 'generation'>): Uint8Array {
  const sizes = groups.map((group) =>
    group.kind === 'opaque' ? group.bytes.length : TYPE_FILE.typesHeaderSize + group.recordSize * group.records.length,
  );
  const totalSize = sizes.reduce((sum, size) => sum + size, TYPE_FILE.headerSize);
  const builder = new FileBuilder(file, totalSize);
  let at: number = TYPE_FILE.headerSize;
  groups.forEach((group, i) => {
    const what = `groups[${i}]`;
    if (group.kind === 'opaque') builder.put(at, group.bytes, what);
    else writeTypes(builder, at, group, sizes[i]!, what);
    at += sizes[i]!;
  });
  builder.record(FILE_HEADER, 0, {
    magic: ascii(TYPE_FILE.magic),
    formatMajor: TYPE_FILE.major, formatMinor: TYPE_FILE.minor, headerSize: TYPE_FILE.headerSize, totalSize: BigInt(totalSize),
    groupCount: groups.length, crc32: 0, gspVersion: textField(file, 'gspVersion', gspVersion, 128),
  }, 'header');
  return builder.u32(CRC_OFFSET, crcOf(builder.bytes), 'crc32').bytes;
}

function writeTypes(builder: FileBuilder, at: number, group: TypesGroup, groupSize: number, what: string): void {
  const { vendor, device, subsystemVendor, subsystem, recordSize, records } = group;
  builder.record(GROUP_HEADER, at, { type: TYPE_FILE.typesGroup, version: TYPE_FILE.groupVersion, headerSize: TYPE_FILE.typesHeaderSize, groupSize: BigInt(groupSize) }, what);
  builder.record(TYPES_HEADER, at + TYPE_FILE.groupHeaderSize, { vendor, device, subsystemVendor, subsystem, recordSize, recordCount: records.length }, what);
  records.forEach((record, i) => {
    if (record.length !== recordSize) builder.fail(`${what}.records[${i}]`, record.length, `should have 0x${hex(recordSize, 1)} bytes`);
    builder.put(at + TYPE_FILE.typesHeaderSize + i * recordSize, record, what);
  });
}

/**
 * The types that a file has for a GPU on which a firmware release runs; undefined when it has none for this GPU.
 *
 * @throws {FirmwareFileError} `WRONG_RELEASE` for a file made for another release, `BAD_HEADER` when two groups match.
 */
export function vgpuTypesFor(types: VgpuTypeFile, gpu: PciIdentity, running: string): TypeRecords | undefined {
  checkRelease(types.file, FILE_HEADER.offsets.gspVersion, types.gspVersion, running);
  const [match, second] = types.groups.filter(
    (group): group is TypesGroup => group.kind === 'types' && group.vendor === gpu.vendor && group.device === gpu.device
      && group.subsystemVendor === gpu.subsystemVendor && group.subsystem === gpu.subsystem,
  );
  if (second) {
    throw new FirmwareFileError({
      code: 'BAD_HEADER', file: types.file, field: 'groups',
      message: `two groups are for ${hex(gpu.vendor, 4)}:${hex(gpu.device, 4)}, ${hex(gpu.subsystemVendor, 4)}:${hex(gpu.subsystem, 4)}`,
    });
  }
  return match && { recordSize: match.recordSize, records: match.records };
}
