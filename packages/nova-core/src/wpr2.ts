import { NV_PFB_PRI_MMU_WPR2_ADDR_HI, NV_PFB_PRI_MMU_WPR2_ADDR_LO, WPR2_UNIT } from '@nova-stack/gpu-regs';

import type { Device } from './device.ts';
import type { FbRegion } from './fb-layout.ts';
import { read } from './mmio.ts';

/**
 * The second write-protected region as the memory controller has it, or undefined while it is not set.
 * The high register decides: while it is zero the low one means nothing.
 * Source: linux: drivers/gpu/nova-core/gsp/boot.rs, regs.rs.
 */
export function readWpr2({ bar0 }: Pick<Device, 'bar0'>): FbRegion | undefined {
  const end = read(bar0, NV_PFB_PRI_MMU_WPR2_ADDR_HI).value * WPR2_UNIT;
  if (end === 0) return undefined;
  const start = read(bar0, NV_PFB_PRI_MMU_WPR2_ADDR_LO).value * WPR2_UNIT;
  return { start, size: end - start };
}
