export { createVgpuDriver, type VgpuDriver, type VgpuDriverOptions } from './driver.ts';
export type { CreateOptions, GuestIdentity, InstanceInfo, TypeVerdict, Vgpu, VgpuManager, VgpuType } from './manager.ts';
export { VgpuError, type VgpuErrorCode } from './errors.ts';
