export type VgpuErrorCode =
  /** The session has no interface for virtual GPUs. */
  | 'NO_INTERFACE'
  /** No accepted type has that name or id. */
  | 'UNKNOWN_TYPE'
  /** Some of several virtual GPUs could not be closed; `errors` has what became of each. */
  | 'CLOSE_FAILED';

/** What goes wrong in the manager itself; what the core refuses is a ContractError. */
export class VgpuError extends Error {
  override readonly name = 'VgpuError';
  readonly code: VgpuErrorCode;
  readonly errors: readonly unknown[];

  constructor(code: VgpuErrorCode, message: string, errors: readonly unknown[] = []) {
    super(message);
    this.code = code;
    this.errors = errors;
  }
}
