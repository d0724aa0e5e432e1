import { FALCON_TABLE_ENTRY, FALCON_TABLE_HEADER, type FalconTableEntry } from '@nova-stack/gpu-regs';

import { VbiosError } from './error.ts';
import type { Span } from './span.ts';

/**
 * The falcon ucode table (also called PMU lookup table) at `offset` of the FWSEC images.
 * Source: linux: drivers/gpu/nova-core/vbios.rs (PmuLookupTable).
 *
 * @throws {@link VbiosError}
 */
export function readFalconTable(images: Span, offset: number): FalconTableEntry[] {
  const { headerSize, entrySize, entryCount } = images.record(FALCON_TABLE_HEADER, offset, 'falcon table');
  if (entrySize < FALCON_TABLE_ENTRY.size) {
    throw new VbiosError('BAD_VALUE', 'falcon table.entrySize', offset + FALCON_TABLE_HEADER.offsets.entrySize, `${entrySize} is less than ${FALCON_TABLE_ENTRY.size}`);
  }
  images.check(offset, headerSize + entrySize * entryCount, 'falcon table');
  return Array.from({ length: entryCount }, (_, i) => images.record(FALCON_TABLE_ENTRY, offset + headerSize + i * entrySize, `falcon table[${i}]`));
}
