import type { Instance, InstanceState, Session, VgpuClient } from '@nova-stack/nova-core-api';

export type VgpuType = ReturnType<VgpuClient['listTypes']>['types'][number];
export type GuestIdentity = Awaited<ReturnType<VgpuClient['open']>>['identity'];
export type InstanceInfo = ReturnType<Instance['info']>;

/** A virtual GPU that was opened. */
export interface Vgpu {
  /** Index of its virtual function. */
  readonly vf: number;
  readonly type: VgpuType;
  /** What the guest sees; does not change. */
  readonly identity: GuestIdentity;
  /** Where it stands now, as the core has it; `Unassigned` after `close` (`Assigned` where that was to stay), `Lost` when the device is gone. Never throws. */
  readonly state: InstanceState;
  /** Synchronous. @throws {ContractError} `InvalidState` after `close`, `DeviceLost`. */
  info(): InstanceInfo;
  /** Lets the guest's device reach the guest's memory, or stops it. @throws {ContractError} `InvalidState`, `Busy`, `DeviceError`, `Timeout`, `DeviceLost`. */
  setBusMaster(on: boolean): Promise<void>;
  /**
   * Puts it back to how it was opened; its memory reads zero afterwards.
   *
   * @throws {ContractError} as `setBusMaster`; after `DeviceError` or `Timeout` it is `Failed`, and `close` is all that is left.
   */
  reset(): Promise<void>;
  /**
   * Ends what runs, clears its memory, and gives the virtual function back. Twice is once. Succeeds when the device is gone.
   *
   * @throws {ContractError} `Quarantined` when the core had to keep it; `DeviceError`, `Timeout`.
   */
  close(): Promise<void>;
}

/** What a virtual GPU needs of the one who made it. */
export interface VgpuParts {
  readonly vf: number;
  readonly type: VgpuType;
  readonly identity: GuestIdentity;
  readonly instance: Instance;
  readonly session: Session;
  /** Gives the virtual function back, after what ran on it has ended; without it, it stays assigned. */
  readonly unassign: (() => Promise<void>) | undefined;
  /** It is over, one way or the other. */
  readonly closed: (vgpu: OpenedVgpu) => void;
}

/** A session that has ended took what it held with it. */
export function isOver({ state }: Session): boolean {
  return state !== 'Attached' && state !== 'Revoking';
}

export class OpenedVgpu implements Vgpu {
  readonly vf: number;
  readonly type: VgpuType;
  readonly identity: GuestIdentity;
  readonly #parts: VgpuParts;
  /** Where it stands once it is no longer the instance that can tell. */
  #ended: InstanceState | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: VgpuParts) {
    this.#parts = parts;
    this.vf = parts.vf;
    this.type = parts.type;
    this.identity = parts.identity;
  }

  get state(): InstanceState {
    const { session, instance } = this.#parts;
    if (this.#ended !== undefined) return this.#ended;
    return isOver(session) ? 'Lost' : instance.info().state;
  }

  info(): InstanceInfo {
    return this.#parts.instance.info();
  }

  setBusMaster(on: boolean): Promise<void> {
    return this.#parts.instance.setBusMaster({ on });
  }

  reset(): Promise<void> {
    return this.#parts.instance.reset();
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    const { instance, session, unassign, closed } = this.#parts;
    this.#ended = 'Closing';
    try {
      await instance.release();
      this.#ended = 'Assigned';
      await unassign?.();
      this.#ended = isOver(session) ? 'Lost' : unassign ? 'Unassigned' : 'Assigned';
    } catch (error) {
      if (this.#ended === 'Closing') this.#ended = 'Quarantined';
      throw error;
    } finally {
      closed(this);
    }
  }
}
