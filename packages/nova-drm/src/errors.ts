import type { Errno } from './uapi.ts';

/** What a call on a file fails with; `code` is the errno that userspace would see. */
export class DrmError extends Error {
  override readonly name = 'DrmError';
  readonly code: Errno;

  constructor(code: Errno, message: string) {
    super(message);
    this.code = code;
  }
}
