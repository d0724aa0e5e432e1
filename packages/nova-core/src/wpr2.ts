import type { Device } from './device.ts';
import type { FbRegion } from './fb-layout.ts';
import { read, WPR2_ADDR_HI, WPR2_ADDR_LO } from './registers.ts';
import { PAGE } from './sizes.ts';

/**
 * The second write-protected region as the memory controller has it, or undefined while it is not set.
 * The high register decides: while it is zero the low one means nothing.
 * Source: linux: drivers/gpu/nova-core/gsp/boot.rs, regs.rs.
 */
export function readWpr2({ bar0 }: Pick<Device, 'bar0'>): FbRegion | undefined {
  const end = read(bar0, WPR2_ADDR_HI).address * PAGE;
  if (end === 0) return undefined;
  const start = read(bar0, WPR2_ADDR_LO).address * PAGE;
  return { start, size: end - start };
}
