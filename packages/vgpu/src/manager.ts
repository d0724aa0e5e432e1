import { ContractError, type ContractEvent, type Session, type VgpuClient } from '@nova-stack/nova-core-api';

import { VgpuError } from './errors.ts';
import { OpenedVgpu, type GuestIdentity, type Vgpu, type VgpuType } from './vgpu.ts';

export type TypeVerdict = Awaited<ReturnType<VgpuClient['submitTypes']>>['verdicts'][number];
export type Assignment = ReturnType<VgpuClient['getAssignment']>;
export type DeviceInfo = ReturnType<Session['base']['deviceInfo']>['info'];

export interface AssignOptions {
  /** Product name (`NVIDIA L40-4Q`, or without the maker) or id of an accepted type. */
  readonly type: string | number;
  /** 16 bytes that stand for whoever it is for; only with them can it be opened and taken away again. */
  readonly owner: Uint8Array;
  /** Index of the virtual function, from 0; default: the first that is free. */
  readonly vf?: number;
}

export interface GuestOptions {
  /** Name of the guest, for people; at most 64 bytes; default `guest`. */
  readonly label?: string;
  /** Process that the guest runs in, for accounting: 1 to 2^31 - 1; default 1. */
  readonly process?: number;
}

/** What a virtual GPU is created from. */
export type CreateOptions = AssignOptions & GuestOptions;
/** What an assigned virtual function is opened with. */
export type OpenOptions = GuestOptions & {
  readonly vf: number;
  readonly owner: Uint8Array;
  /** Whether closing it leaves the virtual function assigned; default: no. */
  readonly keep?: boolean;
};

/** A virtual function that a type was assigned to. */
export interface Assigned {
  readonly vf: number;
  readonly type: VgpuType;
  /** What the guest will see. */
  readonly identity: GuestIdentity;
}

/**
 * The manager of one GPU's virtual GPUs. It knows the contract and nothing below it. All calls may be made at the
 * same time; what the core refuses is a {@link ContractError}.
 */
export interface VgpuManager {
  /** Name of the GPU's device on the bus. */
  readonly device: string;
  /** Which GPU it is; `uuid` is the same after every start. */
  readonly gpu: DeviceInfo;
  /** Virtual functions that there are now. Synchronous. @throws {ContractError} `DeviceLost`. */
  readonly virtualFunctions: number;
  /** Why there can be no virtual GPUs, or undefined. Synchronous. @throws {ContractError} `DeviceLost`. */
  readonly obstacle: string | undefined;
  /**
   * Hands data with types to the core, which decides on each.
   *
   * @throws {ContractError} `BadData`; `Incompatible`, reason `other-release`, for data of another release; `InUse`.
   */
  submitTypes(data: Uint8Array, label: string): Promise<readonly TypeVerdict[]>;
  /** The types that were accepted, and how many of each can still be had. Synchronous. @throws {ContractError} `DeviceLost`. */
  types(): readonly VgpuType[];
  /**
   * Reserves a virtual function for a type; no memory is touched. It outlives the session and stays until `unassign`.
   *
   * @throws {VgpuError} `UNKNOWN_TYPE`. @throws {ContractError} `NotFound` (the virtual function), `InUse`,
   * `NotCreatable` with a reason, `NoCapacity`.
   */
  assign(options: AssignOptions): Promise<Assigned>;
  /** @throws {ContractError} `NotOwner`, `InUse` while it is open, `InvalidState` when nothing was assigned, `Quarantined`. */
  unassign(vf: number, owner: Uint8Array): Promise<void>;
  /** What a virtual function was assigned; `mine` says whether to `owner`. Synchronous. @throws {ContractError} `NotFound`. */
  assignment(vf: number, owner?: Uint8Array): Assignment;
  /**
   * Makes an assigned virtual function run, its memory cleared.
   *
   * @throws {ContractError} `NotOwner`, `InvalidState`, `InUse`, `NoMemory`, `DeviceError` (nothing stays behind),
   * `Timeout` or `Quarantined` (the core may keep it).
   */
  open(options: OpenOptions): Promise<Vgpu>;
  /** Assigns and opens; if opening fails the assignment is taken back. @throws as `assign` and `open`. */
  create(options: CreateOptions): Promise<Vgpu>;
  /** Those that were opened here and not closed, in the order of their opening. */
  readonly instances: readonly Vgpu[];
  /**
   * Closes all, last first, whatever becomes of each; also those that are being created now.
   *
   * @throws {VgpuError} `CLOSE_FAILED` when some could not be closed.
   */
  closeAll(): Promise<void>;
  /**
   * Has `handler` called with what the core tells, one event at a time. It may call what is synchronous.
   *
   * @returns what ends that
   */
  subscribe(handler: (event: ContractEvent) => void): () => void;
}

/** How often a choice is made again because the list of types changed meanwhile. */
const TRIES = 8;

const sameName = (type: VgpuType, wanted: string): boolean => type.name === wanted || type.name.replace(/^\S+ /, '') === wanted;
const isA = (error: unknown, code: ContractError['code']): boolean => error instanceof ContractError && error.code === code;

export class Manager implements VgpuManager {
  readonly device: string;
  readonly gpu: DeviceInfo;
  readonly #session: Session;
  readonly #vgpu: VgpuClient;
  /** Opened and not closed; those that are closing stay until it is over. */
  readonly #live: OpenedVgpu[] = [];
  readonly #handlers = new Set<(event: ContractEvent) => void>();
  readonly #creating = new Set<Promise<Vgpu>>();
  #assigning: Promise<unknown> = Promise.resolve();

  constructor(session: Session, device: string) {
    if (!session.vgpu) throw new VgpuError('NO_INTERFACE', `${device} does not offer virtual GPUs`);
    this.device = device;
    this.#session = session;
    this.gpu = session.base.deviceInfo().info;
    this.#vgpu = session.vgpu;
  }

  get obstacle(): string | undefined {
    const { enabled, reason } = this.#vgpu.querySupport();
    return enabled ? undefined : reason;
  }

  get virtualFunctions(): number {
    return this.#session.base.limits().limits.enabledVfs;
  }

  get instances(): readonly Vgpu[] {
    return this.#live.filter(({ state }) => state !== 'Closing');
  }

  async submitTypes(data: Uint8Array, label: string): Promise<readonly TypeVerdict[]> {
    return (await this.#vgpu.submitTypes({ data, label })).verdicts;
  }

  types(): readonly VgpuType[] {
    return this.#vgpu.listTypes().types;
  }

  /** One at a time: each assignment changes the list that the next one chooses from. */
  assign(options: AssignOptions): Promise<Assigned> {
    const turn = this.#assigning.then(() => this.#assign(options));
    this.#assigning = turn.catch(() => undefined);
    return turn;
  }

  async unassign(vf: number, owner: Uint8Array): Promise<void> {
    await this.#vgpu.unassign({ vf, owner });
  }

  assignment(vf: number, owner?: Uint8Array): Assignment {
    return this.#vgpu.getAssignment({ vf, ...(owner && { owner }) });
  }

  async open({ vf, owner, keep = false, label = 'guest', process = 1 }: OpenOptions): Promise<Vgpu> {
    const { typeId } = this.assignment(vf);
    const type = this.types().find((one) => one.typeId === typeId);
    if (!type) throw new VgpuError('UNKNOWN_TYPE', `Virtual function ${vf} has type ${typeId}, which is not on the list`);
    const kept = owner.slice();
    const { instance, identity } = await this.#vgpu.open({ vf, owner: kept, label, process });
    const vgpu = new OpenedVgpu({
      vf, type, identity, instance, session: this.#session,
      unassign: keep ? undefined : () => this.#giveBack(vf, kept),
      closed: (one) => void this.#live.splice(this.#live.indexOf(one), 1),
    });
    this.#live.push(vgpu);
    return vgpu;
  }

  create(options: CreateOptions): Promise<Vgpu> {
    const creating = this.#create(options).finally(() => this.#creating.delete(creating));
    this.#creating.add(creating);
    return creating;
  }

  async closeAll(): Promise<void> {
    await Promise.allSettled(this.#creating);
    const all = this.#live.length;
    const errors: unknown[] = [];
    for (let one = this.#live.at(-1); one; one = this.#live.at(-1)) await one.close().catch((error: unknown) => errors.push(error));
    if (errors.length > 0) throw new VgpuError('CLOSE_FAILED', `${errors.length} of ${all} virtual GPUs of ${this.device} could not be closed`, errors);
  }

  subscribe(handler: (event: ContractEvent) => void): () => void {
    this.#handlers.add(handler);
    return () => void this.#handlers.delete(handler);
  }

  /** What the core says happened. */
  heard(event: ContractEvent): void {
    const errors: unknown[] = [];
    for (const handler of [...this.#handlers]) {
      try {
        handler(event);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  async #create({ type, owner, vf: wanted, ...guest }: CreateOptions): Promise<Vgpu> {
    const { vf } = await this.assign({ type, owner, ...(wanted !== undefined && { vf: wanted }) });
    try {
      return await this.open({ vf, owner, ...guest });
    } catch (error) {
      // Why it did not open is what the caller has to know.
      await this.#giveBack(vf, owner).catch(() => undefined);
      throw error;
    }
  }

  async #assign({ type: wanted, owner, vf }: AssignOptions): Promise<Assigned> {
    for (let left = TRIES - 1; ; left--) {
      const { types, generation } = this.#vgpu.listTypes();
      const type = types.find((one) => (typeof wanted === 'number' ? one.typeId === wanted : sameName(one, wanted)));
      if (!type) {
        throw new VgpuError('UNKNOWN_TYPE', `There is no type ${JSON.stringify(wanted)}; the types are: ${types.map((one) => one.name).join(', ') || 'none'}`);
      }
      try {
        return { type, ...(await this.#vgpu.assign({ typeId: type.typeId, owner, generation, ...(vf !== undefined && { vf }) })) };
      } catch (error) {
        if (!isA(error, 'StaleGeneration') || left === 0) throw error;
      }
    }
  }

  /** The assignment ends with the instance. What the core keeps in quarantine, or lost, stays the core's. */
  async #giveBack(vf: number, owner: Uint8Array): Promise<void> {
    try {
      await this.#vgpu.unassign({ vf, owner });
    } catch (error) {
      if (!isA(error, 'Quarantined') && !(error instanceof ContractError && error.category === 'lost')) throw error;
    }
  }
}
