/** What can go wrong between the two ends of the queues. Codes are stable. */
export type GspRpcErrorCode =
  /** Arguments that describe the shared memory do not fit together. */
  | 'ARGS'
  /** A page table entry is unaligned, out of range, or entry 0 does not describe the table itself. */
  | 'PTE'
  /** The peer's queue header differs from the agreed geometry. */
  | 'RING_HEADER'
  /** A read or write pointer lies outside the ring. */
  | 'RING_POINTER'
  /** An element declares no entries, too many, more than it needs, or more than were published. */
  | 'ELEMENT_COUNT'
  /** `rpc.length` is below the header's size or above the largest record. */
  | 'LENGTH'
  | 'CHECKSUM'
  /** The transport sequence number is not the next one. */
  | 'SEQUENCE'
  /** Header version or signature of the RPC header. */
  | 'RPC_HEADER'
  /** A continuation record without a first record, or anything else where one was due. */
  | 'CONTINUATION'
  /** A message above the largest legal size; nothing was written. */
  | 'TOO_LARGE'
  /** A bound on a wait has passed. */
  | 'TIMEOUT'
  /** The caller's signal ended the wait. */
  | 'ABORTED'
  /** The end was closed while the call was waiting, or before it began. */
  | 'CLOSED'
  /** Shared memory could not be reached. */
  | 'BUS';

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

const hex = (value: number): string => `0x${(value >>> 0).toString(16)}`;

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
