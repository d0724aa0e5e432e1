import { make, NV_PFB_PRI_MMU_LOCAL_MEMORY_RANGE } from '@nova-stack/gpu-regs';

const MAGNITUDES = 64;
const SCALES = 16;

/** A size of VRAM in MiB as Turing's register tells it, or undefined for one that it cannot tell. */
export function localMemoryRange(mib: number): number | undefined {
  for (let scale = 0; scale < SCALES; scale++) {
    const magnitude = mib / 2 ** scale;
    if (Number.isInteger(magnitude) && magnitude < MAGNITUDES) return make(NV_PFB_PRI_MMU_LOCAL_MEMORY_RANGE, { magnitude, scale });
  }
  return undefined;
}
