import { array, struct, type Layout } from '@nova-stack/c-layout';

import { FileBuilder, FileBytes, type Region } from './file-bytes.ts';

/** Header of a 64-bit little-endian ELF file. Source: System V ABI, chapter 4. */
export interface ElfHeader {
  /** Magic, class, byte order, version, ABI, padding. */
  readonly ident: Uint8Array;
  readonly type: number;
  /** 0xf3 is RISC-V. */
  readonly machine: number;
  readonly version: number;
  readonly entry: bigint;
  readonly programHeaderOffset: bigint;
  /** File offset of the section headers. */
  readonly sectionHeaderOffset: bigint;
  readonly flags: number;
  readonly headerSize: number;
  readonly programHeaderEntrySize: number;
  readonly programHeaderCount: number;
  /** 64. */
  readonly sectionHeaderEntrySize: number;
  readonly sectionHeaderCount: number;
  /** Index of the section that holds the sections' names. */
  readonly sectionNamesIndex: number;
}

export interface ElfSectionHeader {
  /** Offset of the name in the section of names. */
  readonly name: number;
  readonly type: number;
  readonly flags: bigint;
  readonly address: bigint;
  /** Offset in the file, and bytes there (none when the type is NOBITS). */
  readonly offset: bigint;
  readonly size: bigint;
  readonly link: number;
  readonly info: number;
  readonly alignment: bigint;
  readonly entrySize: bigint;
}

export interface ElfSection {
  readonly name: string;
  readonly header: ElfSectionHeader;
  /** View of the file. */
  readonly bytes: Uint8Array;
}

export interface Elf64 {
  readonly file: string;
  /** Bytes of the file. */
  readonly size: number;
  readonly header: ElfHeader;
  /** In the order of their headers; the first is the empty one. */
  readonly sections: readonly ElfSection[];
  readonly rest: readonly Region[];
}

const ELF_HEADER: Layout<ElfHeader> = struct('Elf64_Ehdr', {
  ident: array('u8', 16), type: 'u16', machine: 'u16', version: 'u32', entry: 'u64', programHeaderOffset: 'u64',
  sectionHeaderOffset: 'u64', flags: 'u32', headerSize: 'u16', programHeaderEntrySize: 'u16', programHeaderCount: 'u16',
  sectionHeaderEntrySize: 'u16', sectionHeaderCount: 'u16', sectionNamesIndex: 'u16',
});
export const ELF_HEADER_SIZE: number = ELF_HEADER.size;

const SECTION_HEADER: Layout<ElfSectionHeader> = struct('Elf64_Shdr', {
  name: 'u32', type: 'u32', flags: 'u64', address: 'u64', offset: 'u64', size: 'u64', link: 'u32', info: 'u32',
  alignment: 'u64', entrySize: 'u64',
});
export const SECTION_HEADER_SIZE: number = SECTION_HEADER.size;

/** Section types that matter here: without a header of its own, and without bytes in the file. */
const NULL_SECTION = 0;
const NO_BITS = 8;
const MAX_NAME = 256;
/** Magic; 64 bits, little endian, version 1. */
export const ELF64_IDENT: readonly number[] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1];

/**
 * Reads an ELF file's sections. Nothing is copied.
 *
 * @throws {FirmwareFileError} for anything that is not such a file.
 */
export function parseElf64(bytes: Uint8Array, name: string): Elf64 {
  const file = new FileBytes(name, bytes);
  const magic = file.take(0, 4, 'elf.ident');
  if (!ELF64_IDENT.slice(0, 4).every((byte, i) => magic[i] === byte)) {
    file.fail('BAD_MAGIC', { field: 'elf.ident', offset: 0, message: 'should start with 0x7f "ELF"' });
  }
  const header = file.record(ELF_HEADER, 0, 'elf');
  ELF64_IDENT.forEach((byte, i) => {
    if (header.ident[i] === byte) return;
    file.fail('UNSUPPORTED', { field: `elf.ident[${i}]`, offset: i, value: header.ident[i]!, message: 'should be a 64-bit little-endian file of version 1' });
  });
  const at = ELF_HEADER.offsets;
  const { sectionHeaderEntrySize: entrySize, sectionHeaderCount: count, sectionNamesIndex } = header;
  if (entrySize !== SECTION_HEADER_SIZE) {
    file.fail('BAD_HEADER', { field: 'elf.sectionHeaderEntrySize', offset: at.sectionHeaderEntrySize, value: entrySize, message: 'should be 64' });
  }
  if (count === 0) file.fail('BAD_HEADER', { field: 'elf.sectionHeaderCount', offset: at.sectionHeaderCount, value: count, message: 'leaves no section' });
  if (sectionNamesIndex >= count) {
    file.fail('BAD_HEADER', { field: 'elf.sectionNamesIndex', offset: at.sectionNamesIndex, value: sectionNamesIndex, message: `is not one of ${count} sections` });
  }

  const sectionHeaderOffset = file.size64(header.sectionHeaderOffset, 'elf.sectionHeaderOffset', at.sectionHeaderOffset);
  file.take(sectionHeaderOffset, count * SECTION_HEADER_SIZE, 'elf.sections');
  const headers = Array.from({ length: count }, (_, i) =>
    file.record(SECTION_HEADER, sectionHeaderOffset + i * SECTION_HEADER_SIZE, `elf.sections[${i}]`),
  );
  const contents = headers.map((section, i) => {
    if (section.type === NULL_SECTION || section.type === NO_BITS) return bytes.subarray(0, 0);
    const place = sectionHeaderOffset + i * SECTION_HEADER_SIZE;
    const offset = file.size64(section.offset, `elf.sections[${i}].offset`, place + SECTION_HEADER.offsets.offset);
    const size = file.size64(section.size, `elf.sections[${i}].size`, place + SECTION_HEADER.offsets.size);
    return file.take(offset, size, `elf.sections[${i}].bytes`);
  });
  const names = contents[sectionNamesIndex]!;
  const sections = headers.map((section, i) => ({
    name: sectionName(file, names, section.name, i, sectionHeaderOffset + i * SECTION_HEADER_SIZE),
    header: section,
    bytes: contents[i]!,
  }));
  return { file: name, size: bytes.length, header, sections, rest: file.rest() };
}

function sectionName(file: FileBytes, names: Uint8Array, start: number, index: number, offset: number): string {
  // A search over the whole table for every section would take time that grows with the product of both.
  const window = start <= names.length ? names.subarray(start, start + MAX_NAME + 1) : names.subarray(0, 0);
  const end = window.indexOf(0);
  if (end >= 0) return String.fromCharCode(...window.subarray(0, end));
  return file.fail('BAD_HEADER', {
    field: `elf.sections[${index}].name`, offset, value: start,
    message: `names no text of at most ${MAX_NAME} characters in a table of 0x${names.length.toString(16)} bytes`,
  });
}

/** The file's bytes again. */
export function writeElf64({ file, size, header, sections, rest }: Elf64): Uint8Array {
  const builder = new FileBuilder(file, size).putAll(rest);
  for (const { bytes, header: section, name } of sections) {
    if (bytes.length > 0) builder.put(Number(section.offset), bytes, name);
  }
  sections.forEach((section, i) => {
    builder.record(SECTION_HEADER, Number(header.sectionHeaderOffset) + i * SECTION_HEADER_SIZE, section.header, `elf.sections[${i}]`);
  });
  return builder.record(ELF_HEADER, 0, header, 'elf').bytes;
}
