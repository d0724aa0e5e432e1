// For tests: what a client says, and what it heard.
import { FrameReader, message } from './frames.ts';
import { COMMAND, FLAG, REGION } from './protocol.ts';

export interface Heard {
  readonly id: number;
  readonly command: number;
  readonly flags: number;
  readonly errno: number;
  readonly body: DataView;
}

/** A client over anything that takes its bytes; `hear` is given what the server sends. */
export class Client {
  readonly heard: Heard[] = [];
  readonly #frames = new FrameReader();
  readonly #say: (bytes: Uint8Array, descriptors: readonly number[]) => void;
  #id = 0;

  constructor(say: (bytes: Uint8Array, descriptors: readonly number[]) => void) {
    this.#say = say;
  }

  hear(bytes: Uint8Array): void {
    this.#frames.push(bytes, ({ body, ...frame }) => {
      const copy = new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice();
      this.heard.push({ ...frame, body: new DataView(copy.buffer) });
    });
  }

  request(command: number, body: Uint8Array = new Uint8Array(0), flags: number = FLAG.request, descriptors: readonly number[] = []): number {
    const id = this.#id++ & 0xffff;
    const { bytes } = message({ id, command, flags }, body.length);
    bytes.set(body, bytes.length - body.length);
    this.#say(bytes, descriptors);
    return id;
  }

  /** Answers a request of the server's. */
  answer({ id, command }: Heard, body: Uint8Array, errno: number = 0): void {
    const { bytes } = message({ id, command, flags: FLAG.reply | (errno ? FLAG.error : 0), errno }, body.length);
    bytes.set(body, bytes.length - body.length);
    this.#say(bytes, []);
  }

  /** The server's requests that were heard, taken out. */
  asked(): Heard[] {
    return this.heard.filter(({ flags }) => (flags & FLAG.typeMask) === FLAG.request);
  }

  version(text: string = '{"capabilities":{"max_msg_fds":0,"write_multiple":true}}'): void {
    this.request(COMMAND.version, Uint8Array.from([0, 0, 0, 0, ...new TextEncoder().encode(text), 0]));
  }

  dmaMap(address: number, size: number, flags: number = 3, offset: number = 0, descriptors: readonly number[] = []): number {
    return this.request(COMMAND.dmaMap, words64(32, flags, offset, address, size), FLAG.request, descriptors);
  }

  setIrqs(flags: number, index: number, start: number, count: number, descriptors: readonly number[] = [], data: readonly number[] = []): number {
    return this.request(COMMAND.setIrqs, Uint8Array.from([...[20, flags, index, start, count].flatMap((value) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff)), ...data]), FLAG.request, descriptors);
  }

  read(region: number, offset: number, count: number): number {
    return this.request(COMMAND.regionRead, access(region, offset, count));
  }

  write(region: number, offset: number, bytes: readonly number[], flags: number = FLAG.request): number {
    return this.request(COMMAND.regionWrite, Uint8Array.from([...access(region, offset, bytes.length), ...bytes]), flags);
  }

  writeConfig(offset: number, size: number, value: number): void {
    this.write(REGION.config, offset, Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) & 0xff));
  }

  /** The data of the reply to a read. */
  data(id: number): number[] {
    const reply = this.reply(id);
    return [...new Uint8Array(reply.body.buffer)].slice(16);
  }

  reply(id: number): Heard {
    const reply = this.heard.find((one) => one.id === id && (one.flags & FLAG.typeMask) === FLAG.reply);
    if (!reply) throw new Error(`no reply to ${id}`);
    return reply;
  }
}

export function access(region: number, offset: number, count: number): Uint8Array {
  const body = new DataView(new ArrayBuffer(16));
  body.setBigUint64(0, BigInt(offset), true);
  body.setUint32(8, region, true);
  body.setUint32(12, count, true);
  return new Uint8Array(body.buffer);
}

/** `size` and flags as words, then 64-bit numbers. */
export function words64(size: number, flags: number, ...values: readonly number[]): Uint8Array {
  const body = new DataView(new ArrayBuffer(size));
  body.setUint32(0, size, true);
  body.setUint32(4, flags, true);
  values.forEach((value, index) => { body.setBigUint64(8 + 8 * index, BigInt(value), true); });
  return new Uint8Array(body.buffer);
}
