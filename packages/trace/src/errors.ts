export type TraceErrorCode = 'BAD_FAULT_RULE' | 'BAD_POINT_TABLE';

/** The only kind of error that this package throws. */
export class TraceError extends Error {
  override readonly name: string = 'TraceError';
  readonly code: TraceErrorCode;

  constructor(code: TraceErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
