// The driver
export type { QuietTimes } from './contract/publish.ts';
export { createNovaCore, type CoreDevice, type NovaCore, type NovaCoreOptions } from './core.ts';
export type { DeviceState } from './gpu-device.ts';
export type { InterruptMode } from './interrupts/gsp-interrupts.ts';
export { FIRST_VA, type CopyQueue } from './queue/copy-queue.ts';
export type { AddressSpace } from './mmu/address-space.ts';
export type { CrashReport, ReportedRegister } from './crash-report.ts';
export { SUPPORTED_FIRMWARE } from './firmware/versions.ts';

// Errors and trace
export { NovaCoreError, STEPS, type ErrorDetail, type NovaCoreCode, type Step } from './errors.ts';
export { POINTS } from './points.ts';
