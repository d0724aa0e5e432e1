import {
  CHANNEL_CLASSES, COPY_PHYS_TARGETS, get, GP_ENTRY0, GP_ENTRY1, GP_ENTRY_SIZE, GP_EXTENDED_BASE, GP_OPCODES, HOST_DOORBELL, SUBCHANNELS, USERD,
} from '@nova-stack/gpu-regs';
import { copyPlain } from '@nova-stack/timebase';

import type { Aperture } from '../mmu/format.ts';
import type { ChannelFault, HostChannelName, HostChannelSetting, HostChannelSpec, HostDirectory, HostHardware, MemoryJob } from '../port.ts';
import { transferSome, type CopyContext } from './copy-engine.ts';
import { HostFault, pushbufferFault } from './fault.ts';
import { MemoryView, type HostMemory } from './memory.ts';
import { carryOut, type MethodContext } from './methods.ts';
import { takeWord } from './pushbuffer.ts';
import { tryAcquire } from './semaphore.ts';
import { coldHost, MIN_PATIENCE, openedChannel, type HostChannelState, type HostState, type Segment } from './state.ts';

/** What the host needs of the chip around it. */
export interface HostSurroundings extends HostMemory {
  now(): number;
  start(job: MemoryJob): void;
  /** Calls {@link Host.wake} at that time. */
  arm(at: number): void;
  disarm(): void;
  interrupt(vector: number): void;
  fault(fault: ChannelFault): void;
  trace(point: string, args: Readonly<Record<string, string | number>>): void;
}

/** Work of one channel before another has its turn, and of all before the device rests: in nanoseconds of device time. */
const SLICE = 50_000;
const TURN = 400_000;
/** What work costs; assumed: 20 GB/s, 10 ns for a word of a pushbuffer, 100 for a look at memory. */
const BYTES_PER_NS = 20;
const WORD_COST = 10;
const LOOK_COST = 100;
/** Words of a pushbuffer that are fetched at a time. */
const WORDS = 256;
const MAX_PATIENCE = 1_000_000;
/** Bare memory, by the target that an engine names it with. */
const PHYSICAL: readonly Aperture[] = ['vram', 'coherent', 'non-coherent', 'peer'];

const key = ({ runlist, id }: HostChannelName): number => runlist * 2 ** 16 + id;

/**
 * Host, runlists and the engines behind them: channels fetch methods and carry them out. Groups of channels get equal time,
 * and within a group its channels. A channel that makes a mistake is stopped and told to the firmware; the others go on.
 */
export class Host implements HostHardware {
  state: HostState = coldHost();
  readonly #world: HostSurroundings;
  /** Channels of one address space share its translations. */
  readonly #views = new Map<string, MemoryView>();
  readonly #physical: readonly MemoryView[];
  /** A job runs channels; it ends when this object is another. */
  #running: object | undefined;

  constructor(world: HostSurroundings) {
    this.#world = world;
    this.#physical = PHYSICAL.map((aperture) => MemoryView.physical(world, aperture));
  }

  cold(): void {
    this.restore(coldHost());
  }

  /** Goes on from another state. */
  restore(state: HostState): void {
    this.#running = undefined;
    this.#views.clear();
    this.state = state;
  }

  reset(): void {
    this.#world.disarm();
    this.cold();
  }

  open(spec: HostChannelSpec): void {
    if (CHANNEL_CLASSES[spec.class] === undefined) throw new RangeError(`0x${spec.class.toString(16)} is no class of host channels`);
    this.state.channels.set(key(spec), openedChannel(spec, SUBCHANNELS));
  }

  close(name: HostChannelName): void {
    const { channels, groups } = this.state;
    const channel = channels.get(key(name));
    channels.delete(key(name));
    const rest = [...channels.values()];
    if (channel && !rest.some(({ spec }) => spec.group === channel.spec.group)) groups.delete(channel.spec.group);
    const roots = new Set(rest.map(({ setting }) => rootOf(setting.directory)));
    for (const root of this.#views.keys()) if (!roots.has(root)) this.#views.delete(root);
  }

  set(name: HostChannelName, setting: HostChannelSetting): void {
    const channel = this.state.channels.get(key(name));
    if (channel === undefined) return;
    const starts = setting.scheduled && !channel.setting.scheduled;
    channel.setting = setting;
    if (starts) this.#ring(channel);
  }

  stop(stopped: boolean): void {
    this.state.stopped = stopped;
    if (!stopped) this.wake();
  }

  invalidate(): void {
    for (const view of this.#views.values()) view.invalidate();
  }

  save(): unknown {
    return copyPlain(this.state);
  }

  load(saved: unknown): void {
    this.restore(copyPlain(saved) as HostState);
    this.wake();
  }

  /** A channel's doorbell was written. */
  doorbell(value: number): void {
    const channel = this.state.channels.get(key({ runlist: get(HOST_DOORBELL, 'runlist', value), id: get(HOST_DOORBELL, 'channel', value) }));
    if (channel === undefined) this.#world.trace('hw-model.host.doorbell-ignored', { value });
    else this.#ring(channel);
  }

  /** Looks at everything that waits. */
  wake(): void {
    for (const channel of this.state.channels.values()) channel.asleep = false;
    this.#run();
  }

  /** GP_PUT is to be looked at; whoever was idle does not get the time that it missed. */
  #ring(channel: HostChannelState): void {
    const { channels, groups } = this.state;
    if (!this.#ready(channel)) {
      const busy = [...channels.values()].filter((other) => this.#ready(other));
      const { group } = channel.spec;
      if (busy.length > 0) groups.set(group, Math.max(this.#groupTime(channel), Math.min(...busy.map((other) => this.#groupTime(other)))));
      const mates = busy.filter(({ spec }) => spec.group === group);
      if (mates.length > 0) channel.had = Math.max(channel.had, Math.min(...mates.map(({ had }) => had)));
    }
    channel.rung = true;
    this.state.patience = MIN_PATIENCE;
    this.wake();
  }

  #groupTime({ spec: { group } }: HostChannelState): number {
    return this.state.groups.get(group) ?? 0;
  }

  #ready({ setting, faulted, asleep, segment, acquire, transfer, rung }: HostChannelState): boolean {
    return setting.scheduled && !faulted && !asleep && (rung || segment !== undefined || acquire !== undefined || transfer !== undefined);
  }

  #run(): void {
    if (this.#running !== undefined || this.state.stopped || ![...this.state.channels.values()].some((channel) => this.#ready(channel))) return;
    const token = {};
    this.#running = token;
    this.#world.disarm();
    this.#world.start(this.#turn(token));
  }

  *#turn(token: object): MemoryJob {
    const { state } = this;
    let spent = 0;
    while (this.#running === token && !state.stopped && spent < TURN) {
      const next = this.#next();
      if (next === undefined) break;
      const cost = yield* this.#slice(token, next);
      next.had += cost;
      if (this.#current(next)) state.groups.set(next.spec.group, this.#groupTime(next) + cost);
      spent += cost;
    }
    if (this.#running !== token) return;
    this.#running = undefined;
    if (state.stopped) return;
    const channels = [...state.channels.values()];
    if (channels.some((channel) => this.#ready(channel))) this.#world.arm(this.#world.now() + spent);
    else if (channels.some(({ asleep, setting, faulted }) => asleep && setting.scheduled && !faulted)) {
      this.#world.arm(this.#world.now() + state.patience);
      state.patience = Math.min(MAX_PATIENCE, state.patience * 2);
    }
  }

  /** Who had least of the time. */
  #next(): HostChannelState | undefined {
    let next: HostChannelState | undefined;
    for (const channel of this.state.channels.values()) {
      if (!this.#ready(channel)) continue;
      const before = next === undefined ? -1 : this.#groupTime(channel) - this.#groupTime(next) || channel.had - next.had;
      if (before < 0) next = channel;
    }
    return next;
  }

  /** @returns what it cost, in nanoseconds */
  *#slice(token: object, channel: HostChannelState): MemoryJob<number> {
    const lives = (): boolean => this.#running === token && this.#current(channel);
    let cost = 0;
    try {
      while (lives() && cost < SLICE && this.#ready(channel)) cost += (yield* whileTrue(lives, this.#step(channel))) ?? 0;
    } catch (error) {
      if (!(error instanceof HostFault)) throw error;
      if (lives()) this.#fault(channel, error);
    }
    return Math.max(cost, LOOK_COST);
  }

  #current(channel: HostChannelState): boolean {
    return this.state.channels.get(key(channel.spec)) === channel;
  }

  #fault(channel: HostChannelState, { info }: HostFault): void {
    const { runlist, id } = channel.spec;
    channel.faulted = true;
    this.#world.trace('hw-model.host.fault', { runlist, channel: id, kind: info.kind, why: info.reason, ...(info.address !== undefined && { address: info.address }) });
    this.#world.fault({ runlist, id, ...info });
  }

  *#step(channel: HostChannelState): MemoryJob<number> {
    if (channel.acquire !== undefined) {
      if (yield* tryAcquire(this.#view(channel), channel.acquire)) channel.acquire = undefined;
      else channel.asleep = true;
      return LOOK_COST;
    }
    if (channel.transfer !== undefined) {
      const { cost, done } = yield* transferSome(this.#copyContext(channel, channel.transfer.subchannel), channel.transfer, SLICE * BYTES_PER_NS);
      if (done) {
        channel.transfer = undefined;
        this.#happened();
      }
      return cost / BYTES_PER_NS;
    }
    return channel.segment === undefined ? yield* this.#nextEntry(channel) : yield* this.#fetch(channel, channel.segment);
  }

  /** Something was written that somebody may wait for. */
  #happened(): void {
    for (const channel of this.state.channels.values()) channel.asleep = false;
    this.state.patience = MIN_PATIENCE;
  }

  *#nextEntry(channel: HostChannelState): MemoryJob<number> {
    const { spec } = channel;
    if (spec.entries === 0) throw pushbufferFault('the ring has no entries');
    channel.rung = false;
    const put = yield* this.#userd(channel, USERD.gpPut);
    if (put >= spec.entries) throw pushbufferFault(`GP_PUT is ${put}: the ring has ${spec.entries} entries`);
    if (channel.gpGet === put) return LOOK_COST;
    channel.rung = true;
    const bytes = new Uint8Array(GP_ENTRY_SIZE);
    yield* this.#view(channel).read(spec.ring + channel.gpGet * GP_ENTRY_SIZE, bytes);
    const view = new DataView(bytes.buffer);
    const [low, high] = [view.getUint32(0, true), view.getUint32(4, true)];
    const words = get(GP_ENTRY1, 'length', high);
    // A conditional piece is not fetched while the subdevice mask leaves this GPU out.
    if (words > 0 && !(channel.skipping && get(GP_ENTRY0, 'conditional', low) === 1)) {
      channel.segment = { address: channel.extendedBase * 2 ** 40 + get(GP_ENTRY1, 'getHigh', high) * 2 ** 32 + get(GP_ENTRY0, 'get', low) * 4, words };
      return LOOK_COST;
    }
    if (words === 0) control(channel, get(GP_ENTRY1, 'getHigh', high), low);
    yield* this.#entryDone(channel);
    return LOOK_COST;
  }

  *#entryDone(channel: HostChannelState): MemoryJob {
    channel.segment = undefined;
    channel.gpGet = (channel.gpGet + 1) % channel.spec.entries;
    yield* this.#userd(channel, USERD.gpGet, channel.gpGet);
  }

  *#userd({ spec: { userd } }: HostChannelState, offset: number, value?: number): MemoryJob<number> {
    const bytes = new Uint8Array(4);
    const view = new DataView(bytes.buffer);
    const memory = this.#physical[userd.source === 'vram' ? COPY_PHYS_TARGETS.vram : COPY_PHYS_TARGETS.coherent]!;
    if (value === undefined) yield* memory.read(userd.address + offset, bytes);
    else {
      view.setUint32(0, value, true);
      yield* memory.write(userd.address + offset, bytes);
    }
    return view.getUint32(0, true);
  }

  *#fetch(channel: HostChannelState, segment: Segment): MemoryJob<number> {
    const bytes = new Uint8Array(4 * Math.min(WORDS, segment.words));
    yield* this.#view(channel).read(segment.address, bytes);
    const view = new DataView(bytes.buffer);
    const context = this.#methodContext(channel);
    let taken = 0;
    // What was fetched is of no account once the channel waits, or its piece of pushbuffer has come to an end.
    while (taken * 4 < bytes.length && channel.segment === segment && channel.acquire === undefined && channel.transfer === undefined) {
      segment.address += 4;
      segment.words--;
      const taking = takeWord(channel, view.getUint32(4 * taken++, true));
      if (taking !== undefined && taking !== 'end') {
        const job = carryOut(channel, context, taking);
        if (job !== undefined) {
          yield* job;
          this.#happened();
        }
      }
      if (taking === 'end' || segment.words === 0) yield* this.#entryDone(channel);
    }
    return LOOK_COST + taken * WORD_COST;
  }

  #methodContext(channel: HostChannelState): MethodContext {
    return {
      view: this.#view(channel), now: () => this.#world.now(), interrupt: () => { this.#world.interrupt(channel.spec.nonStall); },
      invalidate: () => { this.invalidate(); },
    };
  }

  #copyContext(channel: HostChannelState, subchannel: number): CopyContext {
    const { view, now, interrupt } = this.#methodContext(channel);
    return {
      cls: channel.bound[subchannel]!, methods: channel.methods[subchannel]!, view, now, interrupt,
      physical: (target) => (channel.spec.privileged ? this.#physical[target] : undefined),
    };
  }

  #view({ setting: { directory } }: HostChannelState): MemoryView {
    const root = rootOf(directory);
    const known = this.#views.get(root);
    if (known !== undefined) return known;
    const view = MemoryView.virtual(this.#world, directory);
    this.#views.set(root, view);
    return view;
  }
}

const rootOf = (directory: HostDirectory | undefined): string => (directory === undefined ? '' : `${directory.aperture}:${directory.address}`);

/** An entry of the ring without a piece of pushbuffer. */
function control(channel: HostChannelState, opcode: number, operand: number): void {
  if (opcode === GP_OPCODES.setExtendedBase && CHANNEL_CLASSES[channel.spec.class]!.extendedBase) channel.extendedBase = get(GP_EXTENDED_BASE, 'base', operand);
  // Checksums are not computed, so that none is wrong.
  else if (opcode !== GP_OPCODES.nop && opcode !== GP_OPCODES.gpCrc && opcode !== GP_OPCODES.pbCrc) throw pushbufferFault(`an entry of the ring has opcode ${opcode}`);
}

/** Runs `job` to its end, or drops it when after a memory request `lives` says no. */
function* whileTrue<T>(lives: () => boolean, job: MemoryJob<T>): MemoryJob<T | undefined> {
  let step = job.next();
  while (step.done !== true) {
    const carriedOut = yield step.value;
    if (!lives()) return undefined;
    step = job.next(carriedOut);
  }
  return step.value;
}
