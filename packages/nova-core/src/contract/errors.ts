import { ContractError, type ErrorCode, type Reason } from '@nova-stack/nova-core-api';

import { NovaCoreError, type NovaCoreCode } from '../errors.ts';
import { TypeFileRejected } from '../vgpu/catalogue.ts';
import { VgpuFailure } from '../vgpu/task.ts';

/** What a client may be told of a failure: a code, and a sentence that is true on any hardware. */
const TOLD: Readonly<Partial<Record<NovaCoreCode, readonly [code: ErrorCode, message: string]>>> = {
  TIMEOUT: ['Timeout', 'The device did not answer in time; what became of the request is unknown'],
  RPC: ['Timeout', 'The device did not answer as it should; what became of the request is unknown'],
  FIRMWARE_DIED: ['DeviceLost', 'The device has failed'],
  BUSY: ['Busy', 'The device does nothing new for a while'],
  DEVICE_LOST: ['DeviceLost', 'The device is gone'],
  CANCELLED: ['Cancelled', 'The operation was cancelled'],
  NO_MEMORY: ['NoMemory', 'The device has not enough free memory'],
};

/**
 * Turns what the core knows into what the contract says. Errors of the contract have no cause: the inner chain goes
 * to the core's trace, under a support id that the client gets.
 */
export class Teller {
  readonly #supportId: string;
  readonly #report: (supportId: string, error: unknown) => void;
  #told = 0;

  constructor(supportId: string, report: (supportId: string, error: unknown) => void) {
    this.#supportId = supportId;
    this.#report = report;
  }

  /** Runs an operation of a client. Errors that mean nothing to clients pass unchanged, for the session to hide. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.tell(error);
    }
  }

  runSync<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.tell(error);
    }
  }

  tell(error: unknown): unknown {
    if (error instanceof VgpuFailure) {
      if (error.outcome === 'clean') return this.tell(error.cause);
      return this.#hide('Quarantined', 'The virtual function is set aside until the device is reset', error);
    }
    if (error instanceof TypeFileRejected) {
      return error.reason === 'incompatible'
        ? this.#hide('Incompatible', 'The data is made for another release than the one that runs', error, 'other-release')
        : this.#hide('BadData', 'The data is damaged', error);
    }
    if (!(error instanceof NovaCoreError)) return error;
    const told = TOLD[error.code];
    return told === undefined ? error : this.#hide(...told, error);
  }

  /** What a client is told when something that it gives back has to be kept. */
  keep(error: unknown): ContractError {
    return this.#hide('Quarantined', 'It could not be cleared and is set aside until the device is reset', error);
  }

  #hide(code: ErrorCode, message: string, error: unknown, reason?: Reason): ContractError {
    const supportId = `${this.#supportId}-c${(++this.#told).toString(16)}`;
    this.#report(supportId, error);
    return new ContractError(code, message, { supportId, ...(reason !== undefined && { reason }) });
  }
}

/** One line for the trace: the error, and what lies behind it. */
export function errorChain(error: unknown): string {
  const parts: string[] = [];
  for (let at: unknown = error; at !== undefined && parts.length < 8; at = at instanceof Error ? at.cause : undefined) {
    parts.push(at instanceof Error ? `${at.name}: ${at.message}` : `a thrown ${typeof at}`);
  }
  return parts.join(' < ');
}
