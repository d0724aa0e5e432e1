import { ContractError, type ContractEvent, type Instance, type Session, type VgpuClient } from '@nova-stack/nova-core-api';

import { VgpuError } from './errors.ts';

export type TypeVerdict = Awaited<ReturnType<VgpuClient['submitTypes']>>['verdicts'][number];
export type VgpuType = ReturnType<VgpuClient['listTypes']>['types'][number];
export type GuestIdentity = Awaited<ReturnType<VgpuClient['open']>>['identity'];
export type InstanceInfo = ReturnType<Instance['info']>;

/** What a virtual GPU is created from. */
export interface CreateOptions {
  /** Product name (`NVIDIA L40-4Q`, or without the maker) or id of an accepted type. */
  readonly type: string | number;
  /** 16 bytes that stand for whoever it is for; only with them can it be taken away again. */
  readonly owner: Uint8Array;
  /** Name of the guest, for people. */
  readonly label?: string;
  /** Process that the guest runs in; default 1. */
  readonly process?: number;
}

/** A virtual GPU that runs. */
export interface Vgpu {
  /** Index of its virtual function. */
  readonly vf: number;
  readonly type: VgpuType;
  readonly identity: GuestIdentity;
  info(): InstanceInfo;
  setBusMaster(on: boolean): Promise<void>;
  /** Its memory reads zero afterwards. */
  reset(): Promise<void>;
  /** Closes the instance and gives the virtual function back. Twice is once. */
  close(): Promise<void>;
}

/** The manager of one GPU's virtual GPUs. It knows the contract and nothing below it. */
export interface VgpuManager {
  /** Name of the GPU's device on the bus. */
  readonly device: string;
  /** Why there can be no virtual GPUs, or undefined. */
  readonly obstacle: string | undefined;
  /**
   * Hands data with types to the core, which decides on each.
   *
   * @throws {ContractError} `BadData`; `Incompatible` for data of another release; `InUse`.
   */
  submitTypes(data: Uint8Array, label: string): Promise<readonly TypeVerdict[]>;
  /** The types that were accepted. */
  types(): readonly VgpuType[];
  /**
   * Assigns and opens an instance; if opening fails the assignment is taken back.
   *
   * @throws {VgpuError} `UNKNOWN_TYPE`; {@link ContractError} as the core's operations do.
   */
  create(options: CreateOptions): Promise<Vgpu>;
  /** Those that run, in the order of their creation. */
  readonly instances: readonly Vgpu[];
  /** Closes all, last first. */
  closeAll(): Promise<void>;
}

const sameName = (type: VgpuType, wanted: string): boolean => type.name === wanted || type.name.replace(/^\S+ /, '') === wanted;

export class Manager implements VgpuManager {
  readonly device: string;
  readonly #session: Session;
  readonly #vgpu: VgpuClient;
  readonly #live: Vgpu[] = [];

  constructor(session: Session, device: string) {
    if (!session.vgpu) throw new VgpuError('NO_INTERFACE', `${device} does not offer virtual GPUs`);
    this.device = device;
    this.#session = session;
    this.#vgpu = session.vgpu;
  }

  get obstacle(): string | undefined {
    const { enabled, reason } = this.#vgpu.querySupport();
    return enabled ? undefined : reason;
  }

  get instances(): readonly Vgpu[] {
    return [...this.#live];
  }

  async submitTypes(data: Uint8Array, label: string): Promise<readonly TypeVerdict[]> {
    return (await this.#vgpu.submitTypes({ data, label })).verdicts;
  }

  types(): readonly VgpuType[] {
    return this.#vgpu.listTypes().types;
  }

  async create({ type: wanted, owner, label = 'guest', process = 1 }: CreateOptions): Promise<Vgpu> {
    const { types, generation } = this.#vgpu.listTypes();
    const type = types.find((one) => (typeof wanted === 'number' ? one.typeId === wanted : sameName(one, wanted)));
    if (!type) {
      throw new VgpuError('UNKNOWN_TYPE', `There is no type ${JSON.stringify(wanted)}; the types are: ${types.map((one) => one.name).join(', ') || 'none'}`);
    }
    const { vf } = await this.#vgpu.assign({ typeId: type.typeId, owner, generation });
    try {
      const { instance, identity } = await this.#vgpu.open({ vf, owner, label, process });
      return this.#running({ vf, type, identity, instance, owner: owner.slice() });
    } catch (error) {
      await this.#giveBack(vf, owner);
      throw error;
    }
  }

  async closeAll(): Promise<void> {
    for (let one = this.#live.at(-1); one; one = this.#live.at(-1)) await one.close();
  }

  /** What the core says happened. An instance that it took away is no longer ours to close. */
  heard(event: ContractEvent): void {
    if (event.kind !== 'instance.state' || event.payload.to !== 'Lost') return;
    const index = this.#live.findIndex((one) => one.vf === event.payload.vf);
    if (index >= 0) this.#live.splice(index, 1);
  }

  #running({ vf, type, identity, instance, owner }: {
    readonly vf: number; readonly type: VgpuType; readonly identity: GuestIdentity; readonly instance: Instance; readonly owner: Uint8Array;
  }): Vgpu {
    let closing: Promise<void> | undefined;
    const close = async (): Promise<void> => {
      const index = this.#live.indexOf(vgpu);
      if (index >= 0) this.#live.splice(index, 1);
      await instance.release();
      await this.#giveBack(vf, owner);
    };
    const vgpu: Vgpu = {
      vf, type, identity,
      info: () => instance.info(),
      setBusMaster: (on) => instance.setBusMaster({ on }),
      reset: () => instance.reset(),
      close: () => (closing ??= close()),
    };
    this.#live.push(vgpu);
    return vgpu;
  }

  /** The assignment ends with the instance; one that the core keeps in quarantine stays the core's. */
  async #giveBack(vf: number, owner: Uint8Array): Promise<void> {
    if (this.#session.state === 'Lost') return;
    try {
      await this.#vgpu.unassign({ vf, owner });
    } catch (error) {
      if (!(error instanceof ContractError) || error.code !== 'Quarantined') throw error;
    }
  }
}
