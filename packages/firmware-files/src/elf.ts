import { array, struct, type Layout } from '@nova-stack/c-layout';

import { FileBuilder, FileBytes, offsetOf, type Region } from './file-bytes.ts';

/** Header of a little-endian ELF file; `W` is what addresses and offsets are told in. Source: System V ABI, chapter 4. */
export interface ElfHeaderOf<W extends number | bigint> {
  /** Magic, class, byte order, version, ABI, padding. */
  readonly ident: Uint8Array;
  readonly type: number;
  /** 0xf3 is RISC-V. */
  readonly machine: number;
  readonly version: number;
  readonly entry: W;
  readonly programHeaderOffset: W;
  /** File offset of the section headers. */
  readonly sectionHeaderOffset: W;
  readonly flags: number;
  readonly headerSize: number;
  readonly programHeaderEntrySize: number;
  readonly programHeaderCount: number;
  /** 64, or 40 in a 32-bit file. */
  readonly sectionHeaderEntrySize: number;
  readonly sectionHeaderCount: number;
  /** Index of the section that holds the sections' names. */
  readonly sectionNamesIndex: number;
}

export interface ElfSectionHeaderOf<W extends number | bigint> {
  /** Offset of the name in the section of names. */
  readonly name: number;
  readonly type: number;
  readonly flags: W;
  readonly address: W;
  /** Offset in the file, and bytes there (none when the type is NOBITS). */
  readonly offset: W;
  readonly size: W;
  readonly link: number;
  readonly info: number;
  readonly alignment: W;
  readonly entrySize: W;
}

export interface ElfSectionOf<W extends number | bigint> {
  readonly name: string;
  readonly header: ElfSectionHeaderOf<W>;
  /** View of the file. */
  readonly bytes: Uint8Array;
}

export interface ElfOf<W extends number | bigint> {
  readonly file: string;
  /** Bytes of the file. */
  readonly size: number;
  readonly header: ElfHeaderOf<W>;
  /** In the order of their headers; the first is the empty one. */
  readonly sections: readonly ElfSectionOf<W>[];
  readonly rest: readonly Region[];
}

export type Elf64 = ElfOf<bigint>;
export type ElfHeader = ElfHeaderOf<bigint>;
export type ElfSectionHeader = ElfSectionHeaderOf<bigint>;
export type ElfSection = ElfSectionOf<bigint>;
export type Elf32 = ElfOf<number>;

/** One of the two classes of ELF files. */
interface Form<W extends number | bigint> {
  readonly bits: 32 | 64;
  /** Magic; class, little endian, version 1. */
  readonly ident: readonly number[];
  readonly header: Layout<ElfHeaderOf<W>>;
  readonly section: Layout<ElfSectionHeaderOf<W>>;
}

function form<W extends number | bigint>(bits: 32 | 64, fileClass: number): Form<W> {
  const word = bits === 64 ? 'u64' as const : 'u32' as const;
  const header = struct(`Elf${bits}_Ehdr`, {
    ident: array('u8', 16), type: 'u16', machine: 'u16', version: 'u32', entry: word, programHeaderOffset: word,
    sectionHeaderOffset: word, flags: 'u32', headerSize: 'u16', programHeaderEntrySize: 'u16', programHeaderCount: 'u16',
    sectionHeaderEntrySize: 'u16', sectionHeaderCount: 'u16', sectionNamesIndex: 'u16',
  });
  const section = struct(`Elf${bits}_Shdr`, {
    name: 'u32', type: 'u32', flags: word, address: word, offset: word, size: word, link: 'u32', info: 'u32', alignment: word, entrySize: word,
  });
  return {
    bits, ident: [0x7f, 0x45, 0x4c, 0x46, fileClass, 1, 1],
    // The width of a word decides whether it is a number or a bigint.
    header: header as unknown as Layout<ElfHeaderOf<W>>, section: section as unknown as Layout<ElfSectionHeaderOf<W>>,
  };
}
const FORM64: Form<bigint> = form(64, 2);
const FORM32: Form<number> = form(32, 1);

export const ELF64_IDENT: readonly number[] = FORM64.ident;
export const ELF_HEADER_SIZE: number = FORM64.header.size;
export const SECTION_HEADER_SIZE: number = FORM64.section.size;
export const ELF32_IDENT: readonly number[] = FORM32.ident;
export const ELF32_HEADER_SIZE: number = FORM32.header.size;
export const SECTION_HEADER32_SIZE: number = FORM32.section.size;

/** Section types that matter here: without a header of its own, and without bytes in the file. */
const NULL_SECTION = 0;
const NO_BITS = 8;
const MAX_NAME = 256;

/**
 * Reads the sections of a 64-bit file. Nothing is copied.
 *
 * @throws {FirmwareFileError} for anything that is not such a file.
 */
export const parseElf64 = (bytes: Uint8Array, name: string): Elf64 => parseElf(FORM64, bytes, name);

/** The file's bytes again. */
export const writeElf64 = (elf: Elf64): Uint8Array => writeElf(FORM64, elf);

/** As {@link parseElf64}, of a 32-bit file. @throws {FirmwareFileError} */
export const parseElf32 = (bytes: Uint8Array, name: string): Elf32 => parseElf(FORM32, bytes, name);

/** The file's bytes again. */
export const writeElf32 = (elf: Elf32): Uint8Array => writeElf(FORM32, elf);

function parseElf<W extends number | bigint>({ bits, ident, header: headerLayout, section: sectionLayout }: Form<W>, bytes: Uint8Array, name: string): ElfOf<W> {
  const file = new FileBytes(name, bytes);
  const magic = file.take(0, 4, 'elf.ident');
  if (!ident.slice(0, 4).every((byte, i) => magic[i] === byte)) {
    file.fail('BAD_MAGIC', { field: 'elf.ident', offset: 0, message: 'should start with 0x7f "ELF"' });
  }
  const header = file.record(headerLayout, 0, 'elf');
  ident.forEach((byte, i) => {
    if (header.ident[i] === byte) return;
    file.fail('UNSUPPORTED', { field: `elf.ident[${i}]`, offset: i, value: header.ident[i]!, message: `should be a ${bits}-bit little-endian file of version 1` });
  });
  const at = (field: keyof ElfHeaderOf<W>): number => offsetOf(headerLayout, field);
  const { sectionHeaderEntrySize: entrySize, sectionHeaderCount: count, sectionNamesIndex } = header;
  if (entrySize !== sectionLayout.size) {
    file.fail('BAD_HEADER', { field: 'elf.sectionHeaderEntrySize', offset: at('sectionHeaderEntrySize'), value: entrySize, message: `should be ${sectionLayout.size}` });
  }
  if (count === 0) file.fail('BAD_HEADER', { field: 'elf.sectionHeaderCount', offset: at('sectionHeaderCount'), value: count, message: 'leaves no section' });
  if (sectionNamesIndex >= count) {
    file.fail('BAD_HEADER', { field: 'elf.sectionNamesIndex', offset: at('sectionNamesIndex'), value: sectionNamesIndex, message: `is not one of ${count} sections` });
  }

  const sectionHeaderOffset = file.size64(BigInt(header.sectionHeaderOffset), 'elf.sectionHeaderOffset', at('sectionHeaderOffset'));
  file.take(sectionHeaderOffset, count * sectionLayout.size, 'elf.sections');
  const headers = Array.from({ length: count }, (_, i) =>
    file.record(sectionLayout, sectionHeaderOffset + i * sectionLayout.size, `elf.sections[${i}]`),
  );
  const contents = headers.map((section, i) => {
    if (section.type === NULL_SECTION || section.type === NO_BITS) return bytes.subarray(0, 0);
    const place = sectionHeaderOffset + i * sectionLayout.size;
    const offset = file.size64(BigInt(section.offset), `elf.sections[${i}].offset`, place + offsetOf(sectionLayout, 'offset'));
    const size = file.size64(BigInt(section.size), `elf.sections[${i}].size`, place + offsetOf(sectionLayout, 'size'));
    return file.take(offset, size, `elf.sections[${i}].bytes`);
  });
  const names = contents[sectionNamesIndex]!;
  const sections = headers.map((section, i) => ({
    name: sectionName(file, names, section.name, i, sectionHeaderOffset + i * sectionLayout.size),
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

function writeElf<W extends number | bigint>(form: Form<W>, { file, size, header, sections, rest }: ElfOf<W>): Uint8Array {
  const builder = new FileBuilder(file, size).putAll(rest);
  for (const { bytes, header: section, name } of sections) {
    if (bytes.length > 0) builder.put(Number(section.offset), bytes, name);
  }
  sections.forEach((section, i) => {
    builder.record(form.section, Number(header.sectionHeaderOffset) + i * form.section.size, section.header, `elf.sections[${i}]`);
  });
  return builder.record(form.header, 0, header, 'elf').bytes;
}
