export type PciErrorCode =
  /** An offset, address, size or index outside what exists. */
  | 'OUT_OF_RANGE'
  /** An access that is not aligned to its size. */
  | 'UNALIGNED'
  /** A value that does not fit the access. */
  | 'BAD_VALUE'
  /** A declaration that the PCI specification does not allow. */
  | 'BAD_SPEC'
  /** No BAR with this index. */
  | 'NO_BAR'
  /** Memory decoding is off. */
  | 'DECODE_OFF'
  /** The mapping was given back before. */
  | 'UNMAPPED'
  /** The device has left the bus. */
  | 'NO_DEVICE'
  /** No such capability. */
  | 'NO_CAPABILITY'
  /** Something of the kind exists already. */
  | 'BUSY'
  /** The memory was given back before. */
  | 'FREED'
  /** No room in the address space or in memory. */
  | 'NO_MEMORY'
  /** The physical function's driver publishes nothing. */
  | 'NOT_PUBLISHED'
  /** It publishes something of another type. */
  | 'BAD_KEY'
  /** What the function asks of memory cannot be had go elsewhere. */
  | 'NO_REDIRECTION'
  /** The device does not keep to the seam. */
  | 'DEVICE_FAULT';

/** The only kind of error that this package throws. */
export class PciError extends Error {
  override readonly name: string = 'PciError';
  readonly code: PciErrorCode;

  constructor(code: PciErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** `0x1f`, for messages. */
export const hex = (value: number): string => (value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`);
