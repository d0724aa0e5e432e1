import { struct, type Layout } from '@nova-stack/c-layout';

import type { FileBytes } from './file-bytes.ts';

/**
 * The header at the start of every NVIDIA `.bin` container. Offsets and sizes in bytes.
 * Source: linux: drivers/gpu/drm/nouveau/include/nvfw/fw.h (nvfw_bin_hdr).
 */
export interface BinHeader {
  /** 0x10de. */
  readonly magic: number;
  /** 1. */
  readonly version: number;
  /** As the build rounded it up: usually more than the file has, so nobody checks it. */
  readonly totalSize: number;
  /** Where the header of the particular kind of file starts. */
  readonly headerOffset: number;
  readonly dataOffset: number;
  readonly dataSize: number;
}

export const BIN_HEADER: Layout<BinHeader> = struct('nvfw_bin_hdr', {
  magic: 'u32', version: 'u32', totalSize: 'u32', headerOffset: 'u32', dataOffset: 'u32', dataSize: 'u32',
});
export const BIN_HEADER_SIZE: number = BIN_HEADER.size;
export const BIN_MAGIC = 0x10de;
export const BIN_VERSION = 1;

/**
 * Reads header and data of a container.
 *
 * @throws {FirmwareFileError} `BAD_MAGIC`, `UNSUPPORTED`, `BAD_HEADER` or `TRUNCATED`.
 */
export function readBin(file: FileBytes): { readonly bin: BinHeader; readonly data: Uint8Array } {
  const bin = file.record(BIN_HEADER, 0, 'bin');
  if (bin.magic !== BIN_MAGIC) file.fail('BAD_MAGIC', { field: 'bin.magic', offset: 0, value: bin.magic, message: 'should be 0x10de' });
  if (bin.version !== BIN_VERSION) file.fail('UNSUPPORTED', { field: 'bin.version', offset: BIN_HEADER.offsets.version, value: bin.version, message: 'should be 1' });
  if (bin.headerOffset < BIN_HEADER_SIZE) {
    file.fail('BAD_HEADER', { field: 'bin.headerOffset', offset: BIN_HEADER.offsets.headerOffset, value: bin.headerOffset, message: 'lies within the container\'s own header' });
  }
  if (bin.dataOffset < BIN_HEADER_SIZE) {
    file.fail('BAD_HEADER', { field: 'bin.dataOffset', offset: BIN_HEADER.offsets.dataOffset, value: bin.dataOffset, message: 'lies within the container\'s own header' });
  }
  if (bin.dataSize === 0) file.fail('BAD_HEADER', { field: 'bin.dataSize', offset: BIN_HEADER.offsets.dataSize, value: 0, message: 'leaves nothing to load' });
  return { bin, data: file.take(bin.dataOffset, bin.dataSize, 'bin.data') };
}

/**
 * Checks that a part which a header describes lies in the container's data.
 *
 * @throws {FirmwareFileError} `BAD_HEADER`.
 */
export function checkPart(file: FileBytes, data: Uint8Array, part: { readonly field: string; readonly at: number; readonly offset: number; readonly size: number }): void {
  if (part.offset <= data.length && part.size <= data.length - part.offset) return;
  file.fail('BAD_HEADER', {
    field: part.field, offset: part.at, value: part.offset,
    message: `with 0x${part.size.toString(16)} bytes leaves the data, which has 0x${data.length.toString(16)}`,
  });
}
