import type { BackendEvent } from '../core/backend.ts';
import type { CoreInstance, Made, RestoringWork, VgpuCore, Work } from '../core/vgpu-core.ts';
import { ContractError } from '../errors.ts';
import type { InstanceState } from '../schema/vgpu-v1.ts';
import { INSTANCE_STATES } from '../states.ts';
import type { Block, DeviceMemory } from './device-memory.ts';
import { MemoryPlaces, type MemoryVgpuType as Type, type Place, type Taken } from './memory-places.ts';
import { parseTypes } from './type-data.ts';

interface Assignment {
  readonly type: Type;
  readonly owner: Uint8Array;
  readonly place: Place;
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

/** Parts in which the memory of an instance is cleared, saved and restored, so that somebody can get in between. */
const STEPS = 4;
const COMPATIBILITY = 32;

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, at) => byte === b[at]);

/** Virtual GPUs of an in-memory core: every rule of the contract, no device. */
export class MemoryVgpus implements VgpuCore {
  readonly #options: MemoryVgpusOptions;
  readonly #places: MemoryPlaces;
  readonly #assignments = new Map<number, Assignment>();
  #types: readonly Type[] = [];
  #plan = 1n;
  /** The device is gone: nothing is touched any more. */
  gone = false;

  constructor(options: MemoryVgpusOptions) {
    this.#options = options;
    this.#places = new MemoryPlaces(options.memory.size, options.vfs);
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

  querySupport: VgpuCore['querySupport'] = () => {
    void this.#options.before('vgpu.querySupport');
    return this.#options.vfs > 0 ? { enabled: true, reason: 'none' } : { enabled: false, reason: 'no-vfs' };
  };

  listTypes: VgpuCore['listTypes'] = () => {
    void this.#options.before('vgpu.listTypes');
    return { types: this.#types, plan: this.#plan };
  };

  submitTypes: VgpuCore['submitTypes'] = async ({ data }) => {
    await this.#options.before('vgpu.submitTypes');
    const submitted = parseTypes(data, this.#options.release).map((type): Type => {
      const most = this.#places.most(type.profileSize);
      return { ...type, maxEqual: most, maxMixed: most };
    });
    if (this.#assignments.size > 0) throw new ContractError('InUse', 'Types are assigned');
    const fits = ({ maxEqual }: Type): boolean => maxEqual > 0;
    this.#types = submitted.filter(fits).sort((a, b) => a.typeId - b.typeId);
    this.#changed();
    return {
      verdicts: submitted.map((type) => ({ typeId: type.typeId, name: type.name, accepted: fits(type), reason: fits(type) ? 'none' as const : 'refused' as const })),
      plan: this.#plan,
    };
  };

  capacity: VgpuCore['capacity'] = () => {
    const taken = this.#taken();
    const types = this.#types.map(({ typeId, profileSize }) => ({
      typeId, supported: this.#places.most(profileSize), creatable: this.#places.creatable(profileSize, taken), reason: this.#places.obstacle(profileSize, taken),
    }));
    return { plan: this.#plan, mode: this.#places.mode, units: this.#places.units, types };
  };

  placements: VgpuCore['placements'] = ({ plan, typeId }) => {
    this.#current(plan);
    const type = this.#type(typeId);
    const can = this.#places.creatable(type.profileSize, this.#taken()) > 0;
    const free = new Set(this.#places.free(type.profileSize, this.#taken()).map(({ start }) => start));
    return { placements: this.#places.of(type.profileSize).map((place) => ({ ...place, placement: tokenOf(type, place), free: can && free.has(place.start) })) };
  };

  setMode: VgpuCore['setMode'] = async ({ mode }) => {
    await this.#options.before('vgpu.setMode');
    if (this.#assignments.size > 0) throw new ContractError('InUse', 'Types are assigned');
    if (this.#places.mode !== mode) {
      this.#places.mode = mode;
      this.#changed();
    }
    return { plan: this.#plan };
  };

  assign: VgpuCore['assign'] = async ({ vf, typeId, owner, plan, placement }) => {
    await this.#options.before('vgpu.assign');
    if (plan !== undefined) this.#current(plan);
    const type = this.#type(typeId);
    const chosen = vf ?? Array.from({ length: this.#options.vfs }, (_, index) => index).find((index) => !this.#assignments.has(index));
    if (chosen === undefined) throw new ContractError('NoCapacity', 'All virtual functions were assigned', { reason: 'no-function' });
    if (chosen >= this.#options.vfs) throw new ContractError('NotFound', `There is no virtual function ${chosen}`, { subject: 'vf' });
    if (this.#assignments.has(chosen)) throw new ContractError('InUse', 'The virtual function was assigned before', { subject: 'vf' });
    const place = this.#chosenPlace(type, placement);
    this.#assignments.set(chosen, { type, place, owner: owner.slice(), state: 'Unassigned' });
    this.#move(chosen, 'Assigned');
    this.#changed();
    return { vf: chosen, identity: this.#identity(type), ...place };
  };

  unassign: VgpuCore['unassign'] = async ({ vf, owner }) => {
    await this.#options.before('vgpu.unassign');
    const { state } = this.#owned(vf, owner);
    if (state === 'Quarantined') throw quarantined();
    if (state !== 'Assigned') throw new ContractError('InUse', 'The instance is open', { subject: 'vf' });
    this.#move(vf, 'Unassigned');
    this.#assignments.delete(vf);
    this.#changed();
  };

  getAssignment: VgpuCore['getAssignment'] = ({ vf, owner }) => {
    void this.#options.before('vgpu.getAssignment');
    const assignment = this.#assignments.get(vf);
    if (!assignment) throw new ContractError('NotFound', 'The virtual function was assigned nothing', { subject: 'vf' });
    const { type, state, place } = assignment;
    return { typeId: type.typeId, state, mine: owner !== undefined && sameBytes(owner, assignment.owner), identity: this.#identity(type), ...place };
  };

  open: VgpuCore['open'] = (input, work) => this.#make(input, work, 'vgpu.open', async ({ start, size }) => {
    for (let step = 0; step < STEPS; step++) {
      this.#options.memory.clear(start + (size / STEPS) * step, size / STEPS);
      work.progress(step + 1);
      work.checkpoint();
      await Promise.resolve();
    }
    return 'Active';
  });

  restore: VgpuCore['restore'] = ({ compatibility, ...input }, work) => {
    const { type } = this.#owned(input.vf, input.owner);
    if (!sameBytes(compatibility, this.#compatibility(type))) return Promise.reject(new ContractError('Incompatible', 'A state that was saved elsewhere does not fit', { subject: 'compatibility' }));
    return this.#make(input, work, 'vgpu.restore', (block) => this.#fill(block, work));
  };

  async #fill({ start, size }: Block, work: RestoringWork): Promise<'Stopped'> {
    let at = 0;
    for (let bytes = await work.take(); bytes; bytes = await work.take()) {
      if (at + bytes.length > size) throw new ContractError('BadData', 'The state is longer than the instance');
      this.#options.memory.write(start + at, bytes);
      at += bytes.length;
      work.progress(Math.floor((at / size) * STEPS));
    }
    if (at !== size) throw new ContractError('BadData', 'The state is shorter than the instance');
    return 'Stopped';
  }

  async #make({ vf, owner }: Parameters<VgpuCore['open']>[0], work: Work, name: string, prepare: (block: Block) => Promise<'Active' | 'Stopped'>): Promise<Made> {
    const assignment = this.#owned(vf, owner);
    const { type, state } = assignment;
    if (state === 'Quarantined') throw quarantined();
    if (state !== 'Assigned') throw new ContractError(state === 'Opening' || state === 'Closing' ? 'Busy' : 'InUse', 'The instance is open', { subject: 'vf' });
    const { memory, before } = this.#options;
    const block = memory.take(type.guestMemory);
    if (!block) throw new ContractError('NoMemory', 'The device has not enough free memory');
    assignment.block = block;
    this.#move(vf, 'Opening');
    work.begin(STEPS);
    let ready: 'Active' | 'Stopped';
    try {
      await before(name);
      work.checkpoint();
      ready = await prepare(block);
    } catch (error) {
      // Without an answer nobody knows what runs there, so nobody else gets the memory.
      if (error instanceof ContractError && error.code === 'Timeout') this.#move(vf, 'Quarantined');
      else this.#back(vf, assignment);
      throw error;
    }
    this.#move(vf, 'Active');
    if (ready === 'Stopped') this.#move(vf, 'Stopped');
    return { instance: this.#instance(vf, assignment), identity: this.#identity(type) };
  }

  #instance(vf: number, assignment: Assignment): CoreInstance {
    const { before, memory } = this.#options;
    const must = (wanted: InstanceState): void => {
      const { state } = assignment;
      if (state !== wanted) throw new ContractError(state === 'Resetting' ? 'Busy' : 'InvalidState', `The instance is ${state}`, { subject: 'instance' });
    };
    let saving = false;
    return {
      info: () => {
        void before('instance.info');
        return { vf, typeId: assignment.type.typeId, state: assignment.state, memoryUsed: assignment.block?.size ?? 0 };
      },
      compatibility: () => ({ compatibility: this.#compatibility(assignment.type) }),
      setBusMaster: async () => {
        must('Active');
        await before('instance.setBusMaster');
      },
      stop: async () => {
        must('Active');
        await before('instance.stop');
        this.#move(vf, 'Stopped');
      },
      resume: async () => {
        must('Stopped');
        if (saving) throw new ContractError('Busy', 'The state of the instance is being saved', { subject: 'instance' });
        await before('instance.resume');
        this.#move(vf, 'Active');
      },
      save: async (work) => {
        must('Stopped');
        if (saving) throw new ContractError('Busy', 'The state of the instance is being saved', { subject: 'instance' });
        const { start, size } = assignment.block!;
        saving = true;
        work.begin(STEPS);
        try {
          await before('instance.save');
          for (let step = 0; step < STEPS; step++) {
            work.checkpoint();
            await work.put(memory.read(start + (size / STEPS) * step, size / STEPS));
            work.progress(step + 1);
          }
        } finally {
          saving = false;
        }
      },
      reset: async (work) => {
        must('Active');
        this.#move(vf, 'Resetting');
        work.begin(1);
        try {
          await before('instance.reset');
        } catch (error) {
          this.#move(vf, 'Failed');
          throw error;
        }
        memory.clear(assignment.block!.start, assignment.block!.size);
        this.#move(vf, 'Active');
      },
      close: (work) => this.#close(vf, assignment, work),
    };
  }

  async #close(vf: number, assignment: Assignment, work: Work): Promise<void> {
    const { before, memory } = this.#options;
    if (this.gone) {
      memory.give(assignment.block!);
      delete assignment.block;
      assignment.state = 'Lost';
      return;
    }
    this.#move(vf, 'Closing');
    work.begin(1);
    try {
      await before('instance.release');
    } catch (error) {
      this.#move(vf, 'Quarantined');
      throw error;
    }
    this.#back(vf, assignment);
  }

  /** Nothing runs there any more: the memory is cleared and free, the assignment stays. */
  #back(vf: number, assignment: Assignment): void {
    const { memory } = this.#options;
    memory.clear(assignment.block!.start, assignment.block!.size);
    memory.give(assignment.block!);
    delete assignment.block;
    if (this.gone) assignment.state = 'Lost';
    else this.#move(vf, 'Assigned');
  }

  #chosenPlace(type: Type, token: bigint | undefined): Place {
    const taken = this.#taken();
    const reason = this.#places.obstacle(type.profileSize, taken);
    if (reason === 'other-size') throw new ContractError('NotCreatable', 'Instances of another size were assigned before', { reason });
    if (reason === 'no-function') throw new ContractError('NoCapacity', 'All virtual functions were assigned', { reason });
    if (reason !== 'none') throw new ContractError('NoCapacity', 'All instances of this type were assigned', { reason: 'no-placement' });
    const free = this.#places.free(type.profileSize, taken);
    if (token === undefined) return free[0]!;
    const wanted = this.#places.of(type.profileSize).find((place) => tokenOf(type, place) === token);
    if (!wanted) throw new ContractError('NotFound', 'There is no such place for the type', { subject: 'placement' });
    if (!free.some(({ start }) => start === wanted.start)) throw new ContractError('NotCreatable', 'The place is taken', { subject: 'placement', reason: 'no-placement' });
    return wanted;
  }

  #taken(): readonly Taken[] {
    return [...this.#assignments.values()].map(({ place, type }) => ({ ...place, profileSize: type.profileSize }));
  }

  #type(typeId: number): Type {
    const type = this.#types.find((one) => one.typeId === typeId);
    if (!type) throw new ContractError('NotFound', 'There is no such type', { subject: 'typeId' });
    return type;
  }

  #current(plan: bigint): void {
    if (plan !== this.#plan) throw new ContractError('StaleGeneration', 'What can be had has changed; read it again', { subject: 'plan' });
  }

  #owned(vf: number, owner: Uint8Array): Assignment {
    const assignment = this.#assignments.get(vf);
    if (!assignment) throw new ContractError('InvalidState', 'The virtual function was assigned nothing', { subject: 'vf' });
    if (!sameBytes(assignment.owner, owner)) throw new ContractError('NotOwner', 'Another client holds the assignment', { subject: 'owner' });
    return assignment;
  }

  /** A state can be restored where the same release has a type of the same id and memory. */
  #compatibility({ typeId, guestMemory }: Type): Uint8Array {
    const text = `${this.#options.release} ${typeId} ${guestMemory}`;
    return Uint8Array.from({ length: COMPATIBILITY }, (_, i) => (i < text.length ? text.charCodeAt(i) & 0xff : 0));
  }

  #identity(type: Type): Made['identity'] {
    const { guestMemory: memory, aperture, heads, maxX, maxY } = type;
    return { vendor: 0x1af4, device: 0x1000 + type.typeId, subsystemVendor: 0x1af4, subsystem: type.typeId, memory, aperture, heads, maxX, maxY };
  }

  #changed(): void {
    this.#options.emit({ kind: 'capacity.changed', payload: { generation: ++this.#plan } });
  }

  #move(vf: number, to: InstanceState): void {
    const assignment = this.#assignments.get(vf)!;
    const from = assignment.state;
    if (this.gone) return;
    if (!INSTANCE_STATES[from].includes(to)) throw new Error(`An instance does not go from ${from} to ${to}`);
    assignment.state = to;
    this.#options.emit({ kind: 'instance.state', payload: { vf, from, to } });
  }
}

const quarantined = (): ContractError => new ContractError('Quarantined', 'The virtual function is set aside until the device is reset', { subject: 'vf' });
/** Says which place of which type, to this core alone. */
const tokenOf = ({ typeId }: Type, { start }: Place): bigint => (BigInt(typeId) << 32n) | BigInt(start + 1);
