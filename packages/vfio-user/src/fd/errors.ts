import { constants } from 'node:os';

/** A call of the operating system that failed. */
export class SystemError extends Error {
  override readonly name = 'SystemError';
  /** As in errno.h. */
  readonly errno: number;

  constructor(call: string, errno: number) {
    const [code = `errno ${errno}`] = Object.entries(constants.errno).find(([, value]) => value === errno) ?? [];
    super(`${call}: ${code}`);
    this.errno = errno;
  }
}
