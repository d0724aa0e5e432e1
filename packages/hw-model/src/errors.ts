export type HwModelErrorCode =
  /** A board that cannot be: a field outside its range. */
  | 'BAD_BOARD'
  /** The chip is not modelled. */
  | 'UNSUPPORTED_CHIP'
  /** A snapshot was asked for while memory requests are under way. */
  | 'BUSY'
  /** A state to go on from that is of another board or not a state. */
  | 'BAD_STATE';

/** What building and saving a GPU can throw. What a driver does to a GPU never throws. */
export class HwModelError extends Error {
  override readonly name = 'HwModelError';
  readonly code: HwModelErrorCode;

  constructor(code: HwModelErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
