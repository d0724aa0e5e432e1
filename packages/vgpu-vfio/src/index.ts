export { openVgpuFunction, type GoneReason, type OpenOptions, type VgpuFunction } from './open.ts';
export type { FunctionState } from './guest-function.ts';
export type { GuestIdentity } from './guest-identity.ts';
export { VgpuVfioError, type VgpuVfioErrorCode } from './errors.ts';
