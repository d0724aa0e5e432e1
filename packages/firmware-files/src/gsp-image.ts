import { CHIPS } from './chips.ts';
import { ELF64_IDENT, ELF_HEADER_SIZE, parseElf64, SECTION_HEADER_SIZE, writeElf64, type Elf64, type ElfSection } from './elf.ts';
import { FirmwareFileError } from './errors.ts';

const SIGNATURE_PREFIX = '.fwsignature_';
const MAX_VERSION = 64;

/** `gsp-*.bin`: an ELF file around the GSP-RM image, with one signature per family of chips. */
export interface GspImage {
  readonly file: string;
  readonly elf: Elf64;
  /** Firmware release as the image itself says, `570.144`. */
  readonly version: string;
  /** Section `.fwimage`: what is put in memory, some 60 MB. A view of the file. */
  readonly image: Uint8Array;
  /** By the name behind `.fwsignature_`, such as `ad10x`. Views of the file. */
  readonly signatures: ReadonlyMap<string, Uint8Array>;
}

/**
 * Reads a GSP image. Nothing is copied.
 * Source: linux: drivers/gpu/nova-core/firmware/gsp.rs; open-gpu-kernel-modules 570.144: kernel_gsp.c.
 *
 * @throws {FirmwareFileError} for anything that is not such a file.
 */
export function parseGspImage(bytes: Uint8Array, name: string): GspImage {
  const elf = parseElf64(bytes, name);
  const image = only(elf, '.fwimage');
  if (image.bytes.length === 0) fail(elf, image, 'is empty');
  const signatures = new Map<string, Uint8Array>();
  for (const section of elf.sections) {
    if (!section.name.startsWith(SIGNATURE_PREFIX)) continue;
    const family = section.name.slice(SIGNATURE_PREFIX.length);
    if (section.bytes.length === 0) fail(elf, section, 'is empty');
    if (signatures.has(family)) fail(elf, section, 'is there twice');
    signatures.set(family, section.bytes);
  }
  if (signatures.size === 0) {
    throw new FirmwareFileError({ code: 'BAD_HEADER', file: name, field: `${SIGNATURE_PREFIX}*`, message: 'is missing: the image has no signature' });
  }
  return { file: name, elf, version: versionOf(elf), image: image.bytes, signatures };
}

function only(elf: Elf64, name: string): ElfSection {
  const [section, second] = elf.sections.filter((each) => each.name === name);
  if (section === undefined) throw new FirmwareFileError({ code: 'BAD_HEADER', file: elf.file, field: name, message: 'is missing: the file has no such section' });
  if (second !== undefined) fail(elf, second, 'is there twice');
  return section;
}

function fail(elf: Elf64, section: ElfSection, message: string): never {
  throw new FirmwareFileError({ code: 'BAD_HEADER', file: elf.file, field: section.name, offset: Number(section.header.offset), message });
}

function versionOf(elf: Elf64): string {
  const section = only(elf, '.fwversion');
  const end = section.bytes.indexOf(0);
  if (end < 1 || end > MAX_VERSION) fail(elf, section, `should be text of 1 to ${MAX_VERSION} characters with a NUL behind it`);
  const text = String.fromCharCode(...section.bytes.subarray(0, end));
  if (!/^[\x21-\x7e]+$/.test(text)) fail(elf, section, 'should be printable ASCII');
  return text;
}

/**
 * The signature that a chip's boot code will ask for.
 *
 * @param chip Lower-case name, `ad102`.
 * @throws {FirmwareFileError} `WRONG_CHIP` when the image has none for this chip.
 */
export function gspSignature(gsp: GspImage, chip: string): Uint8Array {
  const family = Object.hasOwn(CHIPS, chip) ? CHIPS[chip]!.signature : undefined;
  const signature = family === undefined ? undefined : gsp.signatures.get(family);
  if (signature !== undefined) return signature;
  throw new FirmwareFileError({
    code: 'WRONG_CHIP', file: gsp.file, field: family === undefined ? 'chip' : SIGNATURE_PREFIX + family, value: chip,
    message: `this image is signed for ${[...gsp.signatures.keys()].join(', ')} only`,
  });
}

/** The file's bytes again. */
export function writeGspImage(gsp: Pick<GspImage, 'elf'>): Uint8Array {
  return writeElf64(gsp.elf);
}

const RELOCATABLE = 1;
const RISC_V = 0xf3;
const PROGRAM_BITS = 1;
const STRINGS = 3;

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** A `gsp` file from its parts: an ELF file with sections for the image, the release and each family's signature. */
export function gspElf({ file, version, image, signatures }: {
  readonly file: string; readonly version: string; readonly image: Uint8Array; readonly signatures: readonly (readonly [family: string, signature: Uint8Array])[];
}): Uint8Array {
  const contents: (readonly [name: string, type: number, bytes: Uint8Array])[] = [
    ['', 0, new Uint8Array()],
    ['.fwimage', PROGRAM_BITS, image],
    ['.fwversion', PROGRAM_BITS, ascii(`${version}\0`)],
    ...signatures.map(([family, signature]) => [SIGNATURE_PREFIX + family, PROGRAM_BITS, signature] as const),
  ];
  const names = [...contents.map(([name]) => name), '.shstrtab'];
  const table = ascii(names.map((name) => `${name}\0`).join(''));
  contents.push(['.shstrtab', STRINGS, table]);

  let offset = ELF_HEADER_SIZE;
  let nameOffset = 0;
  const sections = contents.map(([name, type, bytes]): ElfSection => {
    const header = {
      name: nameOffset, type, flags: name === '.fwimage' ? 3n : 0n, address: 0n, offset: type === 0 ? 0n : BigInt(offset),
      size: BigInt(bytes.length), link: 0, info: 0, alignment: type === 0 ? 0n : 1n, entrySize: 0n,
    };
    nameOffset += name.length + 1;
    offset += bytes.length;
    return { name, header, bytes };
  });
  const sectionHeaderOffset = Math.ceil(offset / 8) * 8;
  const ident = new Uint8Array(16);
  ident.set(ELF64_IDENT);
  return writeElf64({
    file,
    size: sectionHeaderOffset + sections.length * SECTION_HEADER_SIZE,
    header: {
      ident, type: RELOCATABLE, machine: RISC_V, version: 1, entry: 0n, programHeaderOffset: 0n, sectionHeaderOffset: BigInt(sectionHeaderOffset),
      flags: 0, headerSize: ELF_HEADER_SIZE, programHeaderEntrySize: 0, programHeaderCount: 0,
      sectionHeaderEntrySize: SECTION_HEADER_SIZE, sectionHeaderCount: sections.length,
      sectionNamesIndex: sections.length - 1,
    },
    sections,
    rest: [],
  });
}
