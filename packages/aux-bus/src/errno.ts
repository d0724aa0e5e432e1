/** Names of the Linux error numbers that this bus answers with. */
export type Errno =
  | 'EPERM' | 'ENOENT' | 'EIO' | 'ENXIO' | 'EAGAIN' | 'ENOMEM' | 'EBUSY' | 'EEXIST' | 'ENODEV' | 'EINVAL' | 'EDEADLK' | 'EPROBE_DEFER';

/** Their numbers (linux: include/uapi/asm-generic/errno*.h, include/linux/errno.h). */
export const ERRNO: Readonly<Record<Errno, number>> = {
  EPERM: 1, ENOENT: 2, EIO: 5, ENXIO: 6, EAGAIN: 11, ENOMEM: 12, EBUSY: 16, EEXIST: 17, ENODEV: 19, EINVAL: 22, EDEADLK: 35, EPROBE_DEFER: 517,
};

export interface AuxBusErrorOptions {
  readonly cause?: unknown;
  /** With `EPROBE_DEFER`: what the device waits for, as `waits()` shows it; a device's name, for example. */
  readonly waitsFor?: string;
}

/** The only kind of error that this package throws, and the one with which a driver's `probe` says why it refuses. */
export class AuxBusError extends Error {
  override readonly name: string = 'AuxBusError';
  readonly code: Errno;
  readonly waitsFor: string | undefined;

  constructor(code: Errno, message: string, options: AuxBusErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.waitsFor = options.waitsFor;
  }

  /** Linux's number of `code`. */
  get errno(): number {
    return ERRNO[this.code];
  }
}

/** What a driver threw, as an error of this bus: its own as it is, anything else as `EIO` with the cause. */
export function driverError(error: unknown, what: string): AuxBusError {
  if (error instanceof AuxBusError) return error;
  return new AuxBusError('EIO', `${what}: ${messageOf(error)}`, { cause: error });
}

/** What a thrown value says. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
