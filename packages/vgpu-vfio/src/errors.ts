export type VgpuVfioErrorCode =
  /** The device is no virtual function. */
  | 'NO_VIRTUAL_FUNCTION'
  /** The core behind the physical function does not offer virtual GPUs. */
  | 'NO_INTERFACE'
  /** What the guest is to see cannot be laid over the function; `cause` says why. */
  | 'BAD_IDENTITY';

/** What goes wrong in the driver itself; what the core refuses is a ContractError, what the bus refuses a PciError. */
export class VgpuVfioError extends Error {
  override readonly name = 'VgpuVfioError';
  readonly code: VgpuVfioErrorCode;

  constructor(code: VgpuVfioErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
