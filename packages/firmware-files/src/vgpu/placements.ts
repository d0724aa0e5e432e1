/**
 * Slots, in GiB, that no instance with 1 GiB of memory may start at on a GPU whose plugins run on the GSP.
 * Source: open-gpu-kernel-modules 570.144: src/nvidia/src/kernel/virtualization/kernel_vgpu_mgr.c.
 */
const DENIED_FOR_1_GIB: readonly number[] = [2, 3, 8, 9, 14, 15, 20, 21, 26, 27, 32, 33, 38, 39, 44, 45];

/**
 * Slots at which instances of `gib` GiB may start on a GPU of `total` GiB when all have this size: every multiple of
 * it, as many as the type allows.
 */
export function equalSizePlacements(gib: number, total: number, maxInstances: number): readonly number[] {
  const slots = Array.from({ length: Math.floor(total / gib) }, (_, i) => i * gib);
  return (gib === 1 ? slots.filter((slot) => !DENIED_FOR_1_GIB.includes(slot)) : slots).slice(0, maxInstances);
}
