import type { CoreEndpoint } from '../session.ts';

/** How the next operation of a kind goes wrong. */
export type Mishap =
  /** The device says no: the outcome is known, and nothing has begun. */
  | 'refused'
  /** No answer comes in time: the outcome is unknown. */
  | 'timeout';

/** What the device of a core has lent out, as whoever made the core sees it. */
export interface Lent {
  /** Bytes of device memory that somebody has, what is set aside included. */
  readonly bytes: number;
  /** Instances that run, or that could not be brought to an end. */
  readonly instances: number;
}

/**
 * A core that is put to the test, fresh for every case, and what a case may do to it behind the contract's back. What is absent is not
 * tried: the cases that need it are told as not tried, with the reason.
 */
export interface CoreUnderTest {
  readonly endpoint: CoreEndpoint;
  /** Data for `submitTypes` with at least two types of different sizes that this core accepts, of which the smaller fits at least twice. */
  readonly types?: Uint8Array;
  /** What only the core's own people would say: names of parts of hardware and firmware, their versions. Matched in any letters. */
  readonly secrets?: RegExp;
  lent?(): Lent;
  /** What a guest sees in its memory. */
  guest?(vf: number): { read(offset: number, length: number): Uint8Array; write(offset: number, bytes: Uint8Array): void };
  /** Makes the next operation go wrong. */
  mishap?(operation: 'open' | 'reset' | 'close', how: Mishap): void;
  /** Makes the next operation take until the function returned is called. */
  stall?(operation: 'open' | 'save'): () => void;
  /** The guest's device breaks down. */
  breakInstance?(vf: number): void | Promise<void>;
  /** Raises `device.fault`. */
  fault?(): void;
  /** The core is quiet for a while, and works again. */
  quiesce?(): Promise<unknown>;
  resume?(): void;
  /** The core wants its clients out, and takes back what they keep after that many milliseconds. */
  withdraw?(deadlineMilliseconds: number): Promise<void>;
  /** The device is pulled out. */
  remove?(): Promise<void>;
  /** Resolves when events that were raised have reached their handlers; for a core in another process, which takes longer than a moment. */
  delivered?(): Promise<void>;
  /** Lets go of the core. */
  close(): Promise<void>;
}

/** What a case needs of a core under test, by the names of {@link CoreUnderTest}. */
export type Means = Exclude<keyof CoreUnderTest, 'endpoint' | 'close' | 'delivered'>;
