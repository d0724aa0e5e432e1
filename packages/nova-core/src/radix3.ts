import type { DmaBuffer, PciDevice } from '@nova-stack/pci';

import { hex, NovaCoreError } from './errors.ts';
import { PAGE } from './sizes.ts';

const ENTRIES = PAGE / 8;

/** Bytes that one table can describe. */
export const RADIX3_LIMIT: number = ENTRIES * ENTRIES * PAGE;

/** A table of three levels that tells the boot firmware where each page of an image is. */
export interface Radix3 {
  /** Bus address of the level 0 page. */
  readonly address: number;
  /** Bytes of the image; entries behind the last page mean nothing. */
  readonly size: number;
  /** The table's own memory, one buffer: level 0, level 1, level 2. */
  readonly table: DmaBuffer;
}

function fill(view: DataView, at: number, first: number, count: number): void {
  for (let i = 0; i < count; i++) {
    const address = first + i * PAGE;
    view.setUint32(at + i * 8, address >>> 0, true);
    view.setUint32(at + i * 8 + 4, Math.floor(address / 0x1_0000_0000), true);
  }
}

/**
 * Builds the table over an image that is contiguous on the bus.
 * Level 0 is one page with one entry, level 1 one page with an entry per level 2 page, level 2 one address per
 * 4 KiB of the image. Entries are plain bus addresses.
 * Source: linux: drivers/gpu/nova-core/firmware/gsp.rs.
 *
 * @throws {@link NovaCoreError} `FIRMWARE_FILE` when the image is larger than {@link RADIX3_LIMIT}.
 */
export function buildRadix3(pci: Pick<PciDevice, 'allocDma'>, image: Pick<DmaBuffer, 'address'>, size: number): Radix3 {
  const pages = Math.ceil(size / PAGE);
  if (size <= 0 || size > RADIX3_LIMIT) {
    throw new NovaCoreError('FIRMWARE_FILE', 'firmware-files', `a GSP image of ${hex(size)} bytes cannot be described: 1 to ${hex(RADIX3_LIMIT)} can`);
  }
  const level2Pages = Math.ceil(pages / ENTRIES);
  const table = pci.allocDma((2 + level2Pages) * PAGE, { label: 'radix-3 table' });
  const view = new DataView(table.bytes.buffer, table.bytes.byteOffset, table.bytes.byteLength);
  fill(view, 0, table.address + PAGE, 1);
  fill(view, PAGE, table.address + 2 * PAGE, level2Pages);
  fill(view, 2 * PAGE, image.address, pages);
  return { address: table.address, size, table };
}
