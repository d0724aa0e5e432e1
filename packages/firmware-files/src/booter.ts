import { struct, type Layout } from '@nova-stack/c-layout';

import { BIN_HEADER, BIN_HEADER_SIZE, BIN_MAGIC, BIN_VERSION, checkPart, readBin, type BinHeader } from './bin-header.ts';
import { FileBuilder, FileBytes, type Region } from './file-bytes.ts';

/**
 * Header of heavy-secure ucode, version 2. Offsets in the file, sizes in bytes.
 * Source: linux: drivers/gpu/drm/nouveau/include/nvfw/hs.h (nvfw_hs_header_v2).
 */
export interface HsHeader {
  /** All production signatures, back to back. */
  readonly signaturesOffset: number;
  readonly signaturesSize: number;
  /** Where the value of {@link Booter.patchLocation} stands. */
  readonly patchLocationOffset: number;
  /** Where the value of {@link Booter.signatureShift} stands. */
  readonly signatureShiftOffset: number;
  readonly metadataOffset: number;
  readonly metadataSize: number;
  /** Where the number of signatures stands. */
  readonly signatureCountOffset: number;
  readonly loadHeaderOffset: number;
  readonly loadHeaderSize: number;
}

/** What the boot ROM is told. */
export interface BooterMetadata {
  /** Fuse version that the first signature is for. */
  readonly fuseVersion: number;
  /** Bit per engine that may run it; 1 = SEC2. */
  readonly engineIdMask: number;
  readonly ucodeId: number;
}

/** What to load where; offsets are into the data part. Source: hs.h (nvfw_hs_load_header_v2). */
export interface BooterLoadHeader {
  readonly osCodeOffset: number;
  readonly osCodeSize: number;
  readonly osDataOffset: number;
  readonly osDataSize: number;
  readonly appCount: number;
}

/** A secure part of the code. */
export interface BooterApp {
  readonly codeOffset: number;
  readonly codeSize: number;
  readonly dataOffset: number;
  readonly dataSize: number;
}

const HS_HEADER: Layout<HsHeader> = struct('nvfw_hs_header_v2', {
  signaturesOffset: 'u32', signaturesSize: 'u32', patchLocationOffset: 'u32', signatureShiftOffset: 'u32',
  metadataOffset: 'u32', metadataSize: 'u32', signatureCountOffset: 'u32', loadHeaderOffset: 'u32',
  loadHeaderSize: 'u32',
});
const METADATA: Layout<BooterMetadata> = struct('nvfw_hs_metadata', {
  fuseVersion: 'u32', engineIdMask: 'u32', ucodeId: 'u32',
});
const LOAD_HEADER: Layout<BooterLoadHeader> = struct('nvfw_hs_load_header_v2', {
  osCodeOffset: 'u32', osCodeSize: 'u32', osDataOffset: 'u32', osDataSize: 'u32', appCount: 'u32',
});
const APP: Layout<BooterApp> = struct('nvfw_hs_load_header_v2_app', {
  codeOffset: 'u32', codeSize: 'u32', dataOffset: 'u32', dataSize: 'u32',
});
/** Known files have one app; more than this is damage. */
const MAX_APPS = 16;
const MAX_SIGNATURES = 64;

/** `booter_load-*.bin` and `booter_unload-*.bin`: SEC2 ucode that sets up, or takes down, the protected region. */
export interface Booter {
  readonly file: string;
  /** Bytes of the file. */
  readonly size: number;
  readonly bin: BinHeader;
  readonly hs: HsHeader;
  /** Data offset of the slot that gets the signature. */
  readonly patchLocation: number;
  /** Bytes between {@link HsHeader.signaturesOffset} and the first signature; 0 in known files. */
  readonly signatureShift: number;
  /** All of one length; views of the file. */
  readonly signatures: readonly Uint8Array[];
  readonly metadata: BooterMetadata;
  readonly load: BooterLoadHeader;
  /** At least one. */
  readonly apps: readonly BooterApp[];
  readonly data: Uint8Array;
  readonly rest: readonly Region[];

  /** DMEM offset of the signature slot: what the boot ROM's parameter address is set to. */
  readonly pkcOffset: number;
  /** The first app's code: secure IMEM. A view of {@link Booter.data}. */
  readonly imem: Uint8Array;
  /** Initialised data, with an empty signature slot. A view of {@link Booter.data}. */
  readonly dmem: Uint8Array;
}

/**
 * Reads a booter.
 *
 * @throws {FirmwareFileError} for anything that is not such a file.
 */
export function parseBooter(bytes: Uint8Array, name: string): Booter {
  const file = new FileBytes(name, bytes);
  const { bin, data } = readBin(file);
  const hsAt = bin.headerOffset;
  const hs = file.record(HS_HEADER, hsAt, 'hs');

  const patchLocation = file.u32(hs.patchLocationOffset, 'patchLocation');
  const signatureShift = file.u32(hs.signatureShiftOffset, 'signatureShift');
  const signatures = readSignatures(file, hs, hsAt, signatureShift);
  if (hs.metadataSize < METADATA.size) {
    file.fail('BAD_HEADER', { field: 'hs.metadataSize', offset: hsAt + HS_HEADER.offsets.metadataSize, value: hs.metadataSize, message: 'should be 12 or more' });
  }
  const metadata = file.record(METADATA, hs.metadataOffset, 'metadata');

  const loadAt = hs.loadHeaderOffset;
  const load = file.record(LOAD_HEADER, loadAt, 'load');
  const apps = readApps(file, hs, load.appCount);
  const part = (field: string, at: number, offset: number, size: number): void => checkPart(file, data, { field, at, offset, size });
  part('load.osCodeOffset', loadAt, load.osCodeOffset, load.osCodeSize);
  part('load.osDataOffset', loadAt + LOAD_HEADER.offsets.osDataOffset, load.osDataOffset, load.osDataSize);
  apps.forEach((app, i) => {
    const at = loadAt + LOAD_HEADER.size + i * APP.size;
    part(`load.apps[${i}].codeOffset`, at, app.codeOffset, app.codeSize);
    part(`load.apps[${i}].dataOffset`, at + 8, app.dataOffset, app.dataSize);
  });

  const pkcOffset = patchLocation - load.osDataOffset;
  if (pkcOffset < 0 || pkcOffset + signatures[0]!.length > load.osDataSize) {
    file.fail('BAD_HEADER', { field: 'patchLocation', offset: hs.patchLocationOffset, value: patchLocation, message: 'leaves no room for a signature in the initialised data' });
  }
  const [app] = apps;
  return {
    file: name, size: bytes.length, bin, hs, patchLocation, signatureShift, signatures, metadata, load, apps, data,
    rest: file.rest(), pkcOffset,
    imem: data.subarray(app!.codeOffset, app!.codeOffset + app!.codeSize),
    dmem: data.subarray(load.osDataOffset, load.osDataOffset + load.osDataSize),
  };
}

function readSignatures(file: FileBytes, hs: HsHeader, hsAt: number, shift: number): Uint8Array[] {
  const count = file.u32(hs.signatureCountOffset, 'signatureCount');
  if (count < 1 || count > MAX_SIGNATURES) {
    file.fail('BAD_HEADER', { field: 'signatureCount', offset: hs.signatureCountOffset, value: count, message: `should be 1 to ${MAX_SIGNATURES}` });
  }
  const each = hs.signaturesSize / count;
  if (!Number.isInteger(each) || each === 0) {
    file.fail('BAD_HEADER', {
      field: 'hs.signaturesSize', offset: hsAt + HS_HEADER.offsets.signaturesSize, value: hs.signaturesSize,
      message: `is not divided by ${count} signatures`,
    });
  }
  const all = file.take(hs.signaturesOffset + shift, hs.signaturesSize, 'signatures');
  return Array.from({ length: count }, (_, i) => all.subarray(i * each, (i + 1) * each));
}

function readApps(file: FileBytes, hs: HsHeader, count: number): BooterApp[] {
  const at = hs.loadHeaderOffset;
  if (count < 1 || count > MAX_APPS) {
    file.fail('BAD_HEADER', { field: 'load.appCount', offset: at + LOAD_HEADER.offsets.appCount, value: count, message: `should be 1 to ${MAX_APPS}` });
  }
  if (hs.loadHeaderSize < LOAD_HEADER.size + count * APP.size) {
    file.fail('BAD_HEADER', { field: 'load.appCount', offset: at + LOAD_HEADER.offsets.appCount, value: count, message: `does not fit a load header of 0x${hs.loadHeaderSize.toString(16)} bytes` });
  }
  return Array.from({ length: count }, (_, i) => file.record(APP, at + LOAD_HEADER.size + i * APP.size, `load.apps[${i}]`));
}

/** What a booter's file is made of; the rest of {@link Booter} follows from it. */
export type BooterParts = Omit<Booter, 'pkcOffset' | 'imem' | 'dmem'>;

/** The file's bytes again. */
export function writeBooter(booter: BooterParts): Uint8Array {
  const { bin, hs, load, apps, signatures } = booter;
  const builder = new FileBuilder(booter.file, booter.size)
    .putAll(booter.rest)
    .put(bin.dataOffset, booter.data, 'data')
    .record(METADATA, hs.metadataOffset, booter.metadata, 'metadata');
  signatures.forEach((signature, i) => {
    builder.put(hs.signaturesOffset + booter.signatureShift + i * signature.length, signature, `signatures[${i}]`);
  });
  apps.forEach((app, i) => builder.record(APP, hs.loadHeaderOffset + LOAD_HEADER.size + i * APP.size, app, `load.apps[${i}]`));
  return builder
    .record(LOAD_HEADER, hs.loadHeaderOffset, load, 'load')
    .u32(hs.patchLocationOffset, booter.patchLocation, 'patchLocation')
    .u32(hs.signatureShiftOffset, booter.signatureShift, 'signatureShift')
    .u32(hs.signatureCountOffset, signatures.length, 'signatureCount')
    .record(HS_HEADER, bin.headerOffset, hs, 'hs')
    .record(BIN_HEADER, 0, bin, 'bin').bytes;
}

const BLOCK = 0x100;

/** A booter's content, without what follows from how its file is laid out. */
export interface BooterContent {
  readonly load: Omit<BooterLoadHeader, 'appCount'>;
  readonly app: { readonly codeOffset: number; readonly codeSize: number };
  readonly patchLocation: number;
  readonly metadata: BooterMetadata;
  /** All of one length. */
  readonly signatures: readonly Uint8Array[];
  readonly data: Uint8Array;
}

/** A booter's file from its content, laid out as known files are: headers right behind each other, the data after the next multiple of 4. */
export function composeBooter({ load, app, patchLocation, metadata, signatures, data }: BooterContent, file: string): Uint8Array {
  const signaturesOffset = BIN_HEADER_SIZE + HS_HEADER.size;
  const signaturesSize = signatures.reduce((size, { length }) => size + length, 0);
  const patchLocationOffset = signaturesOffset + signaturesSize;
  const signatureShiftOffset = patchLocationOffset + 4;
  const metadataOffset = signatureShiftOffset + 4;
  const signatureCountOffset = metadataOffset + METADATA.size;
  const loadHeaderOffset = signatureCountOffset + 4;
  const loadHeaderSize = LOAD_HEADER.size + APP.size;
  const dataOffset = loadHeaderOffset + loadHeaderSize;
  const size = dataOffset + data.length;
  return writeBooter({
    file, size,
    bin: { magic: BIN_MAGIC, version: BIN_VERSION, totalSize: Math.ceil(size / BLOCK) * BLOCK, headerOffset: BIN_HEADER_SIZE, dataOffset, dataSize: data.length },
    hs: {
      signaturesOffset, signaturesSize, patchLocationOffset, signatureShiftOffset, metadataOffset,
      metadataSize: METADATA.size, signatureCountOffset, loadHeaderOffset, loadHeaderSize,
    },
    patchLocation, signatureShift: 0, signatures, metadata,
    load: { ...load, appCount: 1 },
    apps: [{ codeOffset: app.codeOffset, codeSize: app.codeSize, dataOffset: app.codeOffset, dataSize: 0 }],
    data,
    rest: [],
  });
}
