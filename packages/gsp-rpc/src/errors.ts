/** What can go wrong between the two ends of the queues. Codes are stable; `checks.ts` has those of the receivers. */
export type GspRpcErrorCode =
  | CheckCode
  /** A message that no receiver could take; nothing was written. */
  | 'UNSENDABLE'
  /** The payload of an awaited event could not be decoded; `cause` says why. */
  | 'BODY'
  /** A bound on a wait has passed. */
  | 'TIMEOUT'
  /** The caller's signal ended the wait. */
  | 'ABORTED'
  /** The end was closed while the call was waiting, or before it began. */
  | 'CLOSED'
  /** Shared memory could not be reached. */
  | 'BUS';

/** What a receiver finds wrong with what the other end wrote. */
export type CheckCode =
  /** Arguments that describe the shared memory do not fit together. */
  | 'ARGS'
  /** A page table entry is unaligned, out of range, or entry 0 does not describe the table itself. */
  | 'PTE'
  /** The peer's queue header differs from the agreed geometry. */
  | 'RING_HEADER'
  /** A read or write pointer lies outside the ring. */
  | 'RING_POINTER'
  /** A pointer went back, or past what it follows. */
  | 'RING_PROGRESS'
  /** An element declares no entries, or more than an element may have. */
  | 'ELEMENT_RANGE'
  /** An element declares more entries than were published. */
  | 'INCOMPLETE'
  /** `rpc.length` is below the header's size or above the largest record. */
  | 'LENGTH'
  /** An element's entries are not those that its length needs. */
  | 'ELEMENT_COUNT'
  | 'CHECKSUM'
  /** The transport sequence number is not the next one. */
  | 'SEQUENCE'
  /** An element that is older than the next one; it is passed over. */
  | 'OLD_ELEMENT'
  /** Authentication data where there is no confidential computing. */
  | 'AUTH_TAG'
  /** Padding of the element header that is not zero. */
  | 'PADDING'
  /** Version of the RPC header. */
  | 'RPC_VERSION'
  /** Signature of the RPC header. */
  | 'RPC_SIGNATURE'
  /** A number that the release has no function or event for. */
  | 'FUNCTION'
  /** A request with a result in it already. */
  | 'REQUEST_RESULT'
  /** An event with an error as its result. */
  | 'EVENT_RESULT'
  /** A reply that no call waits for. */
  | 'STALE_REPLY'
  /** A continuation record without a first record. */
  | 'CONTINUATION'
  /** Another message inside a large one. */
  | 'INTERRUPTED'
  /** A continuation record that is empty, or longer than what was due. */
  | 'CHUNK_LENGTH'
  /** A continuation record whose `rpc.sequence` does not count on from the record before. */
  | 'CHUNK_SEQUENCE'
  /** A message above the largest legal size. */
  | 'TOO_LARGE';

/** What an error is about; every number is a plain value of the wire. */
export interface GspRpcErrorDetail {
  /** Field or argument that is wrong. */
  readonly field?: string;
  readonly value?: number;
  /** Text of the allowed range, `0..62`. */
  readonly allowed?: string;
  readonly function?: number;
  readonly sequence?: number;
  readonly pointers?: RingPointers;
  /** For `TIMEOUT`: what was waited for and how long, in nanoseconds. */
  readonly reason?: string;
  readonly bound?: number;
}

/** The four pointers as one end sees them, in entries. */
export interface RingPointers {
  readonly commandWrite: number;
  readonly commandRead: number;
  readonly statusWrite: number;
  readonly statusRead: number;
}

const hex = (value: number): string => (Number.isInteger(value) && value >= 0 ? `0x${value.toString(16)}` : String(value));

function describe(code: GspRpcErrorCode, message: string, detail: GspRpcErrorDetail): string {
  const parts: string[] = [];
  if (detail.field !== undefined) {
    parts.push(`${detail.field}${detail.value === undefined ? '' : ` = ${hex(detail.value)}`}`);
    if (detail.allowed !== undefined) parts.push(`allowed ${detail.allowed}`);
  }
  if (detail.function !== undefined) parts.push(`function ${hex(detail.function)}`);
  if (detail.sequence !== undefined) parts.push(`sequence ${detail.sequence}`);
  if (detail.pointers !== undefined) {
    const p = detail.pointers;
    parts.push(`command ${p.commandRead}..${p.commandWrite}, status ${p.statusRead}..${p.statusWrite}`);
  }
  return `${code}: ${message}${parts.length === 0 ? '' : ` (${parts.join(', ')})`}`;
}

/** The only error that this package throws or rejects with. */
export class GspRpcError extends Error {
  override readonly name: string = 'GspRpcError';
  readonly code: GspRpcErrorCode;
  readonly detail: GspRpcErrorDetail;

  constructor(code: GspRpcErrorCode, message: string, detail: GspRpcErrorDetail = {}, cause?: unknown) {
    super(describe(code, message, detail), cause === undefined ? undefined : { cause });
    this.code = code;
    this.detail = detail;
  }
}
