import { struct, type Layout } from '@nova-stack/c-layout';

import { BIN_HEADER, BIN_HEADER_SIZE, BIN_MAGIC, BIN_VERSION, checkPart, readBin, type BinHeader } from './bin-header.ts';
import { FileBuilder, FileBytes, offsetOf, type Region } from './file-bytes.ts';

/** Offsets into the data part, in bytes. */
export interface FalconBootloaderDescriptor {
  /** IMEM tag (virtual address >> 8) at which it is started. */
  readonly startTag: number;
  /** DMEM offset where it expects its own descriptor. */
  readonly dmemLoadOffset: number;
  readonly codeOffset: number;
  readonly codeSize: number;
  readonly dataOffset: number;
  readonly dataSize: number;
}

const DESCRIPTOR: Layout<FalconBootloaderDescriptor> = struct('nvfw_bl_desc', {
  startTag: 'u32', dmemLoadOffset: 'u32', codeOffset: 'u32', codeSize: 'u32', dataOffset: 'u32',
  dataSize: 'u32',
});

/** `acr/bl.bin` and `gsp/gen_bootloader-*.bin`: loads FWSEC on Turing and GA100, whose falcons cannot by themselves. */
export interface FalconBootloader {
  readonly file: string;
  /** Bytes of the file. */
  readonly size: number;
  readonly bin: BinHeader;
  readonly descriptor: FalconBootloaderDescriptor;
  readonly data: Uint8Array;
  /** The code within {@link FalconBootloader.data}. */
  readonly code: Uint8Array;
  readonly rest: readonly Region[];
}

/**
 * Reads a falcon bootloader.
 * Source: linux: drivers/gpu/drm/nouveau/include/nvfw/fw.h (nvfw_bl_desc).
 *
 * @throws {FirmwareFileError} for anything that is not such a file.
 */
export function parseFalconBootloader(bytes: Uint8Array, name: string): FalconBootloader {
  const file = new FileBytes(name, bytes);
  const { bin, data } = readBin(file);
  const descriptor = file.record(DESCRIPTOR, bin.headerOffset, 'descriptor');
  for (const [offset, size] of [['codeOffset', 'codeSize'], ['dataOffset', 'dataSize']] as const) {
    checkPart(file, data, {
      field: `descriptor.${offset}`, at: bin.headerOffset + offsetOf(DESCRIPTOR, offset), offset: descriptor[offset], size: descriptor[size],
    });
  }
  const { codeOffset, codeSize } = descriptor;
  return { file: name, size: bytes.length, bin, descriptor, data, code: data.subarray(codeOffset, codeOffset + codeSize), rest: file.rest() };
}

/** The file's bytes again. */
export function writeFalconBootloader({ file, size, bin, descriptor, data, rest }: FalconBootloader): Uint8Array {
  return new FileBuilder(file, size)
    .putAll(rest)
    .record(BIN_HEADER, 0, bin, 'bin')
    .record(DESCRIPTOR, bin.headerOffset, descriptor, 'descriptor')
    .put(bin.dataOffset, data, 'data').bytes;
}

const BLOCK = 0x100;

/** A falcon bootloader's file from its descriptor and data, laid out as known files are. */
export function composeFalconBootloader({ descriptor, data }: Pick<FalconBootloader, 'descriptor' | 'data'>, file: string): Uint8Array {
  const dataOffset = BIN_HEADER_SIZE + DESCRIPTOR.size;
  const size = dataOffset + data.length;
  return writeFalconBootloader({
    file, size,
    bin: { magic: BIN_MAGIC, version: BIN_VERSION, totalSize: Math.ceil(size / BLOCK) * BLOCK, headerOffset: BIN_HEADER_SIZE, dataOffset, dataSize: data.length },
    descriptor, data, code: data.subarray(descriptor.codeOffset, descriptor.codeOffset + descriptor.codeSize), rest: [],
  });
}
