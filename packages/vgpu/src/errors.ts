export type VgpuErrorCode =
  /** The session has no interface for virtual GPUs. */
  | 'NO_INTERFACE'
  /** No accepted type has that name or id. */
  | 'UNKNOWN_TYPE';

/** What goes wrong in the manager itself; what the core refuses is a ContractError. */
export class VgpuError extends Error {
  override readonly name = 'VgpuError';
  readonly code: VgpuErrorCode;

  constructor(code: VgpuErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
