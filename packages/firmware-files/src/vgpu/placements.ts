/**
 * Slots at which instances of `gib` GiB may start on a GPU of `total` GiB when all have this size: every multiple of
 * it, as many as the type allows.
 * Source: open-gpu-kernel-modules 570.144: src/nvidia/src/kernel/virtualization/kernel_vgpu_mgr.c (_kvgpumgrSetHomogeneousResources);
 * slots that are denied to instances of 1 GiB are so where sizes are mixed only.
 */
export function equalSizePlacements(gib: number, total: number, maxInstances: number): readonly number[] {
  return Array.from({ length: Math.min(Math.floor(total / gib), maxInstances) }, (_, i) => i * gib);
}
