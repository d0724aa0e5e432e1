import { frameLength } from '@nova-stack/nova-core-api/wire';

const LENGTH_BYTES = 4;

/** Cuts a stream into frames. */
export class FrameStream {
  readonly #chunks: Buffer[] = [];
  #waiting = 0;

  /** Bytes that came and are part of no frame that was taken. */
  get waiting(): number {
    return this.#waiting;
  }

  push(bytes: Buffer): void {
    this.#chunks.push(bytes);
    this.#waiting += bytes.length;
  }

  /**
   * The next frame, when all of it is there.
   *
   * @throws {ContractError} `Range`: what comes is no frame
   */
  next(): Uint8Array | undefined {
    const chunks = this.#chunks;
    if (this.#waiting < LENGTH_BYTES) return undefined;
    if (chunks[0]!.length < LENGTH_BYTES) chunks.splice(0, chunks.length, Buffer.concat(chunks));
    const length = frameLength(chunks[0]!);
    if (this.#waiting < length) return undefined;
    const all = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    chunks.splice(0, chunks.length, ...(all.length > length ? [all.subarray(length)] : []));
    this.#waiting -= length;
    return all.subarray(0, length);
  }
}
