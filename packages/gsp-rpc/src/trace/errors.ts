/** What can be wrong with a trace, a dump, or the wish to decode one. Codes are stable. */
export type TraceErrorCode =
  /** The bytes do not begin as a trace does. */
  | 'NOT_A_TRACE'
  /** A later version of the file format. */
  | 'FORMAT_VERSION'
  /** A record that no recorder writes; what stands before it was read. */
  | 'RECORD'
  /** The file ends inside a record; what stands before it was read. */
  | 'CUT'
  /** Something too large to be recorded or read. */
  | 'TOO_LARGE'
  /** A firmware release without tables. */
  | 'RELEASE'
  /** A message was decoded whose layouts were not loaded. */
  | 'NOT_PREPARED';

/** The error of `@nova-stack/gsp-rpc/trace` and `/decode`. */
export class TraceError extends Error {
  override readonly name: string = 'TraceError';
  readonly code: TraceErrorCode;
  /** Byte offset in the file, where there is one. */
  readonly at: number | undefined;

  constructor(code: TraceErrorCode, message: string, at?: number) {
    super(`${code}: ${message}${at === undefined ? '' : ` (at byte ${at})`}`);
    this.code = code;
    this.at = at;
  }
}
