/**
 * Function numbers of what a driver of a whole GPU sends; no release has moved one.
 *
 * Source: open-gpu-kernel-modules 535.113.01 to 580.105.08: rpc_global_enums.h
 */
export const FUNCTIONS = {
  allocMemory: 4,
  free: 10,
  dup: 21,
  unload: 47,
  setPageDirectory: 54,
  staticInfo: 65,
  updateBarPde: 70,
  systemInfo: 72,
  registry: 73,
  control: 76,
  unsetPageDirectory: 79,
  alloc: 103,
  invalidateTlb: 200,
  eccAcknowledge: 202,
} as const;
