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
  /** Members that share their bytes were given values that differ there. */
  | 'CONFLICT'
  /** A declaration cannot be laid out. */
  | 'DECLARATION';

/** The numbers that a field holds, both ends included. */
export interface ValueRange {
  readonly min: number | bigint;
  readonly max: number | bigint;
}

/** What was refused, where it helps. */
export interface Refused {
  readonly value?: unknown;
  readonly range?: ValueRange | undefined;
}

/** The one error that this package throws. Nothing was written when it is thrown. */
export class LayoutError extends Error {
  override readonly name = 'LayoutError';
  declare readonly code: LayoutErrorCode;
  /** `record.field[3].inner` */
  declare readonly path: string;
  /** The refused value; absent for short bytes and declarations. */
  declare readonly value: unknown;
  /** What the field holds, for `RANGE`. */
  declare readonly range: ValueRange | undefined;

  constructor(code: LayoutErrorCode, path: string, message: string, { value, range }: Refused = {}) {
    super(`${path}: ${message}`);
    this.code = code;
    this.path = path;
    this.value = value;
    this.range = range;
  }
}
