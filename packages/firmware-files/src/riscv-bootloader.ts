import { struct, type Layout } from '@nova-stack/c-layout';

import { BIN_HEADER, BIN_HEADER_SIZE, BIN_MAGIC, BIN_VERSION, checkPart, readBin, type BinHeader } from './bin-header.ts';
import { FileBuilder, FileBytes, offsetOf, type Region } from './file-bytes.ts';

/** What a descriptor of every revision holds; offsets are into the data part, in bytes. */
export interface BootloaderDescriptor {
  /** 4 (Turing, GA100) or 5. */
  readonly version: number;
  readonly bootloaderOffset: number;
  readonly bootloaderSize: number;
  readonly bootloaderParamOffset: number;
  readonly bootloaderParamSize: number;
  readonly riscvElfOffset: number;
  readonly riscvElfSize: number;
  /** Written to the falcon's OS register; 0 in every known file. */
  readonly appVersion: number;
  readonly manifestOffset: number;
  readonly manifestSize: number;
  readonly monitorDataOffset: number;
  readonly monitorDataSize: number;
  readonly monitorCodeOffset: number;
  readonly monitorCodeSize: number;
  readonly monitorEnabled: number;
  readonly swbromCodeOffset: number;
  readonly swbromCodeSize: number;
  readonly swbromDataOffset: number;
  readonly swbromDataSize: number;
}

/** The words that version 5 has behind those of version 4. */
export interface BootloaderDescriptorTail {
  readonly fbReservedSize: number;
  readonly signedAsCode: number;
}

const DESCRIPTOR: Layout<BootloaderDescriptor> = struct('RM_RISCV_UCODE_DESC_V4', {
  version: 'u32', bootloaderOffset: 'u32', bootloaderSize: 'u32', bootloaderParamOffset: 'u32',
  bootloaderParamSize: 'u32', riscvElfOffset: 'u32', riscvElfSize: 'u32', appVersion: 'u32',
  manifestOffset: 'u32', manifestSize: 'u32', monitorDataOffset: 'u32', monitorDataSize: 'u32',
  monitorCodeOffset: 'u32', monitorCodeSize: 'u32', monitorEnabled: 'u32', swbromCodeOffset: 'u32',
  swbromCodeSize: 'u32', swbromDataOffset: 'u32', swbromDataSize: 'u32',
});
const TAIL: Layout<BootloaderDescriptorTail> = struct('RM_RISCV_UCODE_DESC_V5_TAIL', {
  fbReservedSize: 'u32', signedAsCode: 'u32',
});

/** Parts of the data that a descriptor names. */
const PARTS = [
  ['bootloaderOffset', 'bootloaderSize'], ['bootloaderParamOffset', 'bootloaderParamSize'],
  ['riscvElfOffset', 'riscvElfSize'], ['manifestOffset', 'manifestSize'], ['monitorDataOffset', 'monitorDataSize'],
  ['monitorCodeOffset', 'monitorCodeSize'], ['swbromCodeOffset', 'swbromCodeSize'], ['swbromDataOffset', 'swbromDataSize'],
] as const;

/** `bootloader-*.bin`: what starts the GSP's RISC-V core. */
export interface RiscvBootloader {
  readonly file: string;
  /** Bytes of the file. */
  readonly size: number;
  readonly bin: BinHeader;
  readonly descriptor: BootloaderDescriptor;
  /** Undefined in version 4. */
  readonly tail: BootloaderDescriptorTail | undefined;
  /** What is put in memory; a view of the file. */
  readonly data: Uint8Array;
  readonly rest: readonly Region[];
}

/**
 * Reads a RISC-V bootloader.
 * Source: open-gpu-kernel-modules 570.144: src/nvidia/arch/nvalloc/common/inc/rmRiscvUcode.h (RM_RISCV_UCODE_DESC).
 *
 * @throws {FirmwareFileError} for anything that is not such a file.
 */
export function parseRiscvBootloader(bytes: Uint8Array, name: string): RiscvBootloader {
  const file = new FileBytes(name, bytes);
  const { bin, data } = readBin(file);
  const at = bin.headerOffset;
  const descriptor = file.record(DESCRIPTOR, at, 'descriptor');
  if (descriptor.version !== 4 && descriptor.version !== 5) {
    file.fail('UNSUPPORTED', { field: 'descriptor.version', offset: at, value: descriptor.version, message: 'should be 4 or 5' });
  }
  const tail = descriptor.version === 4 ? undefined : file.record(TAIL, at + DESCRIPTOR.size, 'descriptor');
  for (const [offset, size] of PARTS) {
    checkPart(file, data, {
      field: `descriptor.${offset}`, at: at + offsetOf(DESCRIPTOR, offset), offset: descriptor[offset], size: descriptor[size],
    });
  }
  return { file: name, size: bytes.length, bin, descriptor, tail, data, rest: file.rest() };
}

/** The file's bytes again. */
export function writeRiscvBootloader(bootloader: RiscvBootloader): Uint8Array {
  const { bin, descriptor, tail } = bootloader;
  const builder = new FileBuilder(bootloader.file, bootloader.size)
    .putAll(bootloader.rest)
    .record(BIN_HEADER, 0, bin, 'bin')
    .record(DESCRIPTOR, bin.headerOffset, descriptor, 'descriptor')
    .put(bin.dataOffset, bootloader.data, 'data');
  if (tail) builder.record(TAIL, bin.headerOffset + DESCRIPTOR.size, tail, 'descriptor');
  return builder.bytes;
}

const BLOCK = 0x100;

/** A bootloader's file from its descriptor and data, laid out as known files are; a `tail` makes it one of version 5. */
export function composeRiscvBootloader({ descriptor, tail, data }: Pick<RiscvBootloader, 'descriptor' | 'tail' | 'data'>, file: string): Uint8Array {
  const dataOffset = BIN_HEADER_SIZE + DESCRIPTOR.size + (tail ? TAIL.size : 0);
  return writeRiscvBootloader({
    file, size: dataOffset + data.length,
    bin: { magic: BIN_MAGIC, version: BIN_VERSION, totalSize: data.length + BLOCK, headerOffset: BIN_HEADER_SIZE, dataOffset, dataSize: data.length },
    descriptor, tail, data, rest: [],
  });
}
