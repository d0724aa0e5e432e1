// The GPU
export { createGpu, type GpuOptions } from './create-gpu.ts';
export type { Gpu } from './gpu.ts';
export type { GpuState } from './gpu-state.ts';

// Faults by access
export { ACCESS_FAULTS, randomAccessFault, withAccessFaults, type AccessFault, type AccessFaultKind, type FaultyFunction } from './access-faults.ts';

// Errors and trace
export { HwModelError, type HwModelErrorCode } from './errors.ts';
export { POINTS } from './points.ts';
