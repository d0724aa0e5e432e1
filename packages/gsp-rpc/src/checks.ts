import type { Trace } from '@nova-stack/trace';
import type { CheckCode, GspRpcError } from './errors.ts';

/**
 * Every check that a receiver makes. What fails a `fault` is not used by a strict receiver, which throws; a `remark` is told to whoever
 * listens, and the message counts: no driver minds it, or the protocol has an answer to it.
 */
export const CHECKS: Readonly<Record<CheckCode, 'fault' | 'remark'>> = {
  ARGS: 'fault',
  PTE: 'fault',
  RING_HEADER: 'fault',
  RING_POINTER: 'fault',
  RING_PROGRESS: 'fault',
  ELEMENT_RANGE: 'fault',
  INCOMPLETE: 'fault',
  LENGTH: 'fault',
  ELEMENT_COUNT: 'fault',
  CHECKSUM: 'fault',
  SEQUENCE: 'fault',
  OLD_ELEMENT: 'remark',
  AUTH_TAG: 'remark',
  PADDING: 'remark',
  RPC_VERSION: 'fault',
  RPC_SIGNATURE: 'fault',
  FUNCTION: 'remark',
  REQUEST_RESULT: 'remark',
  EVENT_RESULT: 'remark',
  STALE_REPLY: 'remark',
  CONTINUATION: 'fault',
  INTERRUPTED: 'fault',
  CHUNK_LENGTH: 'fault',
  CHUNK_SEQUENCE: 'fault',
  TOO_LARGE: 'fault',
};

/** How a receiver takes what is wrong. */
export interface Strictness {
  /** `strict` throws faults, `lenient` makes of them what it can: for whoever wants to see what an odd peer says. */
  readonly mode: 'strict' | 'lenient';
  /** Hears every remark, and in lenient mode every fault. It must not throw. */
  readonly note?: (found: GspRpcError) => void;
}

/** Gives a receiver's findings where they belong. */
export class Judge {
  readonly lenient: boolean;
  readonly #note: ((found: GspRpcError) => void) | undefined;
  readonly #trace: Trace | undefined;

  constructor(strictness?: Strictness, trace?: Trace) {
    this.lenient = strictness?.mode === 'lenient';
    this.#note = strictness?.note;
    this.#trace = trace;
  }

  /** Whether anybody hears remarks; without, they need not be worded. */
  get listening(): boolean {
    return this.#note !== undefined || this.#trace?.on === true;
  }

  /**
   * @param traced - whether the trace has heard of it already
   * @throws {@link GspRpcError} a fault, in strict mode; otherwise it was noted and the receiver goes on.
   */
  find(found: GspRpcError, traced: boolean = false): void {
    if (!this.lenient && CHECKS[found.code as CheckCode] === 'fault') throw found;
    this.#note?.(found);
    if (!traced && this.#trace?.on === true) this.#trace.event('gsp-rpc.noted', { code: found.code });
  }
}
