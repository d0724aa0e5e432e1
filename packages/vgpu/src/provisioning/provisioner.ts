import { ContractError, type InstanceState } from '@nova-stack/nova-core-api';

import type { VgpuDriver } from '../driver.ts';
import { VgpuError } from '../errors.ts';
import type { GuestOptions, VgpuManager } from '../manager.ts';
import type { Vgpu, VgpuType } from '../vgpu.ts';
import type { AssignmentStore, StoredAssignment } from './assignment-store.ts';
import { hex, octets, parseUuid, uuidOf } from './octets.ts';
import { checkStored } from './stored.ts';

export interface ProvisionerOptions {
  readonly driver: Pick<VgpuDriver, 'managers'>;
  /** Only one provisioner may use it at a time. */
  readonly store: AssignmentStore;
  /** Random bytes for names and owners; by default the platform's `crypto`. */
  readonly random?: (bytes: number) => Uint8Array;
}

/** A type, and the GPU that has it. */
export interface GpuType extends VgpuType {
  /** 32 hexadecimal digits. */
  readonly gpu: string;
}

export interface ProvisionOptions {
  /** Product name, with or without the maker. */
  readonly type: string;
  /** Its name from now on; by default a random one. */
  readonly uuid?: string;
  /** The GPU that it shall be on, as 32 hexadecimal digits; by default the first that takes it. */
  readonly gpu?: string;
  /** Index of the virtual function; by default the first that is free. */
  readonly vf?: number;
}

/** A virtual GPU that was created by name. */
export interface Provisioned {
  readonly uuid: string;
  readonly gpu: string;
  /** Product name of its type. */
  readonly type: string;
  /** Index of its virtual function; undefined while it has none. */
  readonly vf: number | undefined;
  /**
   * The core's word; or `Absent`: its GPU is not there; `Unplaced`: it could not be put back where it was, see `problem`;
   * `Removing`: it was destroyed, and is forgotten as soon as the core has let go of it.
   */
  readonly state: InstanceState | 'Absent' | 'Unplaced' | 'Removing';
  readonly problem: Error | undefined;
}

/**
 * Virtual GPUs by name, kept over restarts: what an operator creates is there until the operator destroys it. Calls may overlap; what
 * changes something is done one after the other.
 */
export interface Provisioner {
  /** Types of all GPUs that were accepted. Synchronous. */
  supported(): readonly GpuType[];
  /** Those of them of which another one can be had now. Synchronous. */
  creatable(): readonly GpuType[];
  /** Everything that was created and not destroyed, in the order of names. Synchronous. */
  list(): readonly Provisioned[];
  /**
   * Assigns a virtual function to a new name. When it has resolved the name outlives this process.
   *
   * @throws {VgpuError} `BAD_UUID`, `UUID_IN_USE`, `NO_GPU`, `UNKNOWN_TYPE`
   * @throws {ContractError} why the last GPU that was asked did not take it; nothing stays behind then. @throws what the store throws
   */
  create(options: ProvisionOptions): Promise<Provisioned>;
  /**
   * Takes a name away, and its virtual function.
   *
   * @returns `removed`, or `later` when its GPU is not there: {@link restore} finishes it
   * @throws {VgpuError} `UNKNOWN_VGPU`. @throws {ContractError} `InUse` while it runs: nothing changed; `Quarantined`: the core keeps it
   */
  destroy(uuid: string): Promise<'removed' | 'later'>;
  /**
   * Makes it run. Closing it keeps the name and the virtual function.
   *
   * @throws {VgpuError} `UNKNOWN_VGPU`, `NOT_PLACED`. @throws {ContractError} as the manager's `open`
   */
  open(uuid: string, guest?: GuestOptions): Promise<Vgpu>;
  /**
   * What a driver of its virtual function opens it with; what that driver does is no business of the manager's. Synchronous.
   *
   * @throws {VgpuError} `UNKNOWN_VGPU`, `NOT_PLACED`
   */
  claim(uuid: string): Claim;
  /**
   * Brings core and store together: after a start, when a GPU came back, or after its types were submitted. Assignments that the core
   * has lost are made again where they were; what was begun and not finished is undone, what was being destroyed is destroyed. One
   * that cannot be put back does not keep the others; it stays in the store, and {@link list} says why.
   */
  restore(): Promise<readonly Provisioned[]>;
}

/** A virtual function, and the 16 bytes that it was assigned for. */
export interface Claim {
  /** Device of its GPU on the bus. */
  readonly device: string;
  readonly vf: number;
  readonly owner: Uint8Array;
}

interface Entry {
  stored: StoredAssignment;
  problem?: Error;
}

const quiet = (): undefined => undefined;
const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));
const isA = (error: unknown, category: ContractError['category']): boolean => error instanceof ContractError && error.category === category;

/**
 * Reads what the store has; the core is not asked before {@link Provisioner.restore}.
 *
 * @throws {VgpuError} `BAD_STORE` for what no provisioner writes. @throws what the store throws
 */
export async function createProvisioner({ driver, store, random = cryptoRandom }: ProvisionerOptions): Promise<Provisioner> {
  const entries = new Map<string, Entry>();
  for (const one of await store.load()) {
    const stored = checkStored(one);
    entries.set(stored.uuid, { stored });
  }
  return new NamedVgpus(driver, store, random, entries);
}

/** Every runtime has it; the language's own types do not. */
function cryptoRandom(bytes: number): Uint8Array {
  const { crypto } = globalThis as unknown as { readonly crypto: { getRandomValues(into: Uint8Array): Uint8Array } };
  return crypto.getRandomValues(new Uint8Array(bytes));
}

class NamedVgpus implements Provisioner {
  readonly #driver: Pick<VgpuDriver, 'managers'>;
  readonly #store: AssignmentStore;
  readonly #random: (bytes: number) => Uint8Array;
  readonly #entries: Map<string, Entry>;
  #last: Promise<unknown> = Promise.resolve();

  constructor(driver: Pick<VgpuDriver, 'managers'>, store: AssignmentStore, random: (bytes: number) => Uint8Array, entries: Map<string, Entry>) {
    this.#driver = driver;
    this.#store = store;
    this.#random = random;
    this.#entries = entries;
  }

  supported(): readonly GpuType[] {
    return this.#driver.managers.flatMap((manager) => manager.types().map((type) => ({ ...type, gpu: hex(manager.gpu.uuid) })));
  }

  creatable(): readonly GpuType[] {
    return this.supported().filter(({ creatable }) => creatable > 0);
  }

  list(): readonly Provisioned[] {
    return this.#inOrder().map((entry) => this.#show(entry));
  }

  create(options: ProvisionOptions): Promise<Provisioned> {
    return this.#inTurn(async () => {
      const uuid = this.#newName(options.uuid);
      const managers = this.#driver.managers.filter(({ gpu }) => options.gpu === undefined || hex(gpu.uuid) === options.gpu.toLowerCase());
      if (managers.length === 0) {
        throw new VgpuError('NO_GPU', options.gpu === undefined ? 'There is no GPU for virtual GPUs' : `There is no GPU ${options.gpu}; there are: ${this.#driver.managers.map(({ gpu }) => hex(gpu.uuid)).join(', ') || 'none'}`);
      }
      const owner = this.#random(16);
      for (const [i, manager] of managers.entries()) {
        try {
          return this.#show(await this.#make(manager, uuid, owner, options));
        } catch (error) {
          // Another GPU may have what this one lacks; what went wrong in any other way would go wrong there too.
          const other = isA(error, 'resource') || isA(error, 'lost') || (error instanceof VgpuError && error.code === 'UNKNOWN_TYPE');
          if (!other || i === managers.length - 1) throw error;
        }
      }
      throw new VgpuError('NO_GPU', 'There is no GPU for virtual GPUs');
    });
  }

  destroy(uuid: string): Promise<'removed' | 'later'> {
    return this.#inTurn(async () => {
      const entry = this.#named(uuid);
      const manager = this.#managerOf(entry);
      const before = entry.stored;
      await this.#put(entry, { ...before, step: 'removing' });
      if (!manager) return 'later';
      try {
        await this.#letGo(manager, entry);
      } catch (error) {
        // What runs goes on, and what the core keeps is the operator's to see.
        if (before.step === 'made') await this.#put(entry, before);
        else entry.problem = asError(error);
        throw error;
      }
      return 'removed';
    });
  }

  async open(uuid: string, guest: GuestOptions = {}): Promise<Vgpu> {
    const { manager, vf, owner } = this.#placed(uuid);
    return manager.open({ vf, owner, keep: true, ...guest });
  }

  claim(uuid: string): Claim {
    const { manager: { device }, vf, owner } = this.#placed(uuid);
    return { device, vf, owner };
  }

  restore(): Promise<readonly Provisioned[]> {
    return this.#inTurn(async () => {
      for (const entry of this.#inOrder()) {
        const manager = this.#managerOf(entry);
        if (!manager) continue;
        delete entry.problem;
        try {
          if (entry.stored.step === 'made') await this.#putBack(manager, entry);
          else await this.#letGo(manager, entry);
        } catch (error) {
          entry.problem = asError(error);
        }
      }
      return this.list();
    });
  }

  /** One after the other: each looks at what the one before it left. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(quiet);
    return turn;
  }

  #newName(wanted: string | undefined): string {
    const uuid = wanted === undefined ? uuidOf(this.#random(16)) : parseUuid(wanted);
    if (uuid === undefined) throw new VgpuError('BAD_UUID', `${JSON.stringify(wanted)} is no UUID; one looks like ${uuidOf(this.#random(16))}`);
    if (this.#entries.has(uuid)) throw new VgpuError('UUID_IN_USE', `There is a virtual GPU ${uuid} already`);
    return uuid;
  }

  #named(uuid: string): Entry {
    const entry = this.#entries.get(uuid.toLowerCase());
    if (!entry) throw new VgpuError('UNKNOWN_VGPU', `There is no virtual GPU ${JSON.stringify(uuid)}; there are ${this.#entries.size}`);
    return entry;
  }

  /** @throws {VgpuError} `UNKNOWN_VGPU`, `NOT_PLACED` */
  #placed(uuid: string): { readonly manager: VgpuManager; readonly vf: number; readonly owner: Uint8Array } {
    const entry = this.#named(uuid);
    const { step, vf, owner } = entry.stored;
    const manager = this.#managerOf(entry);
    if (!manager || step !== 'made' || vf === undefined || entry.problem) {
      const { state, problem } = this.#show(entry);
      throw new VgpuError('NOT_PLACED', `${entry.stored.uuid} cannot be opened: it is ${state}${problem ? ` (${problem.message})` : ''}`);
    }
    return { manager, vf, owner: octets(owner) };
  }

  #managerOf({ stored }: Entry): VgpuManager | undefined {
    return this.#driver.managers.find(({ gpu }) => hex(gpu.uuid) === stored.gpu);
  }

  async #put(entry: Entry, stored: StoredAssignment): Promise<void> {
    await this.#store.put(stored);
    entry.stored = stored;
  }

  async #make(manager: VgpuManager, uuid: string, owner: Uint8Array, { type, vf: wanted }: ProvisionOptions): Promise<Entry> {
    const making = { uuid, gpu: hex(manager.gpu.uuid), type, owner: hex(owner), step: 'making' as const };
    await this.#store.put(making);
    const entry: Entry = { stored: making };
    try {
      const assigned = await manager.assign({ type, owner, ...(wanted !== undefined && { vf: wanted }) });
      await this.#put(entry, { ...making, type: assigned.type.name, vf: assigned.vf, step: 'made' });
    } catch (error) {
      // What cannot be taken back now is taken back after the next start: the store says that it was not finished.
      await this.#letGo(manager, entry).catch(() => void this.#entries.set(uuid, { ...entry, problem: asError(error) }));
      throw error;
    }
    this.#entries.set(uuid, entry);
    return entry;
  }

  /** Has the core forget it, if it knows it, and then the store. */
  async #letGo(manager: VgpuManager, entry: Entry): Promise<void> {
    const vf = this.#heldAt(manager, entry.stored);
    if (vf !== undefined) await manager.unassign(vf, octets(entry.stored.owner));
    await this.#store.remove(entry.stored.uuid);
    this.#entries.delete(entry.stored.uuid);
  }

  async #putBack(manager: VgpuManager, entry: Entry): Promise<void> {
    const { stored } = entry;
    const held = this.#heldAt(manager, stored);
    if (held === undefined) await manager.assign({ type: stored.type, owner: octets(stored.owner), vf: stored.vf! });
    else if (held !== stored.vf) await this.#put(entry, { ...stored, vf: held });
  }

  /** The virtual function that the core has it on. */
  #heldAt(manager: VgpuManager, { vf, owner }: StoredAssignment): number | undefined {
    const bytes = octets(owner);
    const { virtualFunctions } = manager;
    const places = vf === undefined ? Array.from({ length: virtualFunctions }, (_, i) => i) : [vf];
    return places.find((place) => {
      try {
        return manager.assignment(place, bytes).mine;
      } catch (error) {
        if (error instanceof ContractError && error.category === 'lookup') return false;
        throw error;
      }
    });
  }

  #inOrder(): Entry[] {
    return [...this.#entries.values()].sort((a, b) => (a.stored.uuid < b.stored.uuid ? -1 : 1));
  }

  #show(entry: Entry): Provisioned {
    const { uuid, gpu, type, vf } = entry.stored;
    return { uuid, gpu, type, vf, state: this.#state(entry), problem: entry.problem };
  }

  #state({ stored, problem }: Entry): Provisioned['state'] {
    if (stored.step !== 'made') return 'Removing';
    const manager = this.#managerOf({ stored });
    if (!manager) return 'Absent';
    if (problem) return 'Unplaced';
    try {
      const { state, mine } = manager.assignment(stored.vf!, octets(stored.owner));
      return mine ? state : 'Unplaced';
    } catch {
      return 'Unplaced';
    }
  }
}
