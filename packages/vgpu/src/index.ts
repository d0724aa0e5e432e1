export { createVgpuDriver, type VgpuDriver, type VgpuDriverOptions } from './driver.ts';
export type {
  Assigned, Assignment, AssignOptions, CreateOptions, GuestOptions, OpenOptions, TypeVerdict, VgpuManager,
} from './manager.ts';
export type { GuestIdentity, InstanceInfo, Vgpu, VgpuType } from './vgpu.ts';
export { VgpuError, type VgpuErrorCode } from './errors.ts';
