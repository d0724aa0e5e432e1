import type { FileBytes } from './file-bytes.ts';
import { words, type Layout } from './record.ts';

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

export const BIN_HEADER: Layout<BinHeader> = words<BinHeader>('magic', 'version', 'totalSize', 'headerOffset', 'dataOffset', 'dataSize');
export const BIN_HEADER_SIZE = 24;
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
  if (bin.version !== BIN_VERSION) file.fail('UNSUPPORTED', { field: 'bin.version', offset: 4, value: bin.version, message: 'should be 1' });
  if (bin.headerOffset < BIN_HEADER_SIZE) {
    file.fail('BAD_HEADER', { field: 'bin.headerOffset', offset: 12, value: bin.headerOffset, message: 'lies within the container\'s own header' });
  }
  if (bin.dataOffset < BIN_HEADER_SIZE) {
    file.fail('BAD_HEADER', { field: 'bin.dataOffset', offset: 16, value: bin.dataOffset, message: 'lies within the container\'s own header' });
  }
  if (bin.dataSize === 0) file.fail('BAD_HEADER', { field: 'bin.dataSize', offset: 20, value: 0, message: 'leaves nothing to load' });
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
