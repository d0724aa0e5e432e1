import { VbiosError } from './error.ts';
import type { Span } from './span.ts';

/** A token of the BIOS information table: where one table of the image is. */
export interface BitToken {
  readonly id: number;
  readonly version: number;
  /** Bytes of the data. */
  readonly size: number;
  /** Offset of the data in the PC-AT image. */
  readonly offset: number;
}

/** Token ids that this driver asks for, by their letters. */
export const BIT_IDS = { internalUse: 0x69 /* i */, falconData: 0x70 /* p */ } as const;

const PATTERN = [0xff, 0xb8, 0x42, 0x49, 0x54, 0x00] as const;
const HEADER = { headerSize: 0x08, tokenSize: 0x09, tokenCount: 0x0a, size: 0x0c } as const;
const TOKEN = { id: 0, version: 1, dataSize: 2, dataOffset: 4, size: 6 } as const;

function find(image: Span): number {
  const { bytes } = image;
  for (let at = bytes.indexOf(PATTERN[0]); at >= 0; at = bytes.indexOf(PATTERN[0], at + 1)) {
    if (PATTERN.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  throw new VbiosError('MISSING', 'BIT', 0, `no BIT header in the ${image.name}`);
}

/**
 * All tokens of the first BIOS information table in the PC-AT image.
 * Source: linux: drivers/gpu/nova-core/vbios.rs.
 *
 * @throws {@link VbiosError}
 */
export function readBit(image: Span): BitToken[] {
  const at = find(image);
  image.check(at, HEADER.size, 'BIT');
  const stride = image.u8(at + HEADER.tokenSize, 'BIT.tokenSize');
  if (stride < TOKEN.size) {
    throw new VbiosError('BAD_VALUE', 'BIT.tokenSize', at + HEADER.tokenSize, `${stride} is less than ${TOKEN.size}`);
  }
  const count = image.u8(at + HEADER.tokenCount, 'BIT.tokenCount');
  const start = at + image.u8(at + HEADER.headerSize, 'BIT.headerSize');
  return Array.from({ length: count }, (_, i) => {
    const token = start + i * stride;
    return {
      id: image.u8(token + TOKEN.id, `BIT.token[${i}]`),
      version: image.u8(token + TOKEN.version, `BIT.token[${i}]`),
      size: image.u16(token + TOKEN.dataSize, `BIT.token[${i}]`),
      offset: image.u16(token + TOKEN.dataOffset, `BIT.token[${i}]`),
    };
  });
}
