export type VgpuErrorCode =
  /** The session has no interface for virtual GPUs. */
  | 'NO_INTERFACE'
  /** No accepted type has that name or id. */
  | 'UNKNOWN_TYPE'
  /** Some of several virtual GPUs could not be closed; `errors` has what became of each. */
  | 'CLOSE_FAILED'
  /** Text that is no UUID. */
  | 'BAD_UUID'
  /** A virtual GPU has that name already. */
  | 'UUID_IN_USE'
  /** No virtual GPU has that name. */
  | 'UNKNOWN_VGPU'
  /** There is no such GPU, or none at all. */
  | 'NO_GPU'
  /** The virtual GPU has no virtual function now. */
  | 'NOT_PLACED'
  /** The store holds what no provisioner writes. */
  | 'BAD_STORE';

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
