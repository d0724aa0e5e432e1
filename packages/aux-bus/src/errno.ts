/** Names of the Linux error numbers that this bus answers with. */
export type Errno = 'ENOENT' | 'EIO' | 'ENXIO' | 'EAGAIN' | 'EBUSY' | 'EEXIST' | 'ENODEV' | 'EINVAL' | 'EDEADLK' | 'EPROBE_DEFER';

/** Their numbers (linux: include/uapi/asm-generic/errno*.h, include/linux/errno.h). */
export const ERRNO: Readonly<Record<Errno, number>> = {
  ENOENT: 2, EIO: 5, ENXIO: 6, EAGAIN: 11, EBUSY: 16, EEXIST: 17, ENODEV: 19, EINVAL: 22, EDEADLK: 35, EPROBE_DEFER: 517,
};


/** The only kind of error that this package throws, and the one with which a driver's `probe` says why it refuses. */
export class AuxBusError extends Error {
  override readonly name: string = 'AuxBusError';
  readonly code: Errno;

  constructor(code: Errno, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  /** Linux's number of `code`. */
  get errno(): number {
    return ERRNO[this.code];
  }
}

/** What a driver threw, as an error of this bus: its own as it is, anything else as `EIO` with the cause. */
export function probeError(error: unknown, what: string): AuxBusError {
  if (error instanceof AuxBusError) return error;
  return new AuxBusError('EIO', `${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}
