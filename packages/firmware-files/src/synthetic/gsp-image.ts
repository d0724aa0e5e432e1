import { ELF64_IDENT, ELF_HEADER_SIZE, SECTION_HEADER_SIZE, writeElf64, type ElfSection } from '../elf64.ts';
import { digestOf, fillFrom, putHeader, signatureBlock } from './ucode.ts';

const RELOCATABLE = 1;
const RISC_V = 0xf3;
const PROGRAM_BITS = 1;
const STRINGS = 3;
const SIGNATURE_SIZE = 0x1000;

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** A `gsp` file: every family of chips gets the same signature, for there is one image. */
export function syntheticGspImage({ chip, version, file, imageSize, signatures }: {
  readonly chip: string; readonly version: string; readonly file: string; readonly imageSize: number; readonly signatures: readonly string[];
}): Uint8Array {
  const image = fillFrom(`${file} ${chip}`, new Uint8Array(imageSize));
  putHeader(image, { kind: 'gspRm', version, chip, imemLength: image.length, dmemLength: 0 });
  const block = signatureBlock(SIGNATURE_SIZE, 0, digestOf(image));

  const contents: (readonly [name: string, type: number, bytes: Uint8Array])[] = [
    ['', 0, new Uint8Array()],
    ['.fwimage', PROGRAM_BITS, image],
    ['.fwversion', PROGRAM_BITS, ascii(`${version}\0`)],
    ...signatures.map((family) => [`.fwsignature_${family}`, PROGRAM_BITS, block] as const),
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
