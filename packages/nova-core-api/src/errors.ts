import type { Offer } from './handshake.ts';
import type { Reason } from './reasons.ts';

export type ErrorCategory = 'usage' | 'version' | 'lookup' | 'conflict' | 'permission' | 'resource' | 'data' | 'device' | 'lost' | 'flow';
/** When trying again can help. */
export type RetryHint = 'never' | 'later' | 'after-event';

/** Every error of the contract: wire number, category, C errno, retry hint. */
export const ERRORS = {
  InvalidArgument: { number: 1, category: 'usage', errno: 'EINVAL', retry: 'never' },
  Range: { number: 2, category: 'usage', errno: 'ERANGE', retry: 'never' },
  InvalidState: { number: 3, category: 'usage', errno: 'EBADFD', retry: 'never' },
  VersionMismatch: { number: 4, category: 'version', errno: 'EPROTONOSUPPORT', retry: 'never' },
  MissingCapability: { number: 5, category: 'version', errno: 'EOPNOTSUPP', retry: 'never' },
  Unsupported: { number: 6, category: 'version', errno: 'EOPNOTSUPP', retry: 'never' },
  NotFound: { number: 7, category: 'lookup', errno: 'ENOENT', retry: 'never' },
  AlreadyExists: { number: 8, category: 'conflict', errno: 'EEXIST', retry: 'never' },
  InUse: { number: 9, category: 'conflict', errno: 'EBUSY', retry: 'after-event' },
  Busy: { number: 10, category: 'conflict', errno: 'EAGAIN', retry: 'later' },
  StaleGeneration: { number: 11, category: 'conflict', errno: 'ESTALE', retry: 'later' },
  NotOwner: { number: 12, category: 'permission', errno: 'EPERM', retry: 'never' },
  AccessDenied: { number: 13, category: 'permission', errno: 'EACCES', retry: 'never' },
  NoMemory: { number: 14, category: 'resource', errno: 'ENOMEM', retry: 'after-event' },
  NoCapacity: { number: 15, category: 'resource', errno: 'ENOSPC', retry: 'after-event' },
  NotCreatable: { number: 16, category: 'resource', errno: 'ENOSPC', retry: 'after-event' },
  BadData: { number: 17, category: 'data', errno: 'EBADMSG', retry: 'never' },
  Incompatible: { number: 18, category: 'data', errno: 'EPROTO', retry: 'never' },
  Timeout: { number: 19, category: 'device', errno: 'ETIMEDOUT', retry: 'never' },
  DeviceError: { number: 20, category: 'device', errno: 'EIO', retry: 'never' },
  Quarantined: { number: 21, category: 'device', errno: 'EUCLEAN', retry: 'never' },
  DeviceLost: { number: 22, category: 'lost', errno: 'ENODEV', retry: 'never' },
  Revoked: { number: 23, category: 'lost', errno: 'ESHUTDOWN', retry: 'never' },
  Cancelled: { number: 24, category: 'flow', errno: 'ECANCELED', retry: 'later' },
} as const;

export type ErrorCode = keyof typeof ERRORS;

interface ErrorRow {
  readonly number: number;
  readonly category: ErrorCategory;
  readonly errno: string;
  readonly retry: RetryHint;
}

export interface ErrorDetails {
  /** What the error is about: a field's path, an id. */
  readonly subject?: string;
  /** A stable word that says which of several reasons it is. */
  readonly reason?: Reason;
  /** For bug reports; programs do not read it. */
  readonly supportId?: string;
  /** With `VersionMismatch`: all that the core offers, so that a client may try again with another hello. */
  readonly offered?: Offer['interfaces'];
}

/** The one error that crosses the contract. It has no `cause`: what lies behind it stays in the core's trace. */
export class ContractError extends Error {
  override readonly name = 'ContractError';
  readonly code: ErrorCode;
  readonly category: ErrorCategory;
  readonly retry: RetryHint;
  readonly subject: string | undefined;
  readonly reason: Reason | undefined;
  readonly supportId: string | undefined;
  readonly offered: Offer['interfaces'] | undefined;

  constructor(code: ErrorCode, message: string, { subject, reason, supportId, offered }: ErrorDetails = {}) {
    super(message);
    const { category, retry }: ErrorRow = ERRORS[code];
    this.code = code;
    this.category = category;
    this.retry = retry;
    this.subject = subject;
    this.reason = reason;
    this.supportId = supportId;
    this.offered = offered;
  }
}
