/** What can be wrong with a video BIOS. */
export type VbiosErrorCode =
  /** Something lies outside the ROM, an image or a table. */
  | 'OUT_OF_RANGE'
  /** A signature, magic number or version is not a known one. */
  | 'BAD_SIGNATURE'
  /** A field holds a value that the format does not allow. */
  | 'BAD_VALUE'
  /** An image, token, entry or interface that must exist does not. */
  | 'MISSING';

/** The only error that reading a video BIOS throws, whatever the bytes are. */
export class VbiosError extends Error {
  override readonly name = 'VbiosError';
  readonly code: VbiosErrorCode;
  /** What was looked at, e.g. `PCIR.imageLength`. */
  readonly field: string;
  /** Byte offset in the ROM, image or table named by `field`. */
  readonly offset: number;

  constructor(code: VbiosErrorCode, field: string, offset: number, detail: string) {
    super(`${field} at 0x${offset.toString(16)}: ${detail}`);
    this.code = code;
    this.field = field;
    this.offset = offset;
  }
}
