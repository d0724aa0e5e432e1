export { createGpu } from './gpu.ts';
export type { Gpu, GpuOptions, GpuState } from './gpu.ts';
export { POINTS } from './points.ts';
