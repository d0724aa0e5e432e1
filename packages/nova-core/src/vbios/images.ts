import { text } from '@nova-stack/c-layout';
import { CODE_TYPES, IFR, IMAGE_BLOCK, LAST_IMAGE, NPDE, NPDE_ALIGN, NPDE_SIGNATURE, PCIR, ROM_HEADER, ROM_SIGNATURES } from '@nova-stack/gpu-regs';

import { alignUp } from '../sizes.ts';
import { VbiosError } from './error.ts';
import type { Rom } from './rom.ts';

/** One image of the chain. */
export interface RomImage {
  /** Offset in the ROM, bytes. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** One of gpu-regs' CODE_TYPES, or any other byte. */
  readonly codeType: number;
  readonly last: boolean;
  readonly bytes: Uint8Array;
}

/** PCIR and NPDE must lie in this much of an image's start. */
const HEADER_WINDOW = 1024;
const SIGNATURES: readonly number[] = [ROM_SIGNATURES.pci, ROM_SIGNATURES.nvidia];
const PCIR_TAGS: readonly string[] = ['PCIR', 'NPDS'];

/**
 * Where the first image starts. Boards with an init-from-ROM section begin with its header instead of an image.
 * Source: linux: drivers/gpu/nova-core/vbios.rs.
 */
export function firstImageOffset(rom: Rom): number {
  const head = rom.upTo(Math.min(12, rom.size), 'ROM header');
  if (head.u32(0, 'IFR.signature') !== IFR.signature) return 0;
  const fixed = head.u32(IFR.fixed, 'IFR.fixed0');
  const version = (fixed >>> IFR.version.shift) & IFR.version.mask;
  switch (version) {
    case 1:
    case 2: {
      const at = ((fixed >>> IFR.fixedSize.shift) & IFR.fixedSize.mask) + IFR.imageOffset;
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
  if (window < ROM_HEADER.size + PCIR.size) {
    throw new VbiosError('OUT_OF_RANGE', 'image', offset, `no image fits into the ROM of 0x${rom.size.toString(16)} bytes`);
  }
  const span = rom.upTo(offset + window, 'image header');
  const { signature, pciData } = span.record(ROM_HEADER, offset, 'image');
  if (!SIGNATURES.includes(signature)) {
    throw new VbiosError('BAD_SIGNATURE', 'image.signature', offset, `0x${signature.toString(16)} is not 0xaa55 or 0x4e56`);
  }
  if (pciData + PCIR.size > window) {
    throw new VbiosError('OUT_OF_RANGE', 'image.pcirPointer', offset + ROM_HEADER.offsets.pciData, `PCIR at 0x${pciData.toString(16)} is outside the first 0x${window.toString(16)} bytes`);
  }
  const at = offset + pciData;
  const pcir = span.record(PCIR, at, 'PCIR');
  if (!PCIR_TAGS.includes(text(pcir.signature))) throw new VbiosError('BAD_SIGNATURE', 'PCIR.signature', at, 'it is not PCIR or NPDS');
  if (pcir.imageLength === 0) throw new VbiosError('BAD_VALUE', 'PCIR.imageLength', at + PCIR.offsets.imageLength, 'an image is not empty');

  // NVIDIA's own extension, where there is one, knows better.
  const npdeAt = alignUp(pciData + pcir.length, NPDE_ALIGN);
  const npde = npdeAt + NPDE.size <= window ? span.record(NPDE, offset + npdeAt, 'NPDE') : undefined;
  const own = npde !== undefined && text(npde.signature) === NPDE_SIGNATURE && npde.subimageLength !== 0 ? npde : undefined;
  const blocks = own?.subimageLength ?? pcir.imageLength;
  const last = ((own ?? pcir).indicator & LAST_IMAGE) !== 0;
  // An NBSI image ends the chain whatever its flags say.
  return { offset, length: blocks * IMAGE_BLOCK, codeType: pcir.codeType, last: last || pcir.codeType === CODE_TYPES.nbsi };
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
    const span = rom.upTo(offset + header.length, 'image');
    images.push({ ...header, bytes: span.slice(offset, header.length, 'image') });
    if (header.last) return images;
    offset += header.length;
  }
}
