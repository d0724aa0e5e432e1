import { struct, type Layout, type ValueOf } from '@nova-stack/c-layout';

// linux: include/uapi/drm/nova_drm.h, which calls itself not stable
const getparam = { param: 'u64', value: 'u64' } as const;
const gemCreate = { handle: 'u32', pad: 'u32', size: 'u64' } as const;
const gemInfo = { handle: 'u32', pad: 'u32', size: 'u64' } as const;
// linux: include/uapi/drm/drm.h
const gemClose = { handle: 'u32', pad: 'u32' } as const;

export const drm_nova_getparam: Layout<ValueOf<typeof getparam>> = struct('drm_nova_getparam', getparam);
export const drm_nova_gem_create: Layout<ValueOf<typeof gemCreate>> = struct('drm_nova_gem_create', gemCreate);
export const drm_nova_gem_info: Layout<ValueOf<typeof gemInfo>> = struct('drm_nova_gem_info', gemInfo);
export const drm_gem_close: Layout<ValueOf<typeof gemClose>> = struct('drm_gem_close', gemClose);

/** Parts of a request number; linux: include/uapi/asm-generic/ioctl.h. */
export const REQUEST = {
  /** The caller hands bytes to the kernel. */
  IN: 0x40000000,
  /** The kernel hands bytes to the caller. */
  OUT: 0x80000000,
  /** Type of all requests of DRM: `d`. */
  TYPE: 0x64,
} as const;

/** Number, type, and bytes of the argument that a request number says. */
export function requestParts(request: number): { readonly nr: number; readonly type: number; readonly size: number } {
  return { nr: request & 0xff, type: (request >>> 8) & 0xff, size: (request >>> 16) & 0x3fff };
}

function request(direction: number, nr: number, { size }: { readonly size: number }): number {
  return direction + (size << 16) + (REQUEST.TYPE << 8) + nr;
}
const BOTH = REQUEST.IN + REQUEST.OUT;
/** First number that drivers have to themselves. */
const DRIVER = 0x40;

/** Request numbers as userspace computes them: direction, size, type, number. */
export const IOCTL: Readonly<Record<'GEM_CLOSE' | 'NOVA_GETPARAM' | 'NOVA_GEM_CREATE' | 'NOVA_GEM_INFO', number>> = {
  GEM_CLOSE: request(REQUEST.IN, 0x09, drm_gem_close),
  NOVA_GETPARAM: request(BOTH, DRIVER, drm_nova_getparam),
  NOVA_GEM_CREATE: request(BOTH, DRIVER + 1, drm_nova_gem_create),
  NOVA_GEM_INFO: request(BOTH, DRIVER + 2, drm_nova_gem_info),
};

/** Bytes of device memory that the CPU can look at at the same time. */
export const NOVA_GETPARAM_VRAM_BAR_SIZE = 0x1;

/** Errors that ioctls answer with, by their numbers on Linux. */
export const ERRNO = {
  EPERM: 1, ENOENT: 2, EIO: 5, EBADF: 9, ENOMEM: 12, EFAULT: 14, EBUSY: 16, ENODEV: 19, EINVAL: 22, ENOTTY: 25, EPROTO: 71, EOPNOTSUPP: 95, ETIMEDOUT: 110,
  ECANCELED: 125,
} as const;
export type Errno = keyof typeof ERRNO;
