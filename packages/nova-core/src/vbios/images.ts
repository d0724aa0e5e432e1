import { VbiosError } from './error.ts';
import type { Rom } from './rom.ts';
import type { Span } from './span.ts';

/** Code type of an image (PCI firmware specification, and NVIDIA's own above 0x0f). */
export const CODE_TYPES = { pcAt: 0x00, efi: 0x03, nbsi: 0x70, fwsec: 0xe0 } as const;

/** One image of the chain. */
export interface RomImage {
  /** Offset in the ROM, bytes. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** One of {@link CODE_TYPES}, or any other byte. */
  readonly codeType: number;
  readonly last: boolean;
  readonly bytes: Uint8Array;
}

/** Images end on this boundary, and lengths count in it. */
const BLOCK = 512;
/** PCIR and NPDE must lie in this much of an image's start. */
const HEADER_WINDOW = 1024;

const ROM_SIGNATURES: readonly number[] = [0xaa55, 0x4e56];
const PCIR_SIGNATURES: readonly string[] = ['PCIR', 'NPDS'];
const PCIR = { signature: 0x00, length: 0x0a, imageLength: 0x10, codeType: 0x14, last: 0x15, size: 0x18 } as const;
const NPDE = { signature: 0x00, imageLength: 0x08, last: 0x0a, size: 0x0c } as const;

const IFR = { signature: 0x4947_564e, directorySignature: 0x4452_4652, directoryGap: 0x1000 } as const;

/**
 * Where the first image starts. Boards with an init-from-ROM section begin with its header instead of an image.
 * Source: linux: drivers/gpu/nova-core/vbios.rs.
 */
export function firstImageOffset(rom: Rom): number {
  const head = rom.upTo(Math.min(12, rom.size), 'ROM header');
  if (head.u32(0, 'IFR.signature') !== IFR.signature) return 0;
  const fixed = head.u32(4, 'IFR.fixed0');
  const version = (fixed >>> 8) & 0xff;
  switch (version) {
    case 1:
    case 2: {
      const at = ((fixed >>> 16) & 0x7fff) + 4;
      return rom.upTo(at + 4, 'IFR.imageOffset').u32(at, 'IFR.imageOffset');
    }
    case 3: {
      const total = head.u32(8, 'IFR.totalSize') & 0xf_ffff;
      const flashStatus = rom.upTo(total + 4, 'IFR.flashStatus').u32(total, 'IFR.flashStatus');
      const directory = flashStatus + IFR.directoryGap;
      const span = rom.upTo(directory + 12, 'IFR.directory');
      const signature = span.u32(directory, 'IFR.directory');
      if (signature !== IFR.directorySignature) {
        throw new VbiosError('BAD_SIGNATURE', 'IFR.directory', directory, `0x${signature.toString(16)} is not RFRD`);
      }
      return span.u32(directory + 8, 'IFR.imageOffset');
    }
    default:
      throw new VbiosError('BAD_VALUE', 'IFR.version', 5, `version ${version} is none of 1, 2, 3`);
  }
}

/** Reads one image's header; the header alone decides its length. */
function readHeader(rom: Rom, offset: number): Omit<RomImage, 'bytes'> {
  const window = Math.min(HEADER_WINDOW, rom.size - offset);
  if (window < PCIR.size) {
    throw new VbiosError('OUT_OF_RANGE', 'image', offset, `no image fits into the ROM of 0x${rom.size.toString(16)} bytes`);
  }
  const rom_ = rom.upTo(offset + window, 'image header');
  const signature = rom_.u16(offset, 'image.signature');
  if (!ROM_SIGNATURES.includes(signature)) {
    throw new VbiosError('BAD_SIGNATURE', 'image.signature', offset, `0x${signature.toString(16)} is not 0xaa55 or 0x4e56`);
  }
  const pcir = rom_.u16(offset + 0x18, 'image.pcirPointer');
  if (pcir + PCIR.size > window) {
    throw new VbiosError('OUT_OF_RANGE', 'image.pcirPointer', offset + 0x18, `PCIR at 0x${pcir.toString(16)} is outside the first 0x${window.toString(16)} bytes`);
  }
  const at = offset + pcir;
  const tag = rom_.ascii(at + PCIR.signature, 4, 'PCIR.signature');
  if (!PCIR_SIGNATURES.includes(tag)) {
    throw new VbiosError('BAD_SIGNATURE', 'PCIR.signature', at, 'it is not PCIR or NPDS');
  }
  let blocks = rom_.u16(at + PCIR.imageLength, 'PCIR.imageLength');
  if (blocks === 0) throw new VbiosError('BAD_VALUE', 'PCIR.imageLength', at + PCIR.imageLength, 'an image is not empty');
  const codeType = rom_.u8(at + PCIR.codeType, 'PCIR.codeType');
  let last = (rom_.u8(at + PCIR.last, 'PCIR.last') & 0x80) !== 0;

  const npde = (pcir + rom_.u16(at + PCIR.length, 'PCIR.length') + 15) & ~15;
  if (npde + NPDE.size <= window && rom_.ascii(offset + npde, 4, 'NPDE.signature') === 'NPDE') {
    const own = rom_.u16(offset + npde + NPDE.imageLength, 'NPDE.imageLength');
    if (own !== 0) {
      blocks = own;
      last = (rom_.u8(offset + npde + NPDE.last, 'NPDE.last') & 0x80) !== 0;
    }
  }
  // An NBSI image ends the chain whatever its flags say.
  return { offset, length: blocks * BLOCK, codeType, last: last || codeType === CODE_TYPES.nbsi };
}

/**
 * Walks the chain of images to the one that is marked last.
 * Every image on the way must parse; each is at least one block long, so the walk ends within the ROM.
 *
 * @throws {@link VbiosError}
 */
export function readImages(rom: Rom): RomImage[] {
  const images: RomImage[] = [];
  let offset = firstImageOffset(rom);
  for (;;) {
    const header = readHeader(rom, offset);
    const span: Span = rom.upTo(offset + header.length, 'image');
    images.push({ ...header, bytes: span.slice(offset, header.length, 'image') });
    if (header.last) return images;
    offset += header.length;
  }
}
