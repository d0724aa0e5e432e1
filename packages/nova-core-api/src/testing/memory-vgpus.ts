import type { BackendEvent, BackendInstance, VgpuBackend } from '../core/backend.ts';
import { ContractError } from '../errors.ts';
import type { InstanceState } from '../schema/vgpu-v1.ts';
import { INSTANCE_STATES } from '../states.ts';
import type { Block, DeviceMemory } from './device-memory.ts';
import { parseTypes } from './type-data.ts';

type Type = ReturnType<VgpuBackend['listTypes']>['types'][number];

interface Assignment {
  readonly type: Type;
  readonly owner: Uint8Array;
  state: InstanceState;
  block?: Block;
}

export interface MemoryVgpusOptions {
  readonly memory: DeviceMemory;
  readonly vfs: number;
  readonly release: string;
  /** Runs before an operation does anything; what it throws makes the operation fail. */
  readonly before: (operation: string) => void | Promise<void>;
  readonly emit: (event: BackendEvent) => void;
}

const sameOwner = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, at) => byte === b[at]);

/** Virtual GPUs of an in-memory core: equal sizes only, every rule of the contract, no device. */
export class MemoryVgpus implements VgpuBackend {
  readonly #options: MemoryVgpusOptions;
  readonly #assignments = new Map<number, Assignment>();
  #types: readonly Type[] = [];
  #generation = 1n;
  /** The device is gone: nothing is touched any more. */
  gone = false;

  constructor(options: MemoryVgpusOptions) {
    this.#options = options;
  }

  get assigned(): number {
    return this.#assignments.size;
  }

  /** Instances that run, or that could not be brought to an end. */
  get live(): number {
    return [...this.#assignments.values()].filter(({ block }) => block !== undefined).length;
  }

  /** Where the guest's memory lies. */
  block(vf: number): Block | undefined {
    return this.#assignments.get(vf)?.block;
  }

  /** The guest's device breaks down. */
  break(vf: number): void {
    if (this.#assignments.get(vf)?.state === 'Active') this.#move(vf, 'Failed');
  }

  querySupport: VgpuBackend['querySupport'] = () => {
    void this.#options.before('vgpu.querySupport');
    return this.#options.vfs > 0 ? { enabled: true, reason: 'none' } : { enabled: false, reason: 'no-vfs' };
  };

  listTypes: VgpuBackend['listTypes'] = () => {
    void this.#options.before('vgpu.listTypes');
    const types = this.#types.map((type) => ({ ...type, maxInstances: this.#most(type), creatable: this.#creatable(type) }));
    return { types: types.sort((a, b) => a.typeId - b.typeId), generation: this.#generation };
  };

  submitTypes: VgpuBackend['submitTypes'] = async ({ data }) => {
    await this.#options.before('vgpu.submitTypes');
    const submitted = parseTypes(data, this.#options.release);
    if (this.#assignments.size > 0) throw new ContractError('InUse', 'Types are assigned');
    const fits = (type: Type): boolean => this.#most(type) > 0;
    this.#types = submitted.filter(fits);
    this.#changed();
    return {
      verdicts: submitted.map((type) => ({ typeId: type.typeId, name: type.name, accepted: fits(type), reason: fits(type) ? 'none' as const : 'refused' as const })),
      generation: this.#generation,
    };
  };

  assign: VgpuBackend['assign'] = async ({ vf, typeId, owner, generation }) => {
    await this.#options.before('vgpu.assign');
    if (generation !== undefined && generation !== this.#generation) throw new ContractError('StaleGeneration', 'The list of types has changed; read it again', { subject: 'generation' });
    const type = this.#types.find((one) => one.typeId === typeId);
    if (!type) throw new ContractError('NotFound', 'There is no such type', { subject: 'typeId' });
    const chosen = vf ?? Array.from({ length: this.#options.vfs }, (_, index) => index).find((index) => !this.#assignments.has(index));
    if (chosen === undefined) throw new ContractError('NoCapacity', 'All virtual functions were assigned');
    if (chosen >= this.#options.vfs) throw new ContractError('NotFound', `There is no virtual function ${chosen}`, { subject: 'vf' });
    if (this.#assignments.has(chosen)) throw new ContractError('InUse', 'The virtual function was assigned before', { subject: 'vf' });
    if (this.#otherSize(type)) throw new ContractError('NotCreatable', 'Instances of another size were assigned before', { reason: 'other-size' });
    if (this.#creatable(type) === 0) throw new ContractError('NoCapacity', 'All instances of this type were assigned');
    this.#assignments.set(chosen, { type, owner: owner.slice(), state: 'Unassigned' });
    this.#move(chosen, 'Assigned');
    this.#changed();
    return { vf: chosen, identity: this.#identity(type) };
  };

  unassign: VgpuBackend['unassign'] = async ({ vf, owner }) => {
    await this.#options.before('vgpu.unassign');
    const { state } = this.#owned(vf, owner);
    if (state === 'Quarantined') throw new ContractError('Quarantined', 'The virtual function is set aside until the device is reset', { subject: 'vf' });
    if (state !== 'Assigned') throw new ContractError('InUse', 'The instance is open', { subject: 'vf' });
    this.#move(vf, 'Unassigned');
    this.#assignments.delete(vf);
    this.#changed();
  };

  getAssignment: VgpuBackend['getAssignment'] = ({ vf, owner }) => {
    void this.#options.before('vgpu.getAssignment');
    const assignment = this.#assignments.get(vf);
    if (!assignment) throw new ContractError('NotFound', 'The virtual function was assigned nothing', { subject: 'vf' });
    const { type, state } = assignment;
    return { typeId: type.typeId, state, mine: owner !== undefined && sameOwner(owner, assignment.owner), identity: this.#identity(type) };
  };

  open: VgpuBackend['open'] = async ({ vf, owner }) => {
    const assignment = this.#owned(vf, owner);
    const { type, state } = assignment;
    if (state === 'Quarantined') throw new ContractError('Quarantined', 'The virtual function is set aside until the device is reset', { subject: 'vf' });
    if (state !== 'Assigned') throw new ContractError(state === 'Opening' || state === 'Closing' ? 'Busy' : 'InUse', 'The instance is open', { subject: 'vf' });
    const { memory, before } = this.#options;
    const block = memory.take(type.guestMemory);
    if (!block) throw new ContractError('NoMemory', 'The device has not enough free memory');
    assignment.block = block;
    this.#move(vf, 'Opening');
    try {
      await before('vgpu.open');
    } catch (error) {
      // Without an answer nobody knows what runs there, so nobody else gets the memory.
      if (error instanceof ContractError && error.code === 'Timeout') this.#move(vf, 'Quarantined');
      else this.#back(vf, assignment);
      throw error;
    }
    this.#move(vf, 'Active');
    return { instance: this.#instance(vf, assignment), identity: this.#identity(type) };
  };

  #instance(vf: number, assignment: Assignment): BackendInstance {
    const { before, memory } = this.#options;
    const active = (): void => {
      const { state } = assignment;
      if (state !== 'Active') throw new ContractError(state === 'Resetting' ? 'Busy' : 'InvalidState', `The instance is ${state}`, { subject: 'instance' });
    };
    return {
      info: () => {
        void before('instance.info');
        return { vf, typeId: assignment.type.typeId, state: assignment.state, memoryUsed: assignment.block?.size ?? 0 };
      },
      setBusMaster: async () => {
        active();
        await before('instance.setBusMaster');
      },
      reset: async () => {
        active();
        this.#move(vf, 'Resetting');
        try {
          await before('instance.reset');
        } catch (error) {
          this.#move(vf, 'Failed');
          throw error;
        }
        memory.clear(assignment.block!.start, assignment.block!.size);
        this.#move(vf, 'Active');
      },
      release: async () => {
        if (this.gone) {
          memory.give(assignment.block!);
          delete assignment.block;
          assignment.state = 'Lost';
          return;
        }
        this.#move(vf, 'Closing');
        try {
          await before('instance.release');
        } catch (error) {
          this.#move(vf, 'Quarantined');
          throw error;
        }
        this.#back(vf, assignment);
      },
    };
  }

  /** Nothing runs there any more: the memory is cleared and free, the assignment stays. */
  #back(vf: number, assignment: Assignment): void {
    const { memory } = this.#options;
    memory.clear(assignment.block!.start, assignment.block!.size);
    memory.give(assignment.block!);
    delete assignment.block;
    this.#move(vf, 'Assigned');
  }

  #owned(vf: number, owner: Uint8Array): Assignment {
    const assignment = this.#assignments.get(vf);
    if (!assignment) throw new ContractError('InvalidState', 'The virtual function was assigned nothing', { subject: 'vf' });
    if (!sameOwner(assignment.owner, owner)) throw new ContractError('NotOwner', 'Another client holds the assignment', { subject: 'owner' });
    return assignment;
  }

  #otherSize(type: Type): boolean {
    return [...this.#assignments.values()].some((one) => one.type.profileSize !== type.profileSize);
  }

  #most(type: Type): number {
    return Math.min(this.#options.vfs, Math.floor(this.#options.memory.size / type.profileSize));
  }

  #creatable(type: Type): number {
    return this.#otherSize(type) ? 0 : Math.max(0, this.#most(type) - this.#assignments.size);
  }

  #identity(type: Type): ReturnType<VgpuBackend['getAssignment']>['identity'] {
    const { guestMemory: memory, aperture, heads, maxX, maxY } = type;
    return { vendor: 0x1af4, device: 0x1000 + type.typeId, subsystemVendor: 0x1af4, subsystem: type.typeId, memory, aperture, heads, maxX, maxY };
  }

  #changed(): void {
    this.#options.emit({ kind: 'capacity.changed', payload: { generation: ++this.#generation } });
  }

  #move(vf: number, to: InstanceState): void {
    const assignment = this.#assignments.get(vf)!;
    const from = assignment.state;
    if (!INSTANCE_STATES[from].includes(to)) throw new Error(`An instance does not go from ${from} to ${to}`);
    assignment.state = to;
    this.#options.emit({ kind: 'instance.state', payload: { vf, from, to } });
  }
}
