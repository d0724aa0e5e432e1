import type { ConfigSpace } from './config-space.ts';
import type { DmaJob } from './dma.ts';

/** Width of one register access in bytes. */
export type AccessSize = 1 | 2 | 4;

/** How a function was reset. */
export type ResetKind = 'power-on' | 'hot' | 'flr';

/** What a BAR is: its PCI index (0 to 5), how it is decoded, how large it is. */
export interface BarSpec {
  /** PCI BAR index, 0 to 5; a 64-bit BAR takes this index and the next. */
  readonly index: number;
  readonly kind: 'mem32' | 'mem64' | 'io';
  readonly prefetchable: boolean;
  /** Bytes; a power of two. */
  readonly size: number;
}

/** What the world around a device gives it when it is plugged in. */
export interface DeviceHost {
  /** The host's time in nanoseconds. */
  now(): number;
  /** Starts a DMA job. Jobs of one device run in the order in which they were started. */
  start(job: DmaJob): void;
  /** Sends the interrupt message `vector` (0 = the only MSI vector), or asserts INTx where no message is enabled. */
  interrupt(vector: number): void;
  /**
   * Sets the level of the INTx line, which stays as set until it is set again or the device is reset. Who listens hears of
   * it while the line is high, no message interrupt is enabled and the line is not switched off. A device that says what
   * its line does has its messages only by {@link DeviceHost.interrupt}: without one enabled that does nothing then.
   */
  line(asserted: boolean): void;
}

/**
 * The device's side of the seam: one PCI function. It holds no promise; register access is synchronous.
 * A register handler never does DMA: a read answers from the state reached so far, a write may
 * `host.start` a job. Everything that it remembers is plain data.
 */
export interface PciFunction {
  readonly config: ConfigSpace;
  readonly bars: readonly BarSpec[];
  /**
   * Called before any access; once, for a virtual function each time that it comes to be.
   * The host of a device that was pulled out or exchanged does nothing any more.
   */
  plug(host: DeviceHost): void;
  /** Reads 1, 2 or 4 bytes, little endian, as an unsigned number. `offset` is aligned to `size` and inside the BAR. */
  read(bar: number, offset: number, size: AccessSize): number;
  /** Writes 1, 2 or 4 bytes. */
  write(bar: number, offset: number, size: AccessSize, value: number): void;
  /** Reads a block of bytes, as if by consecutive accesses. */
  readBlock(bar: number, offset: number, into: Uint8Array): void;
  /** Writes a block of bytes, as if by consecutive accesses. */
  writeBlock(bar: number, offset: number, from: Uint8Array): void;
  /** Resets everything but `config`, which the host has reset already. */
  reset(kind: ResetKind): void;
  /**
   * When the earliest timer is due, in nanoseconds, or undefined. A physical function answers for its virtual ones
   * too: hosts ask only it, after every access, so this should cost no more than a look at a queue's head.
   */
  nextDue(): number | undefined;
  /** Runs every timer due at `now`. */
  runDue(now: number): void;
  /** The virtual functions that exist at this moment (SR-IOV VF Enable set), in order; absent on a VF. */
  virtualFunctions?(): readonly PciFunction[];
}
