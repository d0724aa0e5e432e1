export { createNovaDrm, type DrmDevice, type DrmFact, type NovaDrm, type NovaDrmOptions } from './driver.ts';
export type { DrmBuffer, DrmFile } from './file.ts';
export { DrmError } from './errors.ts';
export {
  drm_gem_close, drm_nova_gem_create, drm_nova_gem_info, drm_nova_getparam, ERRNO, IOCTL, NOVA_GETPARAM_VRAM_BAR_SIZE, type Errno,
} from './uapi.ts';
