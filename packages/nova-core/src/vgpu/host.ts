import { report, type Device } from '../device.ts';
import { NovaCoreError } from '../errors.ts';
import type { TaskNotice } from '../firmware/abi.ts';
import type { VgpuTypeFacts } from '../firmware/vgpu-abi.ts';
import type { HostingClient } from '../gsp/client.ts';
import type { VramAllocator } from '../memory/vram.ts';
import type { VramAccess } from '../memory/vram-window.ts';
import { TypeCatalogue, type TypeVerdict } from './catalogue.ts';
import { PlacementPlanner, type NoPlace, type SizeMode, type Taken } from '../placement/planner.ts';
import type { Spot } from '../placement/spots.ts';
import { footprintOf, instanceShare, unitsOf, type PlacementFacts } from './placement.ts';
import { VgpuFailure, VgpuTask, type TaskInputs, type TaskWatch } from './task.ts';

/** Where a virtual function stands. */
export type VfState = 'unassigned' | 'assigned' | 'opening' | 'active' | 'resetting' | 'failed' | 'closing' | 'quarantined';

/** Why a type cannot be had right now. */
export type Obstacle =
  /** No such type. */
  | 'unknown'
  | NoPlace
  /** Every virtual function has a type. */
  | 'no-function'
  /** The GPU's memory is error-correcting, and the type cannot be had with that. */
  | 'memory-protection';

interface Assignment {
  readonly vf: number;
  readonly type: VgpuTypeFacts;
  readonly place: Taken;
  state: VfState;
  task: VgpuTask | undefined;
  /** Set when the firmware says that its task is dead; what waits for the task looks at it. */
  crashed: boolean;
}

export interface HostInputs {
  readonly device: Device;
  readonly gsp: HostingClient;
  readonly vram: VramAllocator;
  readonly window: VramAccess;
  /** Virtual functions that the firmware was told of. */
  readonly functions: number;
}

/** States in which a task may run. */
const WITH_TASK: readonly VfState[] = ['opening', 'active', 'resetting', 'failed', 'closing'];

/** Told of every change of a virtual function's state. */
export type StateListener = (vf: number, from: VfState, to: VfState) => void;

/** The virtual GPUs of one GPU: which virtual function has which type, and the life of each. */
export class VgpuHost {
  readonly catalogue: TypeCatalogue;
  /** Virtual functions that there can be. */
  readonly functions: number;
  readonly #inputs: TaskInputs;
  readonly #facts: PlacementFacts;
  readonly #ecc: boolean;
  readonly #changed: StateListener;
  readonly #assignments = new Map<number, Assignment>();
  readonly #planner: PlacementPlanner;

  private constructor(inputs: TaskInputs, functions: number, facts: PlacementFacts, ecc: boolean, changed: StateListener) {
    this.#inputs = inputs;
    this.functions = functions;
    this.#facts = facts;
    this.#ecc = ecc;
    this.#changed = changed;
    this.#planner = new PlacementPlanner({ units: unitsOf(facts, []), channels: facts.channels });
    this.catalogue = new TypeCatalogue(inputs.device, inputs.gsp, facts, (id) => [...this.#assignments.values()].some(({ type }) => type.id === id));
  }

  /** Asks the firmware what there is to share out. @throws {@link NovaCoreError} */
  static async create({ functions, ...inputs }: HostInputs, changed: StateListener = () => {}): Promise<VgpuHost> {
    const { gsp, vram } = inputs;
    const { controls } = gsp.abi;
    const segment = await gsp.control('vgpu', controls.vmmuSegmentSize, undefined);
    const channels = await gsp.control('vgpu', controls.channelCount, undefined);
    const engines = await gsp.control('vgpu', controls.engines, undefined);
    const ecc = await gsp.control('vgpu', controls.eccEnabled, undefined);
    const host = new VgpuHost({ ...inputs, segment, engines }, functions, { memory: vram.total, segment, channels }, ecc, changed);
    gsp.onTaskNotice((notice) => { host.#noticed(notice); });
    return host;
  }

  /** Virtual functions that have a type. */
  get assigned(): readonly { readonly vf: number; readonly type: VgpuTypeFacts; readonly state: VfState }[] {
    return [...this.#assignments.values()].map(({ vf, type, state }) => ({ vf, type, state }));
  }

  /** Bytes of framebuffer that a guest with this type may use. */
  guestMemory(type: VgpuTypeFacts): number {
    return instanceShare(this.#facts, type).guestMemory;
  }

  /** Bytes of framebuffer that a vGPU of this type takes altogether. */
  memoryUsed(type: VgpuTypeFacts): number {
    const { guestMemory, heap } = instanceShare(this.#facts, type);
    return guestMemory + heap;
  }

  /** How many more of a type could be had now. */
  available(type: VgpuTypeFacts): number {
    if (this.obstacle(type.id) !== undefined) return 0;
    return Math.min(this.functions - this.#assignments.size, this.#planner.creatable(footprintOf(this.#facts, type)));
  }

  obstacle(typeId: number): Obstacle | undefined {
    const type = this.catalogue.get(typeId);
    if (type === undefined) return 'unknown';
    if (this.#ecc && !type.eccSupported) return 'memory-protection';
    const none = this.#planner.obstacle(footprintOf(this.#facts, type));
    return none !== 'other-size' && this.#assignments.size >= this.functions ? 'no-function' : none;
  }

  async submitTypes(bytes: Uint8Array, label: string): Promise<readonly TypeVerdict[]> {
    const verdicts = await this.catalogue.submit(bytes, label);
    this.#planner.setUnits(unitsOf(this.#facts, this.catalogue.types));
    return verdicts;
  }

  /** How the GPU is shared out. */
  get mode(): SizeMode {
    return this.#planner.mode;
  }

  /** Units in which places are counted, of the whole GPU. */
  get units(): number {
    return this.#planner.board.units;
  }

  /** The places of a type, and whether each can be had now. */
  places(type: VgpuTypeFacts): readonly (Spot & { readonly free: boolean })[] {
    const footprint = footprintOf(this.#facts, type);
    const free = new Set(this.obstacle(type.id) === undefined ? this.#planner.free(footprint).map(({ start }) => start) : []);
    return this.#planner.spots(footprint).map((spot) => ({ ...spot, free: free.has(spot.start) }));
  }

  /** How many of a type there could be on an empty GPU. */
  most(type: VgpuTypeFacts, mode: SizeMode = this.mode): number {
    if (this.#ecc && !type.eccSupported) return 0;
    return Math.min(this.functions, this.#planner.spots(footprintOf(this.#facts, type), mode).length);
  }

  /** Where a virtual function's vGPU goes. */
  place(vf: number): Spot | undefined {
    return this.#assignments.get(vf)?.place;
  }

  /**
   * Gives a virtual function a type and a place; no memory is touched. The first one brings the functions onto the bus.
   *
   * @param start - first unit of the place; left out, the first that is free
   */
  assign(vf: number, typeId: number, start?: number): Obstacle | undefined {
    const obstacle = this.obstacle(typeId);
    if (obstacle !== undefined) return obstacle;
    const type = this.catalogue.get(typeId)!;
    const place = this.#planner.take(footprintOf(this.#facts, type), start);
    if (typeof place === 'string') return place;
    const { sriov } = this.#inputs.device.pci;
    if (sriov?.numVfs === 0) sriov.setNumVfs(this.functions);
    this.#assignments.set(vf, { vf, type, place, state: 'assigned', task: undefined, crashed: false });
    this.#changed(vf, 'unassigned', 'assigned');
    report(this.#inputs.device.trace, 'nova-core.vgpu.assigned', { vf, type: type.name });
    return undefined;
  }

  /** Takes the type from a virtual function whose vGPU does not live. @throws {@link NovaCoreError} otherwise. */
  unassign(vf: number): void {
    const { place } = this.#expect(vf, 'assigned');
    this.#planner.give(place);
    this.#assignments.delete(vf);
    this.#changed(vf, 'assigned', 'unassigned');
  }

  state(vf: number): VfState {
    return this.#assignments.get(vf)?.state ?? 'unassigned';
  }

  type(vf: number): VgpuTypeFacts | undefined {
    return this.#assignments.get(vf)?.type;
  }

  /**
   * Makes the vGPU of a virtual function.
   *
   * @returns bytes of framebuffer that the guest has
   * @throws {@link VgpuFailure}, which says whether the virtual function is as before or quarantined
   */
  async open(vf: number, guest: { readonly processId: number; readonly uuid: Uint8Array }, watch?: TaskWatch): Promise<number> {
    const assignment = this.#expect(vf, 'assigned');
    const { type, place } = assignment;
    assignment.crashed = false;
    this.#move(assignment, 'opening');
    try {
      const task = await VgpuTask.open(this.#inputs, {
        type, spot: place, share: instanceShare(this.#facts, type), vf, vfAddress: this.#vfAddress(vf), processId: guest.processId, uuid: guest.uuid,
        crashed: () => assignment.crashed,
      }, watch);
      assignment.task = task;
      this.#move(assignment, 'active');
      report(this.#inputs.device.trace, 'nova-core.vgpu.opened', { vf, type: type.name, memory: task.guestMemory });
      return task.guestMemory;
    } catch (error) {
      this.#move(assignment, error instanceof VgpuFailure && error.outcome === 'clean' ? 'assigned' : 'quarantined');
      throw error;
    }
  }

  /** @throws {@link VgpuFailure} `quarantined` */
  async close(vf: number): Promise<void> {
    const assignment = this.#expect(vf, 'active', 'failed');
    this.#move(assignment, 'closing');
    try {
      await assignment.task!.close();
      assignment.task = undefined;
      this.#move(assignment, 'assigned');
    } catch (error) {
      this.#move(assignment, 'quarantined');
      throw error;
    }
  }

  /** @throws {@link NovaCoreError}; the vGPU has failed then and can only be closed. */
  async reset(vf: number): Promise<void> {
    const assignment = this.#expect(vf, 'active');
    this.#move(assignment, 'resetting');
    try {
      await assignment.task!.reset();
      this.#move(assignment, 'active');
    } catch (error) {
      this.#move(assignment, 'failed');
      throw error;
    }
  }

  async setBusMaster(vf: number, enable: boolean): Promise<void> {
    await this.#expect(vf, 'active').task!.setBusMaster(enable);
  }

  async setEncoderShare(vf: number, percent: number): Promise<void> {
    await this.#expect(vf, 'active').task!.setEncoderShare(percent);
  }

  /** Ends every vGPU that lives; what cannot be ended is quarantined. */
  async closeAll(): Promise<void> {
    for (const { vf, state } of this.assigned) {
      if (state !== 'active' && state !== 'failed') continue;
      await this.close(vf).catch((error: unknown) => {
        if (!(error instanceof VgpuFailure)) throw error;
      });
    }
  }

  /** What runs is failed at once; who waits for the task finds out by itself. What the firmware says of a function without a task is of no use. */
  #noticed({ gfid, crashed }: TaskNotice): void {
    const assignment = this.#assignments.get(gfid - 1);
    if (!crashed || assignment === undefined || !WITH_TASK.includes(assignment.state)) return;
    assignment.crashed = true;
    report(this.#inputs.device.trace, 'nova-core.vgpu.crashed', { vf: assignment.vf, state: assignment.state });
    if (assignment.state === 'active') this.#move(assignment, 'failed');
  }

  #move(assignment: Assignment, to: VfState): void {
    const from = assignment.state;
    assignment.state = to;
    this.#changed(assignment.vf, from, to);
  }

  #expect(vf: number, ...states: VfState[]): Assignment {
    const assignment = this.#assignments.get(vf);
    if (assignment !== undefined && states.includes(assignment.state)) return assignment;
    throw new NovaCoreError('REFUSED', 'vgpu', `virtual function ${vf} is ${assignment?.state ?? 'without a type'}, not ${states.join(' or ')}`);
  }

  #vfAddress(vf: number): number {
    const { pci } = this.#inputs.device;
    const { segment, bus, device, function: fn } = pci.address;
    const { firstVfOffset, vfStride } = pci.sriov!;
    // The address wraps into the next bus, as routing ids do.
    const routing = ((bus << 8) | (device << 3) | fn) + firstVfOffset + vf * vfStride;
    return segment * 0x1_0000 + (routing & 0xffff);
  }
}
