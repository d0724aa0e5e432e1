import { VbiosError } from './error.ts';
import type { Span } from './span.ts';

/** One entry of the falcon ucode table (also called PMU lookup table). */
export interface FalconTableEntry {
  /** Which application the ucode is, e.g. {@link APPLICATIONS.fwsecProduction}. */
  readonly application: number;
  readonly target: number;
  /** Pointer to the descriptor, as stored: relative to the PC-AT image with the FWSEC images right behind it. */
  readonly pointer: number;
}

/** Application ids of the security firmware. */
export const APPLICATIONS = { fwsecLicensed: 0x05, fwsecDebug: 0x45, fwsecProduction: 0x85 } as const;

const HEADER = { version: 0, headerLength: 1, entryLength: 2, entryCount: 3, size: 4 } as const;
const ENTRY = { application: 0, target: 1, pointer: 2, size: 6 } as const;

/**
 * The falcon ucode table at `offset` of the FWSEC images.
 * Source: linux: drivers/gpu/nova-core/vbios.rs (PmuLookupTable).
 *
 * @throws {@link VbiosError}
 */
export function readFalconTable(images: Span, offset: number): FalconTableEntry[] {
  images.check(offset, HEADER.size, 'falcon table');
  const header = images.u8(offset + HEADER.headerLength, 'falcon table.headerLength');
  const stride = images.u8(offset + HEADER.entryLength, 'falcon table.entryLength');
  const count = images.u8(offset + HEADER.entryCount, 'falcon table.entryCount');
  if (stride < ENTRY.size) {
    throw new VbiosError('BAD_VALUE', 'falcon table.entryLength', offset + HEADER.entryLength, `${stride} is less than ${ENTRY.size}`);
  }
  images.check(offset, header + stride * count, 'falcon table');
  return Array.from({ length: count }, (_, i) => {
    const entry = offset + header + i * stride;
    return {
      application: images.u8(entry + ENTRY.application, `falcon table[${i}]`),
      target: images.u8(entry + ENTRY.target, `falcon table[${i}]`),
      pointer: images.u32(entry + ENTRY.pointer, `falcon table[${i}]`),
    };
  });
}
