export type RegisterErrorCode =
  /** A register or format cannot be as it was declared. */
  | 'DECLARATION'
  /** A value does not fit its field, or there is no such field. */
  | 'FIELD_VALUE'
  /** An array of registers has no such element. */
  | 'INDEX';

/** The only error of this package; all of them are mistakes of the caller. */
export class RegisterError extends Error {
  override readonly name = 'RegisterError';
  readonly code: RegisterErrorCode;

  constructor(code: RegisterErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
