import { ContractError, type InstanceState } from '@nova-stack/nova-core-api';
import type { CoreInstance, VgpuCore } from '@nova-stack/nova-core-api/core';

import type { VgpuTypeFacts } from '../firmware/vgpu-abi.ts';
import type { Rejection } from '../vgpu/catalogue.ts';
import type { Obstacle, VfState, VgpuHost } from '../vgpu/host.ts';
import { OPEN_STEPS } from '../vgpu/task.ts';
import type { Teller } from './errors.ts';

const VENDOR = 0x10de;

const STATES: Readonly<Record<VfState, InstanceState>> = {
  unassigned: 'Unassigned', assigned: 'Assigned', opening: 'Opening', active: 'Active', resetting: 'Resetting', failed: 'Failed', closing: 'Closing',
  quarantined: 'Quarantined',
};
/** The contract's name of a state. */
export function stateName(state: VfState): InstanceState {
  return STATES[state];
}

type Reason = 'none' | 'other-device' | 'bad-record' | 'too-many' | 'refused';
const REASONS: Readonly<Record<Rejection, Reason>> = {
  damaged: 'bad-record', 'other-board': 'other-device', partitioned: 'refused', 'in-use': 'refused', 'too-many': 'too-many', duplicate: 'bad-record',
  'too-large': 'refused', refused: 'refused',
};

type Series = 'Q' | 'B' | 'A' | 'C' | 'other';
function seriesOf(name: string): Series {
  const letter = /-\d+([QBAC])$/.exec(name)?.[1];
  return letter === undefined ? 'other' : (letter as Series);
}

function obstacleError(obstacle: Obstacle): ContractError {
  if (obstacle === 'unknown') return new ContractError('NotFound', 'There is no such type', { subject: 'typeId' });
  const details = { reason: obstacle };
  switch (obstacle) {
    case 'other-size':
      return new ContractError('NotCreatable', 'Instances of another size were assigned before', details);
    case 'memory-protection':
      return new ContractError('NotCreatable', 'The type cannot be had while memory protection is on', details);
    case 'other-mode':
      return new ContractError('NotCreatable', 'The type cannot be had where sizes are mixed', details);
    case 'no-capacity': case 'no-placement':
      return new ContractError('NoCapacity', 'All instances of this type were assigned', details);
    case 'no-function':
      return new ContractError('NoCapacity', 'All virtual functions were assigned', details);
  }
}

/** Why a call does not fit the state that a virtual function is in. */
function stateError(state: VfState): ContractError {
  switch (state) {
    case 'unassigned':
      return new ContractError('InvalidState', 'The virtual function was assigned nothing', { subject: 'vf' });
    case 'quarantined':
      return new ContractError('Quarantined', 'The virtual function is set aside until the device is reset', { subject: 'vf' });
    case 'opening': case 'closing': case 'resetting':
      return new ContractError('Busy', 'The instance is changing its state', { subject: 'vf' });
    case 'active': case 'failed':
      return new ContractError('InUse', 'The instance is open', { subject: 'vf' });
    case 'assigned':
      return new ContractError('InvalidState', 'The instance is not open', { subject: 'vf' });
  }
}

function sameOwner(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Smallest power of two that is no less. */
function powerOfTwoFrom(value: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(value, 1)));
}

/** Instances cannot be moved: no capability says that they can. */
const notMoved = (): ContractError => new ContractError('Unsupported', 'The device cannot move instances');

/** What clients call a place: the same for the same place, and nothing that could be computed with. */
function placeToken(typeId: number, start: number): bigint {
  // FNV-1a over both, so that neither shows.
  let hash = 0xcbf2_9ce4_8422_2325n;
  for (const word of [typeId, start, typeId ^ (start << 16)]) {
    for (let shift = 0; shift < 32; shift += 8) hash = ((hash ^ BigInt((word >>> shift) & 0xff)) * 0x100_0000_01b3n) & 0xffff_ffff_ffff_ffffn;
  }
  return hash;
}

/** Virtual GPUs as the contract has them: who owns which assignment, over what the host can do. */
export class VgpuService implements VgpuCore {
  readonly #host: VgpuHost;
  readonly #teller: Teller;
  readonly #owners = new Map<number, Uint8Array>();
  #plan = 1n;

  constructor(host: VgpuHost, teller: Teller) {
    this.#host = host;
    this.#teller = teller;
  }

  /** Virtual functions whose vGPU is more than assigned. */
  get live(): readonly number[] {
    return this.#host.assigned.filter(({ state }) => state !== 'assigned').map(({ vf }) => vf);
  }

  /** The list of types, or what can be had of it, has changed. @returns the token of the new plan */
  changed(): bigint {
    return ++this.#plan;
  }

  querySupport: VgpuCore['querySupport'] = () => {
    const { assigned, functions } = this.#host;
    const stuck = assigned.length > 0 && assigned.length === functions && assigned.every(({ state }) => state === 'quarantined');
    if (stuck) return { enabled: false, reason: 'quarantined' };
    return functions === 0 ? { enabled: false, reason: 'no-vfs' } : { enabled: true, reason: 'none' };
  };

  listTypes: VgpuCore['listTypes'] = () => ({
    types: this.#host.catalogue.types.map((type) => ({
      typeId: type.id,
      name: type.name,
      series: seriesOf(type.name),
      profileSize: type.profileSize,
      guestMemory: this.#host.guestMemory(type),
      aperture: powerOfTwoFrom(type.barSize),
      maxEqual: this.#host.most(type, 'equal'),
      maxMixed: 0,
      heads: type.heads,
      maxX: type.maxX,
      maxY: type.maxY,
      frameLimit: type.frameLimited ? type.frameLimit : 0,
      compute: type.compute,
    })),
    plan: this.#plan,
  });

  submitTypes: VgpuCore['submitTypes'] = ({ data, label }) => this.#teller.run(async () => {
    const verdicts = await this.#host.submitTypes(data, label);
    this.changed();
    return {
      verdicts: verdicts.map(({ id, name, rejection }) => ({
        typeId: id ?? 0, name, accepted: rejection === undefined, reason: rejection === undefined ? 'none' as const : REASONS[rejection],
      })),
      plan: this.#plan,
    };
  });

  capacity: VgpuCore['capacity'] = () => ({
    plan: this.#plan, mode: this.#host.mode, units: this.#host.units,
    types: this.#host.catalogue.types.map((type) => {
      const obstacle = this.#host.obstacle(type.id);
      return { typeId: type.id, supported: this.#host.most(type), creatable: this.#host.available(type), reason: obstacle === undefined || obstacle === 'unknown' ? 'none' as const : obstacle };
    }),
  });

  placements: VgpuCore['placements'] = ({ plan, typeId }) => {
    this.#current(plan);
    const type = this.#host.catalogue.get(typeId);
    if (type === undefined) throw obstacleError('unknown');
    return { placements: this.#host.places(type).map(({ start, units, free }) => ({ placement: placeToken(typeId, start), start, units, free })) };
  };

  /** This core is not told of firmware how sizes are mixed, so it does not offer it. */
  setMode: VgpuCore['setMode'] = () => Promise.reject(new ContractError('Unsupported', 'The device is shared out in instances of one size only'));

  // eslint-disable-next-line @typescript-eslint/require-await -- its errors are rejections, as those of every operation
  assign: VgpuCore['assign'] = async ({ vf, typeId, owner, plan, placement }) => {
    if (plan !== undefined) this.#current(plan);
    const chosen = vf ?? this.#firstFree();
    if (chosen >= this.#host.functions) throw new ContractError('NotFound', `There is no virtual function ${chosen}`, { subject: 'vf' });
    const state = this.#host.state(chosen);
    if (state !== 'unassigned') throw state === 'quarantined' ? stateError(state) : new ContractError('InUse', 'The virtual function was assigned before', { subject: 'vf' });
    const obstacle = this.#host.obstacle(typeId);
    if (obstacle !== undefined) throw obstacleError(obstacle);
    const taken = this.#host.assign(chosen, typeId, placement === undefined ? undefined : this.#startOf(typeId, placement));
    if (taken !== undefined) throw new ContractError('NotCreatable', 'The place is taken', { subject: 'placement', reason: 'no-placement' });
    this.#owners.set(chosen, owner.slice());
    return { vf: chosen, identity: this.#identity(this.#host.type(chosen)!), ...this.#place(chosen) };
  };

  // eslint-disable-next-line @typescript-eslint/require-await -- as above
  unassign: VgpuCore['unassign'] = async ({ vf, owner }) => {
    this.#own(vf, owner);
    const state = this.#host.state(vf);
    if (state !== 'assigned') throw stateError(state);
    this.#host.unassign(vf);
    this.#owners.delete(vf);
  };

  getAssignment: VgpuCore['getAssignment'] = ({ vf, owner }) => {
    const type = this.#host.type(vf);
    if (type === undefined) throw new ContractError('NotFound', 'The virtual function was assigned nothing', { subject: 'vf' });
    const holder = this.#owners.get(vf);
    return {
      typeId: type.id, state: stateName(this.#host.state(vf)), mine: owner !== undefined && holder !== undefined && sameOwner(owner, holder),
      identity: this.#identity(type), ...this.#place(vf),
    };
  };

  open: VgpuCore['open'] = ({ vf, owner, process }, work) => this.#teller.run(async () => {
    this.#own(vf, owner);
    const state = this.#host.state(vf);
    if (state !== 'assigned') throw stateError(state);
    const type = this.#host.type(vf)!;
    // The assignment's owner is as good a name of the guest as any: 16 bytes that the client chose.
    const opening = this.#host.open(vf, { processId: process, uuid: owner.slice() }, work);
    work.begin(OPEN_STEPS);
    await opening;
    return { instance: this.#instance(vf, type), identity: this.#identity(type) };
  });

  /** What is saved cannot be restored here, so nothing is offered of either. */
  restore: VgpuCore['restore'] = () => Promise.reject(notMoved());

  /** First virtual function without a type; the count of them when there is none. */
  #firstFree(): number {
    const { functions } = this.#host;
    for (let vf = 0; vf < functions; vf++) if (this.#host.state(vf) === 'unassigned') return vf;
    throw obstacleError('no-function');
  }

  #own(vf: number, owner: Uint8Array): void {
    const holder = this.#owners.get(vf);
    if (holder === undefined) throw stateError('unassigned');
    if (!sameOwner(holder, owner)) throw new ContractError('NotOwner', 'Another client holds the assignment', { subject: 'owner' });
  }

  #identity(type: VgpuTypeFacts) {
    return {
      vendor: VENDOR, device: type.guestDevice, subsystemVendor: VENDOR, subsystem: type.guestSubsystem,
      memory: this.#host.guestMemory(type), aperture: powerOfTwoFrom(type.barSize), heads: type.heads, maxX: type.maxX, maxY: type.maxY,
    };
  }

  /** @throws {ContractError} `StaleGeneration` */
  #current(plan: bigint): void {
    if (plan !== this.#plan) throw new ContractError('StaleGeneration', 'What can be had has changed since the list was read; read it again', { subject: 'plan' });
  }

  #place(vf: number): { readonly start: number; readonly units: number } {
    const { start, units } = this.#host.place(vf)!;
    return { start, units };
  }

  #startOf(typeId: number, placement: bigint): number {
    const place = this.#host.places(this.#host.catalogue.get(typeId)!).find(({ start }) => placeToken(typeId, start) === placement);
    if (place === undefined) throw new ContractError('NotFound', 'There is no such place for the type', { subject: 'placement' });
    return place.start;
  }

  #instance(vf: number, type: VgpuTypeFacts): CoreInstance {
    const host = this.#host;
    const teller = this.#teller;
    /** Ends when what is under way on this instance has ended. */
    let turn: Promise<unknown> = Promise.resolve();
    const exclusive = (work: () => Promise<void>): Promise<void> => teller.run(() => {
      const state = host.state(vf);
      if (state !== 'active') throw stateError(state === 'assigned' ? 'assigned' : state === 'failed' ? 'assigned' : state);
      const mine = work();
      turn = mine.catch(() => undefined);
      return mine;
    });
    return {
      setBusMaster: ({ on }) => exclusive(() => host.setBusMaster(vf, on)),
      reset: (work) => exclusive(() => {
        const reset = host.reset(vf);
        work.begin(1);
        return reset;
      }),
      stop: () => Promise.reject(notMoved()),
      resume: () => Promise.reject(notMoved()),
      save: () => Promise.reject(notMoved()),
      compatibility: () => { throw notMoved(); },
      info: () => ({ vf, typeId: type.id, state: stateName(host.state(vf)), memoryUsed: host.memoryUsed(type) }),
      // Giving back wins over everything else: it waits for what is under way.
      close: (work) => teller.run(async () => {
        await turn;
        const closing = host.close(vf);
        work.begin(1);
        await closing;
      }),
    };
  }
}
