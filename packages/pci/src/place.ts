import type { BarMapping, BarResource, PciAddress, RedirectTarget } from './device.ts';
import type { DmaWindow } from './dma-space.ts';
import type { AccessSize } from './function.ts';

/** Where message interrupts of a function are to be sent, for as long as a handler listens there. */
export interface MessageTarget {
  /** Bus address of the four bytes that a message writes. */
  readonly address: number;
  readonly data: number;
  /** After this the handler is not called any more. */
  readonly disconnect: () => void;
}

/** What a driver's view of a function stands on: the slot of a bus, or the near end of a connection to a device elsewhere. */
export interface FunctionPlace {
  readonly address: PciAddress;
  readonly name: string;
  /** False once the device has left. */
  readonly present: boolean;
  readonly resources: readonly BarResource[];
  /** BARs of virtual function 0. */
  readonly virtualResources: readonly BarResource[];
  /** Virtual functions that exist. */
  readonly numVfs: number;
  readConfig(offset: number, size: AccessSize): number;
  writeConfig(offset: number, size: AccessSize, value: number): void;
  mapBar(index: number): BarMapping;
  /** Lets `handler` be called for each message interrupt, never inside an access. */
  listen(handler: () => void): MessageTarget;
  /** Lets the time pass that a device may take to come back from a reset, or its virtual functions to appear. */
  settle(): void;
  /** Sends the function's requests elsewhere than to the bus, where the place can. */
  redirect?(target: RedirectTarget | undefined): void;
  /** Resets the function in the place's own way; without one, by a function-level reset. */
  readonly reset?: (() => void) | undefined;
}

/** Memory that the device in a place reaches. */
export interface DmaMemory {
  /** A free bus address in `window` for `size` bytes, or undefined. */
  room(window: DmaWindow, size: number, align?: number): number | undefined;
  /** New zeroed memory at `address`, as the CPU sees it. */
  allocate(address: number, size: number): Uint8Array;
  /** Makes the bytes reachable at `address`; what the CPU is to work with meanwhile. */
  map(address: number, bytes: Uint8Array): Uint8Array;
  unmap(address: number): void;
}
