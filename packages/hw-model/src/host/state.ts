import type { HostChannelSetting, HostChannelSpec } from '../port.ts';
import type { Acquire } from './semaphore.ts';

/** A copy that goes on over several turns. */
export interface Transfer {
  readonly subchannel: number;
  readonly launch: number;
  line: number;
  /** Bytes of the line, or elements when they are remapped, that are done. */
  at: number;
}

/** What is to come for a header: the method goes on by a word each time, once, or never. */
export interface PendingMethods {
  method: number;
  readonly subchannel: number;
  left: number;
  step: 'always' | 'once' | 'never';
}

/** A piece of pushbuffer; bytes, words. */
export interface Segment {
  address: number;
  words: number;
}

/** A host channel. Plain data. */
export interface HostChannelState {
  readonly spec: HostChannelSpec;
  setting: HostChannelSetting;
  /** It made a mistake and does nothing any more. */
  faulted: boolean;
  /** There may be more in the ring than was seen. */
  rung: boolean;
  /** Index in the ring. */
  gpGet: number;
  /** Address bits 56:40 of pieces of pushbuffer. */
  extendedBase: number;
  /** Rest of the piece of pushbuffer that is being fetched. */
  segment: Segment | undefined;
  pending: PendingMethods | undefined;
  /** The subdevice mask leaves this GPU out. */
  skipping: boolean;
  /** Stored by a header for a later one to use. */
  subdeviceMask: number;
  /** Class bound to each subchannel; 0 for none. */
  readonly bound: number[];
  /** Values by method, of the host and of each subchannel. */
  readonly host: Map<number, number>;
  readonly methods: Map<number, number>[];
  acquire: Acquire | undefined;
  /** It has looked at its semaphore in vain since something happened. */
  asleep: boolean;
  transfer: Transfer | undefined;
  /** Bytes of an inline copy that are done, by subchannel; undefined outside of one. */
  readonly inline: (number | undefined)[];
  /** Time that it had, in nanoseconds. */
  had: number;
}

export interface HostState {
  /** By runlist and id. */
  readonly channels: Map<number, HostChannelState>;
  /** Time that each group had, in nanoseconds. */
  readonly groups: Map<number, number>;
  /** Nothing runs. */
  stopped: boolean;
  /** Nanoseconds until semaphores are looked at again. */
  patience: number;
}

export const MIN_PATIENCE = 10_000;
export const coldHost = (): HostState => ({ channels: new Map(), groups: new Map(), stopped: false, patience: MIN_PATIENCE });

export const openedChannel = (spec: HostChannelSpec, subchannels: number): HostChannelState => ({
  spec, setting: { directory: undefined, classes: [], scheduled: false }, faulted: false, rung: false, gpGet: 0, extendedBase: 0, segment: undefined, pending: undefined,
  skipping: false, subdeviceMask: 0xfff, bound: new Array<number>(subchannels).fill(0), host: new Map(),
  methods: Array.from({ length: subchannels }, () => new Map<number, number>()), acquire: undefined, asleep: false, transfer: undefined,
  inline: new Array<number | undefined>(subchannels).fill(undefined), had: 0,
});
