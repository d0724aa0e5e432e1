import { struct, type Layout, type ValueOf } from '@nova-stack/c-layout';

// linux: include/uapi/drm/nova_drm.h
const getparam = { param: 'u64', value: 'u64' } as const;
const gemCreate = { handle: 'u32', pad: 'u32', size: 'u64' } as const;
const gemInfo = { handle: 'u32', pad: 'u32', size: 'u64' } as const;
// linux: include/uapi/drm/drm.h
const gemClose = { handle: 'u32', pad: 'u32' } as const;

export const drm_nova_getparam: Layout<ValueOf<typeof getparam>> = struct('drm_nova_getparam', getparam);
export const drm_nova_gem_create: Layout<ValueOf<typeof gemCreate>> = struct('drm_nova_gem_create', gemCreate);
export const drm_nova_gem_info: Layout<ValueOf<typeof gemInfo>> = struct('drm_nova_gem_info', gemInfo);
export const drm_gem_close: Layout<ValueOf<typeof gemClose>> = struct('drm_gem_close', gemClose);

/** Request numbers as userspace computes them: direction, size, type `d`, number. */
export const IOCTL = {
  GEM_CLOSE: 0x40086409,
  NOVA_GETPARAM: 0xc0106440,
  NOVA_GEM_CREATE: 0xc0106441,
  NOVA_GEM_INFO: 0xc0106442,
} as const;

export const NOVA_GETPARAM_VRAM_BAR_SIZE = 0x1;

/** Errors that ioctls answer with, by their numbers on Linux. */
export const ERRNO = { ENOENT: 2, ENOMEM: 12, EFAULT: 14, ENODEV: 19, EINVAL: 22, ENOTTY: 25 } as const;
export type Errno = keyof typeof ERRNO;
