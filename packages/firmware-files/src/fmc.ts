import { crc32Register } from './crc32.ts';
import { ELF32_HEADER_SIZE, ELF32_IDENT, parseElf32, SECTION_HEADER32_SIZE, writeElf32, type Elf32, type ElfSectionOf } from './elf.ts';
import { FirmwareFileError } from './errors.ts';

/** `fmc-*.bin`: an ELF file around the code that the FSP starts the GSP with, and what proves that it is NVIDIA's. */
export interface Fmc {
  readonly file: string;
  readonly elf: Elf32;
  /** What is put in memory. All of these are views of the file. */
  readonly image: Uint8Array;
  /** SHA-384 of the image. */
  readonly hash: Uint8Array;
  /** At most 384 bytes, as the signature. */
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
}

/** Bytes of a SHA-384, and the most that the FSP's message has room for. */
const HASH_SIZE = 48;
const MAX_KEY_SIZE = 384;

const checksum = (bytes: Uint8Array): number => ~crc32Register(bytes) >>> 0;

/**
 * Reads a GSP-FMC. Nothing is copied. A section may bear a checksum of itself, which then must be right; that the hash is the image's is for
 * the FSP to see.
 * Source: linux: drivers/gpu/drm/nouveau/nvkm/subdev/gsp/gh100.c (elf_validate_sections), drivers/gpu/nova-core/firmware/fsp.rs.
 *
 * @throws {FirmwareFileError} for anything that is not such a file; `BAD_CHECKSUM` where a section is damaged.
 */
export function parseFmc(bytes: Uint8Array, name: string): Fmc {
  const elf = parseElf32(bytes, name);
  for (const section of elf.sections) {
    const { info } = section.header;
    // Of the section of names and where there is none, it is zero.
    if (info !== 0 && section.bytes.length > 0 && info !== checksum(section.bytes)) fail(elf, section, 'BAD_CHECKSUM', 'does not have the checksum that its header tells');
  }
  const only = (section: string, most: number, least = 1): Uint8Array => {
    const [found, second] = elf.sections.filter((each) => each.name === section);
    if (found === undefined) throw new FirmwareFileError({ code: 'BAD_HEADER', file: name, field: section, message: 'is missing: the file has no such section' });
    if (second !== undefined) fail(elf, second, 'BAD_HEADER', 'is there twice');
    const { length } = found.bytes;
    if (length < least || length > most) fail(elf, found, 'BAD_HEADER', `has ${length} bytes: expected ${least === most ? '' : `${least} to `}${most}`);
    return found.bytes;
  };
  return {
    file: name, elf, image: only('image', bytes.length), hash: only('hash', HASH_SIZE, HASH_SIZE), publicKey: only('publickey', MAX_KEY_SIZE),
    signature: only('signature', MAX_KEY_SIZE),
  };
}

function fail(elf: Elf32, section: ElfSectionOf<number>, code: 'BAD_HEADER' | 'BAD_CHECKSUM', message: string): never {
  throw new FirmwareFileError({ code, file: elf.file, field: section.name, offset: section.header.offset, message });
}

/** The file's bytes again. */
export function writeFmc(fmc: Pick<Fmc, 'elf'>): Uint8Array {
  return writeElf32(fmc.elf);
}

const STRINGS = 3;
const PROGRAM_BITS = 1;
/** Of the section of names; of the others. nouveau compares both. */
const STRING_FLAGS = 0x20;
const BINARY_FLAGS = 0xfff0_0102;
const ALIGNMENT = 4;

/** A file of the form that real ones have: section headers first, sections behind them in this order, each with its checksum. */
export function composeFmc({ image, hash, publicKey, signature }: Pick<Fmc, 'image' | 'hash' | 'publicKey' | 'signature'>, file: string): Uint8Array {
  const binaries = [['hash', hash], ['signature', signature], ['publickey', publicKey], ['image', image]] as const;
  const names = ['.shstrtab', ...binaries.map(([name]) => name)];
  const table = Uint8Array.from(`\0${names.map((name) => `${name}\0`).join('')}`, (character) => character.charCodeAt(0));
  const empty = { name: 0, type: 0, flags: 0, address: 0, offset: 0, size: 0, link: 0, info: 0, alignment: 0, entrySize: 0 };
  const sections: ElfSectionOf<number>[] = [{ name: '', header: empty, bytes: new Uint8Array(0) }];
  let offset = ELF32_HEADER_SIZE + (binaries.length + 2) * SECTION_HEADER32_SIZE;
  let nameOffset = 1;
  const add = (name: string, bytes: Uint8Array, header: Partial<typeof empty>): void => {
    offset = Math.ceil(offset / header.alignment!) * header.alignment!;
    sections.push({ name, header: { ...empty, name: nameOffset, offset, size: bytes.length, ...header }, bytes });
    offset += bytes.length;
    nameOffset += name.length + 1;
  };
  add('.shstrtab', table, { type: STRINGS, flags: STRING_FLAGS, alignment: 1, entrySize: 1 });
  for (const [name, bytes] of binaries) add(name, bytes, { type: PROGRAM_BITS, flags: BINARY_FLAGS, info: checksum(bytes), alignment: ALIGNMENT });
  const ident = new Uint8Array(16);
  ident.set(ELF32_IDENT);
  return writeElf32({
    file, size: offset, sections, rest: [],
    header: {
      ident, type: 0, machine: 0, version: 1, entry: 0, programHeaderOffset: 0, sectionHeaderOffset: ELF32_HEADER_SIZE, flags: 0, headerSize: ELF32_HEADER_SIZE,
      programHeaderEntrySize: 0, programHeaderCount: 0, sectionHeaderEntrySize: SECTION_HEADER32_SIZE, sectionHeaderCount: sections.length, sectionNamesIndex: 1,
    },
  });
}
