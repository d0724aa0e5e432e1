import { NV_PFB_PRI_MMU_LOCAL_MEMORY_RANGE, NV_USABLE_FB_SIZE_IN_MB, type Family } from '@nova-stack/gpu-regs';

import type { Device } from './device.ts';
import { read } from './mmio.ts';
import { MiB } from './sizes.ts';

/**
 * Size of VRAM in bytes, as the chip tells it.
 * Source: linux: drivers/gpu/nova-core/fb/hal/{tu102,ga102}.rs
 */
export function readVramSize({ bar0 }: Pick<Device, 'bar0'>, { vramSize }: Pick<Family, 'vramSize'>): number {
  if (vramSize === 'usable-fb-size') return read(bar0, NV_USABLE_FB_SIZE_IN_MB).value * MiB;
  const { magnitude, scale, ecc } = read(bar0, NV_PFB_PRI_MMU_LOCAL_MEMORY_RANGE);
  const size = magnitude * 2 ** scale * MiB;
  // Error correction takes a sixteenth.
  return ecc === 1 ? (size / 16) * 15 : size;
}
