import { DrmError } from './errors.ts';
import { REQUEST, requestParts } from './uapi/request.ts';

/** One ioctl: the request number as the kernel has it, and what it does to the kernel's copy of the argument. */
export interface Ioctl<F> {
  readonly request: number;
  readonly run: (file: F, argument: Uint8Array) => void | Promise<void>;
}

/**
 * Runs one ioctl as linux: drivers/gpu/drm/drm_ioctl.c does. The table is searched by number alone; size and
 * direction are the caller's, so a shorter argument is extended with zeros, a longer one not read to its end, and
 * bytes go back only where both sides say so, also when the ioctl failed.
 *
 * @throws {DrmError} `ENOTTY`, `EINVAL` (no such ioctl), `EFAULT` (`argument` is shorter than the request says), or what the ioctl throws
 */
export async function dispatch<F>(ioctls: readonly Ioctl<F>[], file: F, request: number, argument: Uint8Array): Promise<void> {
  const { nr, type, size } = requestParts(request);
  if (type !== REQUEST.TYPE) throw new DrmError('ENOTTY', `Request 0x${request.toString(16)} is none of DRM`);
  const ioctl = ioctls.find((one) => requestParts(one.request).nr === nr);
  if (!ioctl) throw new DrmError('EINVAL', `There is no ioctl 0x${request.toString(16)}`);
  const both = request & ioctl.request;
  const taken = (both & REQUEST.IN) === 0 ? 0 : size;
  const given = (both & REQUEST.OUT) === 0 ? 0 : size;
  if (argument.length < Math.max(taken, given)) throw new DrmError('EFAULT', `The argument has ${argument.length} bytes, the request says ${size}`);
  const kernel = new Uint8Array(Math.max(taken, given, requestParts(ioctl.request).size));
  kernel.set(argument.subarray(0, taken));
  try {
    await ioctl.run(file, kernel);
  } finally {
    argument.set(kernel.subarray(0, given));
  }
}
