import {
  at, DISPLAY_CHANNELS, DISPLAY_HEADER, DISPLAY_METHODS, DISPLAY_NOTIFIER, DISPLAY_NOTIFIER_ADDRESS, DISPLAY_NOTIFIER_CONTROL, DISPLAY_NOTIFIER_STATUS,
  DISPLAY_OPCODES, DISPLAY_POINTER, DISPLAY_PUSHBUFFER_SIZE, DISPLAY_SUBDEVICES, DISPLAY_SURFACE_ADDRESS, DISPLAY_USER, get, make, NV_PDISP_FE_SW, NV_PDISP_FE_SW_SOR_CAP, NV_PDISP_FE_SW_SYS_CAP,
  NV_PDISP_FE_SW_SYS_CAPB, type DisplayChannelKind, type Family,
} from '@nova-stack/gpu-regs';

import type { DisplayChannelSpec, DisplayFacts, MemoryJob } from '../port.ts';
import type { RegisterFile, Window } from '../register-file.ts';
import { findContext } from './context.ts';
import { coldDisplay, type DisplayChannelState, type DisplayState } from './state.ts';

/** What the display engine needs of the chip around it. */
export interface DisplaySurroundings {
  now(): number;
  start(job: MemoryJob): void;
  /** False outside VRAM. */
  readVram(address: number, into: Uint8Array): boolean;
  /** False outside VRAM, and where it is protected. */
  writeVram(address: number, from: Uint8Array): boolean;
  trace(point: string, args: Readonly<Record<string, string | number>>): void;
}

/** Room for methods of a cursor, which are taken at once; assumed. */
const CURSOR_FREE = 32;
const NOTIFIER_SIZE = 16;
/** More of them on the way from GET to PUT lead nowhere. */
const MOST_JUMPS = 64;
/** Bytes of VRAM or of system memory. */
interface Place {
  readonly source: 'vram' | 'system';
  readonly address: number;
}
/** By the target that a method names. */
const SURFACE_SOURCES: readonly (Place['source'] | undefined)[] = [undefined, 'vram', 'system', 'system'];
const NO_METHOD = { method: 0, left: 0, step: 0 } as const;

/**
 * The display engine as far as its channels go: it fetches methods, keeps their values, and carries updates out at once.
 * There is no picture and no vertical blank; nothing waits for another channel or for a semaphore.
 */
export class Display {
  state: DisplayState = coldDisplay();
  readonly #world: DisplaySurroundings;
  readonly #notifiers: Family['displayNotifiers'];

  constructor(facts: DisplayFacts, notifiers: Family['displayNotifiers'], registers: RegisterFile, world: DisplaySurroundings) {
    this.#world = world;
    this.#notifiers = notifiers;
    const { heads, sors } = facts;
    // What is not told is not there.
    registers.window(NV_PDISP_FE_SW.start, NV_PDISP_FE_SW.size, { read: () => 0, write: () => undefined });
    registers.plain(NV_PDISP_FE_SW_SYS_CAP, make(NV_PDISP_FE_SW_SYS_CAP, { heads: 2 ** heads - 1, sors: 2 ** sors - 1 }));
    registers.plain(NV_PDISP_FE_SW_SYS_CAPB, make(NV_PDISP_FE_SW_SYS_CAPB, { windows: 2 ** (2 * heads) - 1 }));
    for (let i = 0; i < sors; i++) registers.plain(at(NV_PDISP_FE_SW_SOR_CAP, i), make(NV_PDISP_FE_SW_SOR_CAP, { dpA: 1, dpB: 1, singleTmdsA: 1, singleTmdsB: 1, dualTmds: 1 }));
    const counts: Readonly<Record<DisplayChannelKind, number>> = { core: 1, window: 2 * heads, windowImmediate: 2 * heads, cursor: heads };
    for (const [kind, { first, base, size }] of Object.entries(DISPLAY_CHANNELS)) {
      for (let i = 0; i < counts[kind as DisplayChannelKind]; i++) registers.window(base + i * size, size, this.#user(first + i));
    }
  }

  /** Where objects are found from now on. */
  setMemory(memory: DisplayState['memory']): void {
    this.state.memory = memory;
  }

  /** What came before on the channel is forgotten. */
  open({ kind, instance, client, pushbuffer, put }: DisplayChannelSpec): void {
    this.state.channels.set(DISPLAY_CHANNELS[kind].first + instance, {
      kind, client, pushbuffer, put, get: put, pending: NO_METHOD, skipping: false, methods: new Map(), fetching: false, stopped: false,
    });
  }

  close({ kind, instance }: Pick<DisplayChannelSpec, 'kind' | 'instance'>): void {
    this.state.channels.delete(DISPLAY_CHANNELS[kind].first + instance);
  }

  cold(): void {
    this.state = coldDisplay();
  }

  /** A channel's place in BAR0. One that is not open reads zero. */
  #user(number: number): Window {
    return {
      read: (offset, size) => {
        const channel = this.state.channels.get(number);
        const word = channel === undefined ? 0 : this.#read(channel, offset & ~3);
        return size === 4 ? word : (word >>> ((offset & 3) * 8)) & (size === 2 ? 0xffff : 0xff);
      },
      write: (offset, size, value) => {
        const channel = this.state.channels.get(number);
        if (channel === undefined || size !== 4) this.#world.trace('hw-model.display.write-ignored', { channel: number, offset });
        else if (channel.pushbuffer === undefined) channel.methods.set(offset, value);
        else if (offset === DISPLAY_USER.put) this.#put(number, channel, make(DISPLAY_POINTER, { word: get(DISPLAY_POINTER, 'word', value) }));
        else this.#world.trace('hw-model.display.write-ignored', { channel: number, offset });
      },
    };
  }

  #read(channel: DisplayChannelState, offset: number): number {
    const { pushbuffer } = channel;
    if (pushbuffer === undefined) return offset === DISPLAY_USER.free ? CURSOR_FREE : channel.methods.get(offset) ?? 0;
    if (offset === DISPLAY_USER.put) return channel.put;
    return offset === DISPLAY_USER.get ? channel.get : channel.methods.get(offset) ?? 0;
  }

  #put(number: number, channel: DisplayChannelState, put: number): void {
    channel.put = put;
    if (channel.fetching || channel.stopped) return;
    channel.fetching = true;
    this.#world.start(this.#fetch(number, channel));
  }

  /** Fetches what lies between GET and PUT, and takes it word by word. */
  *#fetch(number: number, channel: DisplayChannelState): MemoryJob {
    const { source, address, limit } = channel.pushbuffer!;
    const alive = (): boolean => this.state.channels.get(number) === channel && !channel.stopped;
    for (let jumps = 0; alive() && channel.get !== channel.put; jumps++) {
      const end = channel.put > channel.get ? channel.put : DISPLAY_PUSHBUFFER_SIZE;
      const words = new Uint8Array(end - channel.get);
      if (jumps > MOST_JUMPS) this.#stop(number, channel, 'the pushbuffer jumps in circles');
      else if (end - 1 > limit) this.#stop(number, channel, 'PUT is past the end of the pushbuffer');
      else if (!(yield* this.#load(source, address + channel.get, words))) this.#stop(number, channel, 'the pushbuffer cannot be read');
      else {
        const view = new DataView(words.buffer);
        // A jump, or the end, sets GET anew: what was fetched behind it is of no account.
        for (let i = 0, next = channel.get; alive() && i < words.length && channel.get === next; i += 4) {
          next += 4;
          yield* this.#take(number, channel, view.getUint32(i, true));
        }
      }
    }
    channel.fetching = false;
  }

  *#take(number: number, channel: DisplayChannelState, word: number): MemoryJob {
    const { pending } = channel;
    channel.get = (channel.get + 4) % DISPLAY_PUSHBUFFER_SIZE;
    if (pending.left > 0) {
      const { method, step } = pending;
      channel.pending = { method: method + step, left: pending.left - 1, step };
      if (!channel.skipping) yield* this.#method(number, channel, method, word);
      return;
    }
    const opcode = get(DISPLAY_HEADER, 'opcode', word);
    if (opcode === DISPLAY_OPCODES.jump) channel.get = make(DISPLAY_POINTER, { word: get(DISPLAY_POINTER, 'word', word) });
    else if (opcode === DISPLAY_OPCODES.subdevices) channel.skipping = (get(DISPLAY_SUBDEVICES, 'mask', word) & 1) === 0;
    else if (opcode === DISPLAY_OPCODES.method || opcode === DISPLAY_OPCODES.nonIncrementing) {
      channel.pending = { method: get(DISPLAY_HEADER, 'method', word) * 4, left: get(DISPLAY_HEADER, 'count', word), step: opcode === DISPLAY_OPCODES.method ? 4 : 0 };
    } else this.#stop(number, channel, `there is no opcode ${opcode}`);
  }

  *#method(number: number, channel: DisplayChannelState, method: number, value: number): MemoryJob {
    channel.methods.set(method, value);
    const { kind } = channel;
    if (kind !== 'core' && kind !== 'window') return;
    const { update, notifierControl } = DISPLAY_METHODS[kind];
    if (method !== update) return;
    this.#world.trace('hw-model.display.updated', { channel: number });
    const control = channel.methods.get(notifierControl) ?? 0;
    if (kind === 'core' && get(DISPLAY_NOTIFIER_CONTROL, 'notify', control) === 0) return;
    const place = this.#notifiers === 'context' ? this.#placeByContext(number, channel, kind) : this.#placeByAddress(number, channel, kind);
    if (place === undefined) return;
    // What a window shows is never replaced by a flip of its own accord, so it stays begun.
    yield* this.#notify(number, channel, place, kind === 'core' ? DISPLAY_NOTIFIER_STATUS.finished : DISPLAY_NOTIFIER_STATUS.begun);
  }

  /** Where the notifier of an update goes; undefined when there is to be none, and when the channel stopped over it. */
  #placeByContext(number: number, channel: DisplayChannelState, kind: 'core' | 'window'): Place | undefined {
    const { notifierContext, notifierControl } = DISPLAY_METHODS[kind];
    const handle = channel.methods.get(notifierContext) ?? 0;
    if (handle === 0) return undefined;
    const offset = get(DISPLAY_NOTIFIER_CONTROL, 'offset', channel.methods.get(notifierControl) ?? 0) * NOTIFIER_SIZE;
    const { memory } = this.state;
    const instance = new Uint8Array(memory?.size ?? 0);
    const context = memory && this.#world.readVram(memory.address, instance) ? findContext(instance, handle, { channel: number, client: channel.client }) : undefined;
    if (context === undefined || !context.writable || context.base + offset + NOTIFIER_SIZE - 1 > context.limit) {
      this.#stop(number, channel, `handle 0x${handle.toString(16)} is of no memory for a notifier`);
      return undefined;
    }
    return { source: context.source, address: context.base + offset };
  }

  #placeByAddress(number: number, channel: DisplayChannelState, kind: 'core' | 'window'): Place | undefined {
    const { high, low } = DISPLAY_NOTIFIER_ADDRESS[kind];
    const value = channel.methods.get(low) ?? 0;
    if (get(DISPLAY_SURFACE_ADDRESS, 'enable', value) === 0) return undefined;
    const source = SURFACE_SOURCES[get(DISPLAY_SURFACE_ADDRESS, 'target', value)];
    const address = (channel.methods.get(high) ?? 0) * 2 ** 32 + get(DISPLAY_SURFACE_ADDRESS, 'address', value) * NOTIFIER_SIZE;
    if (source !== undefined && Number.isSafeInteger(address)) return { source, address };
    this.#stop(number, channel, `target ${get(DISPLAY_SURFACE_ADDRESS, 'target', value)} is of no memory for a notifier`);
    return undefined;
  }

  *#notify(number: number, channel: DisplayChannelState, { source, address }: Place, status: number): MemoryJob {
    const bytes = new Uint8Array(NOTIFIER_SIZE);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, make(DISPLAY_NOTIFIER, { status }), true);
    view.setBigUint64(8, BigInt(Math.floor(this.#world.now())), true);
    const done = source === 'vram' ? this.#world.writeVram(address, bytes) : yield { op: 'write', address, from: bytes };
    if (!done) this.#stop(number, channel, 'the notifier cannot be written');
  }

  *#load(source: 'vram' | 'system', address: number, into: Uint8Array): MemoryJob<boolean> {
    return source === 'vram' ? this.#world.readVram(address, into) : yield { op: 'read', address, into };
  }

  #stop(number: number, channel: DisplayChannelState, why: string): void {
    channel.stopped = true;
    this.#world.trace('hw-model.display.stopped', { channel: number, get: channel.get, why });
  }
}
