export type FirmwareFileErrorCode =
  /** The source has no such file, or cannot read it. */
  | 'NOT_FOUND'
  /** The file ends before something that its headers announce. */
  | 'TRUNCATED'
  /** The file does not start as this kind of file does. */
  | 'BAD_MAGIC'
  /** A header field has a value that cannot be right. */
  | 'BAD_HEADER'
  /** Well formed, but of a revision that this package does not know. */
  | 'UNSUPPORTED'
  /** Nothing in the file is meant for this chip. */
  | 'WRONG_CHIP'
  /** Made for another firmware release. */
  | 'WRONG_RELEASE'
  /** Not the file that NVIDIA released under this name. */
  | 'BAD_DIGEST'
  /** A checksum does not match the content. */
  | 'BAD_CHECKSUM'
  /** A writer was given something that the format cannot hold. */
  | 'BAD_VALUE';

/** Where a file is at fault. */
export interface FirmwareFileFault {
  readonly code: FirmwareFileErrorCode;
  /** Path of the file below the firmware root, or what the caller named it. */
  readonly file: string;
  /** Byte offset of the field in the file. */
  readonly offset?: number | undefined;
  readonly field?: string | undefined;
  /** What the field holds. */
  readonly value?: number | bigint | string | undefined;
  /** One sentence without file, field and value, which are put before it. */
  readonly message: string;
}

function where({ offset, field, value }: FirmwareFileFault): string {
  if (field === undefined) return offset === undefined ? '' : ` at 0x${offset.toString(16)}`;
  const at = offset === undefined ? '' : ` at 0x${offset.toString(16)}`;
  const is = value === undefined ? '' : ` = ${typeof value === 'string' ? JSON.stringify(value) : `0x${value.toString(16)}`}`;
  return `: ${field}${at}${is}`;
}

/** The only kind of error that this package throws for what it reads or is asked to write. */
export class FirmwareFileError extends Error {
  override readonly name: string = 'FirmwareFileError';
  readonly code: FirmwareFileErrorCode;
  readonly file: string;
  readonly offset: number | undefined;
  readonly field: string | undefined;
  readonly value: number | bigint | string | undefined;

  constructor(fault: FirmwareFileFault) {
    super(`${fault.file}${where(fault)}: ${fault.message}`);
    this.code = fault.code;
    this.file = fault.file;
    this.offset = fault.offset;
    this.field = fault.field;
    this.value = fault.value;
  }
}
