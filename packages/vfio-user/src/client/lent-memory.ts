import { DMA_PAGE, DmaSpace, PciError, type DmaMemory, type DmaWindow } from '@nova-stack/pci';

import { VfioUserError } from '../errors.ts';
import { BODY, COMMAND, DMA_FLAG } from '../protocol.ts';
import type { Caller } from './caller.ts';
import type { Order } from './mailbox.ts';

/** Memory that a client lends to its server's device: shared with the socket's thread, announced to the server. */
export class LentMemory implements DmaMemory {
  readonly #caller: Caller;
  readonly #tell: (order: Order) => void;
  readonly #maxMaps: number;
  /** Which addresses are taken. */
  readonly #space = new DmaSpace();
  /** Where bytes go back to that were copied to be lent, by address. */
  readonly #copies = new Map<number, Uint8Array>();

  constructor(caller: Caller, tell: (order: Order) => void, maxMaps: number) {
    this.#caller = caller;
    this.#tell = tell;
    this.#maxMaps = maxMaps;
  }

  room(window: DmaWindow, size: number, align?: number): number | undefined {
    return this.#space.room(window, size, align);
  }

  /** @throws PciError `NO_MEMORY` when the server takes no more ranges. */
  allocate(address: number, size: number): Uint8Array {
    const memory = new SharedArrayBuffer(Math.ceil(size / DMA_PAGE) * DMA_PAGE);
    this.#lend(address, memory);
    return new Uint8Array(memory, 0, size);
  }

  map(address: number, bytes: Uint8Array): Uint8Array {
    const lent = this.allocate(address, bytes.length);
    lent.set(bytes);
    this.#copies.set(address, bytes);
    return lent;
  }

  unmap(address: number): void {
    const range = this.#space.find(address);
    this.#space.unmap(address);
    // After this answer the server's device has no business there any more.
    this.#ask(COMMAND.dmaUnmap, BODY.dmaUnmap, 0, [address, range!.size]);
    this.#tell({ kind: 'unmap', address });
    const original = this.#copies.get(address);
    if (original) original.set(range!.bytes.subarray(0, original.length));
    this.#copies.delete(address);
  }

  #lend(address: number, memory: SharedArrayBuffer): void {
    if (this.#space.ranges.length >= this.#maxMaps) throw new PciError('NO_MEMORY', `The server takes no more than ${this.#maxMaps} ranges of memory`);
    this.#space.map(address, new Uint8Array(memory));
    this.#tell({ kind: 'map', address, memory });
    const errno = this.#ask(COMMAND.dmaMap, BODY.dmaMap, DMA_FLAG.read | DMA_FLAG.write, [0, address, memory.byteLength]);
    if (errno === 0) return;
    this.#space.unmap(address);
    this.#tell({ kind: 'unmap', address });
    throw new PciError('NO_MEMORY', `The server refused ${memory.byteLength} bytes at 0x${address.toString(16)} with errno ${errno}`);
  }

  /** The server's errno; a device that is gone takes and gives back everything. */
  #ask(command: number, size: number, flags: number, values: readonly number[]): number {
    if (this.#caller.gone) return 0;
    const body = new DataView(new ArrayBuffer(size));
    body.setUint32(0, size, true);
    body.setUint32(4, flags, true);
    values.forEach((value, index) => { body.setBigUint64(8 + 8 * index, BigInt(value), true); });
    try {
      return this.#caller.request(command, new Uint8Array(body.buffer)).errno;
    } catch (error) {
      if (error instanceof VfioUserError && error.code === 'LOST') return 0;
      throw error;
    }
  }
}
