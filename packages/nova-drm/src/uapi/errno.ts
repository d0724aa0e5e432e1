/** Errors that ioctls answer with, by their numbers on Linux; linux: include/uapi/asm-generic/errno{-base,}.h. */
export const ERRNO = {
  EPERM: 1, ENOENT: 2, EIO: 5, EBADF: 9, ENOMEM: 12, EFAULT: 14, EBUSY: 16, EEXIST: 17, ENODEV: 19, EINVAL: 22, ENOTTY: 25, ENOSPC: 28, ENOSYS: 38, ETIME: 62,
  EPROTO: 71, EOVERFLOW: 75, EOPNOTSUPP: 95, ETIMEDOUT: 110, ECANCELED: 125, ESRCH: 3,
} as const;
export type Errno = keyof typeof ERRNO;
