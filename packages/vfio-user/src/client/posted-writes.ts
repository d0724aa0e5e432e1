import { BODY } from '../protocol.ts';

/** Most writes in one message; as many as QEMU 11.1 sends. */
const MOST = 200;

/** One small write. */
export interface PostedWrite {
  readonly region: number;
  readonly offset: number;
  readonly size: number;
  readonly value: number;
}

/** Small writes that nobody waits for, kept as the body of one message. */
export class PostedWrites {
  readonly #bytes = new Uint8Array(BODY.multiHead + MOST * BODY.multiEntry);
  readonly #view = new DataView(this.#bytes.buffer);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get full(): boolean {
    return this.#count === MOST;
  }

  add(region: number, offset: number, size: number, value: number): void {
    const at = BODY.multiHead + this.#count * BODY.multiEntry;
    const view = this.#view;
    view.setUint32(at, offset % 2 ** 32, true);
    view.setUint32(at + 4, Math.floor(offset / 2 ** 32), true);
    view.setUint32(at + 8, region, true);
    view.setUint32(at + 12, size, true);
    view.setUint32(at + 16, value, true);
    view.setUint32(at + 20, 0, true);
    this.#count++;
  }

  at(index: number): PostedWrite {
    const at = BODY.multiHead + index * BODY.multiEntry;
    const view = this.#view;
    return {
      offset: view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32,
      region: view.getUint32(at + 8, true), size: view.getUint32(at + 12, true), value: view.getUint32(at + 16, true),
    };
  }

  /** All of them as the body of a message of many writes; lent until the next one is added. */
  take(): Uint8Array {
    this.#view.setUint32(0, this.#count, true);
    this.#view.setUint32(4, 0, true);
    const body = this.#bytes.subarray(0, BODY.multiHead + this.#count * BODY.multiEntry);
    this.#count = 0;
    return body;
  }

  clear(): void {
    this.#count = 0;
  }
}
