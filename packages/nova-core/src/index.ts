// The driver
export type { QuietTimes } from './contract/publish.ts';
export { createNovaCore, type CoreDevice, type NovaCore, type NovaCoreOptions } from './core.ts';
export { SUPPORTED_FIRMWARE } from './firmware/versions.ts';

// Errors and trace
export { NovaCoreError, STEPS, type ErrorDetail, type NovaCoreCode, type Step } from './errors.ts';
export { POINTS } from './points.ts';
