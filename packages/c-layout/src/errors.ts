/** What is wrong with bytes or a value; stable across releases. */
export type LayoutErrorCode =
  /** The bytes end before the record does. */
  | 'SHORT'
  /** A number does not fit its field. */
  | 'RANGE'
  /** A value is of another kind than its field. */
  | 'KIND'
  /** An array or a text is longer than its field. */
  | 'LENGTH'
  /** A value has a field that the record lacks. */
  | 'UNKNOWN_FIELD'
  /** A declaration cannot be laid out. */
  | 'DECLARATION';

/** The one error that this package throws. Nothing was written when it is thrown. */
export class LayoutError extends Error {
  override readonly name = 'LayoutError';
  readonly code: LayoutErrorCode;
  /** `record.field[3].inner` */
  readonly path: string;

  constructor(code: LayoutErrorCode, path: string, message: string) {
    super(`${path}: ${message}`);
    this.code = code;
    this.path = path;
  }
}
