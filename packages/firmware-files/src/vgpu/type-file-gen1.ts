import { array, ascii, struct, type Layout } from '@nova-stack/c-layout';

import { FirmwareFileError } from '../errors.ts';
import { FileBuilder, FileBytes, offsetOf } from '../file-bytes.ts';
import { crc32Register } from '../crc32.ts';
import { checkRelease, fixedText, hex, splitRecords, textField, type TypeRecords } from './type-records.ts';

interface MainHeader {
  readonly identifier: Uint8Array;
  readonly crc32: number;
  readonly padding: number;
  readonly major: bigint;
  readonly minor: bigint;
  readonly features: Uint8Array;
  readonly gspVersion: Uint8Array;
  readonly blobCount: bigint;
}

interface BlobHeader {
  readonly type: bigint;
  readonly size: bigint;
}

interface TypesHeader {
  readonly device: bigint;
  /** Where the types start in the control's parameters, and how long one is; drivers never used them. */
  readonly infoOffset: bigint;
  readonly infoSize: bigint;
  /** Bytes of all kernel records together. */
  readonly kernelSize: bigint;
  readonly kernelCount: bigint;
  readonly command: bigint;
  readonly controlSize: bigint;
}

const MAIN_HEADER: Layout<MainHeader> = struct('vgpu_metadata', {
  identifier: array('u8', 8), crc32: 'u32', padding: 'u32', major: 'u64', minor: 'u64', features: array('u8', 128),
  gspVersion: array('u8', 64), blobCount: 'u64',
});
const BLOB_HEADER: Layout<BlobHeader> = struct('vgpu_metadata_blob', { type: 'u64', size: 'u64' });
const TYPES_HEADER: Layout<TypesHeader> = struct('vgpu_metadata_types', {
  device: 'u64', infoOffset: 'u64', infoSize: 'u64', kernelSize: 'u64', kernelCount: 'u64', command: 'u64', controlSize: 'u64',
});

/** Numbers of the format. Source: RFC v2 of the vGPU series (September 2025), the metadata loader. */
export const TYPE_FILE_GEN1 = {
  identifier: 'NVVGPUMT',
  typesBlob: 0n,
  maxSize: 0x4000_0000,
  /** NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_PGPU_ADD_VGPU_TYPE: the only command that a file may carry. */
  command: 0x20804003n,
  /** Its parameters: u8 discard, 3 bytes, u32 count, then room for this many types. */
  paramsHeaderSize: 8,
  maxTypes: 64,
} as const;

/** Releases for which files of this format exist. A file of another one is refused, whatever runs. */
export const TYPE_FILE_GEN1_RELEASES: readonly { readonly major: bigint; readonly minor: bigint; readonly gspVersion: string }[] = [
  { major: 18n, minor: 1n, gspVersion: '570.144' },
];

/** Types for one GPU. Raw parts are views of the file. */
export interface Gen1Types extends TypeRecords {
  /** PCI device id of the physical GPU. */
  readonly device: number;
  readonly infoOffset: bigint;
  readonly infoSize: bigint;
  /** What a kernel keeps of each type, in a structure of its own. */
  readonly kernelRecords: readonly Uint8Array[];
  /** Parameters of the control as the file has them; {@link TypeRecords.records} are in there. */
  readonly control: Uint8Array;
}

/** A vGPU type file of the first generation (`NVVGPUMT`). */
export interface Gen1TypeFile {
  readonly generation: 1;
  readonly file: string;
  /** vGPU software release, 18.1. */
  readonly major: bigint;
  readonly minor: bigint;
  /** 128 bytes. */
  readonly features: Uint8Array;
  readonly gspVersion: string;
  readonly types: readonly Gen1Types[];
}

/**
 * Reads a type file of the first generation. All of it is checked before anything is handed out. The format lets a
 * file name the firmware command it wants sent; only the one that adds types is accepted.
 *
 * @throws {FirmwareFileError} for anything that is not such a file.
 */
export function parseGen1TypeFile(bytes: Uint8Array, name: string): Gen1TypeFile {
  const file = new FileBytes(name, bytes);
  if (bytes.length > TYPE_FILE_GEN1.maxSize) {
    file.fail('UNSUPPORTED', { field: 'size', value: bytes.length, message: 'is over the 1 GiB that a type file may have' });
  }
  const header = file.record(MAIN_HEADER, 0, 'header');
  const offset = (field: keyof MainHeader): number => offsetOf(MAIN_HEADER, field);
  if (String.fromCharCode(...header.identifier) !== TYPE_FILE_GEN1.identifier) {
    file.fail('BAD_MAGIC', { field: 'identifier', offset: 0, message: `should be ${TYPE_FILE_GEN1.identifier}` });
  }
  const crc = crc32Register(bytes.subarray(MAIN_HEADER.offsets.major));
  if (header.crc32 !== crc) file.fail('BAD_CHECKSUM', { field: 'crc32', offset: offset('crc32'), value: header.crc32, message: `the content has 0x${hex(crc, 8)}` });
  if (header.padding !== 0) file.fail('BAD_HEADER', { field: 'padding', offset: offset('padding'), value: header.padding, message: 'should be zero' });
  const fits = Math.floor((file.size - MAIN_HEADER.size) / (BLOB_HEADER.size + TYPES_HEADER.size));
  if (header.blobCount < 1n || header.blobCount > BigInt(fits)) {
    file.fail('BAD_HEADER', { field: 'blobCount', offset: offset('blobCount'), value: header.blobCount, message: `should be 1 to ${fits}, which is what fits` });
  }
  const gspVersion = fixedText(header.gspVersion)
    ?? file.fail('BAD_HEADER', { field: 'gspVersion', offset: offset('gspVersion'), message: 'should be ASCII text with a NUL, and zeros, behind it' });

  const types: Gen1Types[] = [];
  let at: number = MAIN_HEADER.size;
  for (let i = 0; i < Number(header.blobCount); i++) {
    const blob = readBlob(file, at, `blobs[${i}]`);
    types.push(blob.types);
    at += blob.size;
  }
  if (at !== file.size) file.fail('BAD_HEADER', { field: 'blobCount', offset: offset('blobCount'), value: header.blobCount, message: `leaves 0x${hex(file.size - at, 1)} bytes behind the last blob` });
  const { major, minor, features } = header;
  return { generation: 1, file: name, major, minor, features, gspVersion, types };
}

function readBlob(file: FileBytes, at: number, what: string): { readonly types: Gen1Types; readonly size: number } {
  const blob = file.record(BLOB_HEADER, at, what);
  if (blob.type !== TYPE_FILE_GEN1.typesBlob) {
    file.fail('UNSUPPORTED', { field: `${what}.type`, offset: at, value: blob.type, message: 'should be 0, vGPU types' });
  }
  const size = file.size64(blob.size, `${what}.size`, at + BLOB_HEADER.offsets.size);
  file.take(at, size, what);
  const typesAt = at + BLOB_HEADER.size;
  const types = file.record(TYPES_HEADER, typesAt, what);
  const bad = (field: keyof TypesHeader, message: string): never =>
    file.fail('BAD_HEADER', { field: `${what}.${field}`, offset: typesAt + offsetOf(TYPES_HEADER, field), value: types[field], message });
  // As 64-bit numbers the sizes may add up to anything but cannot wrap.
  const parts = BigInt(BLOB_HEADER.size + TYPES_HEADER.size) + types.kernelSize + types.controlSize;
  if (blob.size !== parts) {
    file.fail('BAD_HEADER', { field: `${what}.size`, offset: at + BLOB_HEADER.offsets.size, value: blob.size, message: `should be 0x${parts.toString(16)}: headers, records and control` });
  }
  if (types.device > 0xffffn) bad('device', 'is no PCI device id');
  if (types.command !== TYPE_FILE_GEN1.command) bad('command', `should be 0x${TYPE_FILE_GEN1.command.toString(16)}; a file decides on no other`);
  if (types.kernelCount < 1n || types.kernelCount > BigInt(TYPE_FILE_GEN1.maxTypes)) bad('kernelCount', `should be 1 to ${TYPE_FILE_GEN1.maxTypes}`);
  // All of these are less than the file's size now.
  const [kernelCount, kernelSize, controlSize] = [Number(types.kernelCount), Number(types.kernelSize), Number(types.controlSize)];
  if (kernelSize === 0 || kernelSize % kernelCount !== 0) bad('kernelSize', `is not divided by ${kernelCount} records`);
  const recordSize = (controlSize - TYPE_FILE_GEN1.paramsHeaderSize) / TYPE_FILE_GEN1.maxTypes;
  if (!Number.isInteger(recordSize) || recordSize < 4) bad('controlSize', `is no room for ${TYPE_FILE_GEN1.maxTypes} types`);

  const kernelAt = typesAt + TYPES_HEADER.size;
  const kernel = file.take(kernelAt, kernelSize, `${what}.kernelRecords`);
  const controlAt = kernelAt + kernelSize;
  const control = file.take(controlAt, controlSize, `${what}.control`);
  const count = file.u32(controlAt + 4, `${what}.control.count`);
  if (count !== kernelCount) {
    file.fail('BAD_HEADER', { field: `${what}.control.count`, offset: controlAt + 4, value: count, message: `should be ${kernelCount}, as many as there are kernel records` });
  }
  const { paramsHeaderSize } = TYPE_FILE_GEN1;
  const records = splitRecords(control.subarray(paramsHeaderSize, paramsHeaderSize + count * recordSize), recordSize);
  return {
    types: { ...records, device: Number(types.device), infoOffset: types.infoOffset, infoSize: types.infoSize, kernelRecords: splitRecords(kernel, kernelSize / kernelCount).records, control },
    size,
  };
}

/** The file's bytes: sizes, counts and checksum are made anew. */
export function writeGen1TypeFile({ file, major, minor, features, gspVersion, types }: Omit<Gen1TypeFile, 'generation'>): Uint8Array {
  const sizes = types.map(({ kernelRecords, control }) =>
    kernelRecords.reduce((sum, record) => sum + record.length, BLOB_HEADER.size + TYPES_HEADER.size + control.length),
  );
  const builder = new FileBuilder(file, sizes.reduce((sum, size) => sum + size, MAIN_HEADER.size));
  let at: number = MAIN_HEADER.size;
  types.forEach(({ device, infoOffset, infoSize, kernelRecords, control }, i) => {
    const what = `blobs[${i}]`;
    const size = sizes[i]!;
    const headers = BLOB_HEADER.size + TYPES_HEADER.size;
    builder.record(BLOB_HEADER, at, { type: TYPE_FILE_GEN1.typesBlob, size: BigInt(size) }, what);
    builder.record(TYPES_HEADER, at + BLOB_HEADER.size, {
      device: BigInt(device), infoOffset, infoSize, kernelSize: BigInt(size - headers - control.length),
      kernelCount: BigInt(kernelRecords.length), command: TYPE_FILE_GEN1.command, controlSize: BigInt(control.length),
    }, what);
    let next = at + headers;
    for (const record of [...kernelRecords, control]) {
      builder.put(next, record, what);
      next += record.length;
    }
    at += size;
  });
  builder.record(MAIN_HEADER, 0, {
    identifier: ascii(TYPE_FILE_GEN1.identifier),
    crc32: 0, padding: 0, major, minor, features, gspVersion: textField(file, 'gspVersion', gspVersion, 64), blobCount: BigInt(types.length),
  }, 'header');
  return builder.u32(MAIN_HEADER.offsets.crc32, crc32Register(builder.bytes.subarray(MAIN_HEADER.offsets.major)), 'crc32').bytes;
}

/**
 * The types that a file has for a GPU on which a firmware release runs; undefined when it has none for this GPU.
 *
 * @param device PCI device id of the physical GPU.
 * @throws {FirmwareFileError} `WRONG_RELEASE` for a file made for another release or of an unknown one, `BAD_HEADER`
 * when two blobs match.
 */
export function gen1TypesFor(types: Gen1TypeFile, { device }: { readonly device: number }, running: string): TypeRecords | undefined {
  const { file, major, minor, gspVersion } = types;
  checkRelease(file, MAIN_HEADER.offsets.gspVersion, gspVersion, running);
  if (!TYPE_FILE_GEN1_RELEASES.some((known) => known.major === major && known.minor === minor && known.gspVersion === gspVersion)) {
    throw new FirmwareFileError({
      code: 'WRONG_RELEASE', file, offset: MAIN_HEADER.offsets.major, field: 'major', value: `${major}.${minor}`,
      message: `no vGPU software of this release goes with firmware ${gspVersion}`,
    });
  }
  const [match, second] = types.types.filter((each) => each.device === device);
  if (second) throw new FirmwareFileError({ code: 'BAD_HEADER', file, field: 'blobs', message: `two blobs are for device ${hex(device, 4)}` });
  return match && { recordSize: match.recordSize, records: match.records };
}
