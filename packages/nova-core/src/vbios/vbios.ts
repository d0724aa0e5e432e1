import { BIT_TOKENS, CODE_TYPES, FALCON_APPLICATIONS } from '@nova-stack/gpu-regs';

import { readBit } from './bit.ts';
import { readDescriptor, type UcodeDescriptor } from './descriptor.ts';
import { VbiosError } from './error.ts';
import { readFalconTable } from './falcon-table.ts';
import { readImages, type RomImage } from './images.ts';
import type { Rom } from './rom.ts';
import { Span } from './span.ts';

/** What the driver takes from a video BIOS. */
export interface Vbios {
  readonly images: readonly RomImage[];
  /** `95.02.44.00.07`, or undefined where the image does not say. */
  readonly version: string | undefined;
  /** The security firmware, production form. */
  readonly fwsec: UcodeDescriptor;
}

function versionOf(image: Span, offset: number): string {
  const byte = (i: number): string => image.u8(offset + i, 'BIT.i').toString(16).padStart(2, '0');
  return [3, 2, 1, 0, 4].map(byte).join('.');
}

function joined(images: readonly RomImage[]): Uint8Array {
  const bytes = new Uint8Array(images.reduce((sum, image) => sum + image.length, 0));
  let at = 0;
  for (const image of images) {
    bytes.set(image.bytes, at);
    at += image.length;
  }
  return bytes;
}

/**
 * Reads the image chain and follows it to the security firmware.
 *
 * Pointers in the tables count as if the FWSEC images followed the PC-AT image directly; whatever lies
 * between the two is not counted.
 * Source: linux: drivers/gpu/nova-core/vbios.rs.
 *
 * @throws {@link VbiosError}, whatever the bytes are; nothing outside the ROM is read.
 */
export function readVbios(rom: Rom): Vbios {
  const images = readImages(rom);
  const pcAt = images.find((image) => image.codeType === CODE_TYPES.pcAt);
  if (pcAt === undefined) throw new VbiosError('MISSING', 'PC-AT image', 0, `none among ${images.length} images`);
  const first = images.findIndex((image) => image.codeType === CODE_TYPES.fwsec);
  if (first < 0) throw new VbiosError('MISSING', 'FWSEC image', 0, `none among ${images.length} images`);

  const legacy = new Span(pcAt.bytes, 'PC-AT image');
  const fwsecImages = new Span(joined(images.slice(first)), 'FWSEC images');
  const inFwsec = (pointer: number, field: string): number => {
    if (pointer < pcAt.length) {
      throw new VbiosError('BAD_VALUE', field, pointer, `it points into the PC-AT image of 0x${pcAt.length.toString(16)} bytes`);
    }
    return pointer - pcAt.length;
  };

  const tokens = readBit(legacy);
  const falconData = tokens.find((token) => token.id === BIT_TOKENS.falconData);
  if (falconData === undefined) throw new VbiosError('MISSING', 'BIT.p', 0, `none among ${tokens.length} tokens`);
  const table = readFalconTable(fwsecImages, inFwsec(legacy.u32(falconData.offset, 'BIT.p'), 'BIT.p'));
  const entry = table.find(({ application }) => application === FALCON_APPLICATIONS.fwsecProduction);
  if (entry === undefined) throw new VbiosError('MISSING', 'falcon table', 0, `no production FWSEC among ${table.length} entries`);

  const internal = tokens.find((token) => token.id === BIT_TOKENS.internalUse && token.size >= 5);
  return {
    images,
    version: internal && internal.offset + 5 <= legacy.length ? versionOf(legacy, internal.offset) : undefined,
    fwsec: readDescriptor(fwsecImages, inFwsec(entry.pointer, 'falcon table.pointer')),
  };
}
