/** What an import can fail of. */
export type ImportErrorCode =
  /** There is no clang, or it is too old. */
  | 'clang-missing'
  /** The folder is no checkout of NVIDIA's open kernel modules. */
  | 'not-a-checkout'
  /** The checkout is of another version than the one asked for. */
  | 'other-version'
  /** A header does not parse, or clang gave up. */
  | 'clang-failed'
  /** The tree parses, but something that the facts are read from is missing or looks otherwise than in the known versions. */
  | 'unknown-shape';

/** An import that did not succeed: `message` says what was found, where, and what to do about it. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
  readonly code: ImportErrorCode;

  constructor(code: ImportErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
