// What a core implements of virtual GPUs, once, for every major that it offers.
import type { BackendObjectOf, BackendOf } from '../schema/interface.ts';
import type { VGPU_V2 } from '../schema/vgpu-v2.ts';

type Operations = BackendOf<typeof VGPU_V2>;
type InstanceOperations = BackendObjectOf<typeof VGPU_V2, 'instance'>;

/** Something that takes time, as the core that does it sees it. */
export interface Work {
  /**
   * Nothing stands against it: from now on it is under way, and its caller knows. What fails before is the caller's answer at once.
   *
   * @param total - steps that there are; 0 when that is not known
   */
  begin(total: number): void;
  /** Steps that are done. */
  progress(done: number): void;
  /** Its caller has asked for its end. */
  cancelled(): boolean;
  /**
   * Between two steps: ends the work when its caller has asked for that. Who calls it undoes what was done when it throws; a step that
   * cannot be undone is not followed by one.
   *
   * @throws {ContractError} `Cancelled`
   */
  checkpoint(): void;
}

/** Work that nobody watches and nobody cancels. */
export const UNWATCHED: Work = { begin: () => undefined, progress: () => undefined, cancelled: () => false, checkpoint: () => undefined };

/** Saving: where the state goes. */
export interface SavingWork extends Work {
  /** Resolves when the caller has taken enough that more may come. @throws {ContractError} `Cancelled` */
  put(bytes: Uint8Array): Promise<void>;
}

/** Restoring: where the state comes from. */
export interface RestoringWork extends Work {
  /** The next bytes, or undefined at the end. @throws {ContractError} `Cancelled` */
  take(): Promise<Uint8Array | undefined>;
}

export interface CoreInstance extends Pick<InstanceOperations, 'setBusMaster' | 'info' | 'stop' | 'resume' | 'compatibility'> {
  reset(work: Work): Promise<void>;
  close(work: Work): Promise<void>;
  save(work: SavingWork): Promise<void>;
}

/** An instance that was made, and what its guest sees. */
export interface Made {
  readonly instance: CoreInstance;
  readonly identity: Awaited<ReturnType<InstanceGiver>>['identity'];
}
type InstanceGiver = BackendObjectOf<typeof VGPU_V2, 'operation'>['instance'];

/** Virtual GPUs of a core. Sessions make operations, and the first major, of it. */
export interface VgpuCore extends Pick<Operations, 'listTypes' | 'submitTypes' | 'capacity' | 'placements' | 'setMode' | 'assign' | 'unassign' | 'getAssignment'> {
  querySupport(): Omit<ReturnType<Operations['querySupport']>, 'operations'>;
  open(input: Parameters<Operations['open']>[0], work: Work): Promise<Made>;
  restore(input: Parameters<Operations['restore']>[0], work: RestoringWork): Promise<Made>;
}
