import { BAR0_WINDOWS } from '@nova-stack/gpu-regs';
import type { BarMapping } from '@nova-stack/pci';

import { VbiosError } from './error.ts';
import { Span } from './span.ts';

/**
 * The flash that holds the video BIOS, as a driver may read it: in pieces, from the start, never past the end.
 * What was read is kept, because images are read twice (header, then body).
 */
export interface Rom {
  /** Bytes that may be read. */
  readonly size: number;
  /** The first `end` bytes. @throws {@link VbiosError} when `end` is above {@link Rom.size}. */
  upTo(end: number, field: string): Span;
}

const PROM_WINDOW = BAR0_WINDOWS.prom;

/** A ROM in memory. */
export function romOf(bytes: Uint8Array): Rom {
  return {
    size: bytes.length,
    upTo: (end, field) => new Span(new Span(bytes, 'ROM').slice(0, end, field), 'ROM'),
  };
}

/** The ROM behind BAR0. Reads 4-byte words, each once. */
export function promOf(bar0: BarMapping): Rom {
  let have = new Uint8Array(0);
  return {
    size: PROM_WINDOW.size,
    upTo(end, field) {
      if (end > PROM_WINDOW.size) {
        throw new VbiosError('OUT_OF_RANGE', field, end, `the ROM window has 0x${PROM_WINDOW.size.toString(16)} bytes`);
      }
      const wanted = (end + 3) & ~3;
      if (wanted > have.length) {
        const grown = new Uint8Array(wanted);
        grown.set(have);
        bar0.readBlock(PROM_WINDOW.start + have.length, grown.subarray(have.length));
        have = grown;
      }
      return new Span(have.subarray(0, end), 'ROM');
    },
  };
}
