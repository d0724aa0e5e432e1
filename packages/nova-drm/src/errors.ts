import { ContractError, type ErrorCategory } from '@nova-stack/nova-core-api';

import type { Errno } from './uapi/errno.ts';

/** What a call on a file fails with; `code` is the errno that userspace would see. */
export class DrmError extends Error {
  override readonly name = 'DrmError';
  readonly code: Errno;

  constructor(code: Errno, message: string) {
    super(message);
    this.code = code;
  }
}

const BY_CATEGORY: Readonly<Record<ErrorCategory, Errno>> = {
  usage: 'EINVAL', version: 'EOPNOTSUPP', lookup: 'ENOENT', conflict: 'EBUSY', permission: 'EPERM', resource: 'ENOMEM', data: 'EPROTO', device: 'EIO',
  lost: 'ENODEV', flow: 'ECANCELED',
};

/**
 * What userspace sees of a failure.
 *
 * @throws what is neither of this driver nor of the contract
 */
export function errnoOf(error: unknown): Errno {
  if (error instanceof DrmError) return error.code;
  if (!(error instanceof ContractError)) throw error;
  if (error.code === 'Timeout') return 'ETIMEDOUT';
  // The session ended under the call, for the device goes away.
  return error.code === 'InvalidState' ? 'ENODEV' : BY_CATEGORY[error.category];
}
