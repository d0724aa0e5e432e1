import { ascii } from '@nova-stack/c-layout';
import { BIT_HEADER, BIT_ID, BIT_SIGNATURE, BIT_TOKEN, type BitToken } from '@nova-stack/gpu-regs';

import { VbiosError } from './error.ts';
import type { Span } from './span.ts';

const PATTERN = Uint8Array.of(BIT_ID & 0xff, BIT_ID >>> 8, ...ascii(BIT_SIGNATURE));

function find(image: Span): number {
  const { bytes } = image;
  const [first] = PATTERN;
  for (let at = bytes.indexOf(first!); at >= 0; at = bytes.indexOf(first!, at + 1)) {
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
  const { headerSize, tokenSize, tokenCount } = image.record(BIT_HEADER, at, 'BIT');
  if (tokenSize < BIT_TOKEN.size) {
    throw new VbiosError('BAD_VALUE', 'BIT.tokenSize', at + BIT_HEADER.offsets.tokenSize, `${tokenSize} is less than ${BIT_TOKEN.size}`);
  }
  return Array.from({ length: tokenCount }, (_, i) => image.record(BIT_TOKEN, at + headerSize + i * tokenSize, `BIT.token[${i}]`));
}
