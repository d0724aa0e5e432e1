// A client that sends any bytes, and reads frames.
import { createConnection, type Socket } from 'node:net';

import { frameLength, FrameReader, FrameWriter, readError, readOffer, writeGreeting, type FrameHead } from '@nova-stack/nova-core-api/wire';
import { ContractError } from '@nova-stack/nova-core-api';

export class RawClient {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  readonly events: FrameReader[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  #wake: () => void = () => undefined;
  #over = false;

  constructor(path: string) {
    this.socket = createConnection(path);
    this.socket.on('data', (bytes) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
      this.#wake();
    });
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.socket.once('close', () => {
      this.#over = true;
      this.#wake();
      resolve();
    }));
  }

  send(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** The next frame, or undefined when the connection is over. */
  async frame(): Promise<FrameReader | undefined> {
    while (this.#bytes.length < 4 || this.#bytes.length < frameLength(this.#bytes)) {
      if (this.#over) return undefined;
      await new Promise<void>((resolve) => { this.#wake = resolve; });
    }
    const length = frameLength(this.#bytes);
    const frame = new FrameReader(this.#bytes.subarray(0, length), 'core');
    this.#bytes = this.#bytes.subarray(length);
    return frame;
  }

  /** Sends a frame and waits for its reply; events on the way are kept. @throws ContractError for an error */
  async request(head: Partial<FrameHead> & Pick<FrameHead, 'type'>, write: (frame: FrameWriter) => void = () => undefined): Promise<FrameReader> {
    const writer = new FrameWriter();
    write(writer);
    this.send(writer.finish(head));
    return this.reply();
  }

  async reply(): Promise<FrameReader> {
    for (;;) {
      const frame = await this.frame();
      if (!frame) throw new Error('the connection is over');
      if (frame.head.type === 'event') this.events.push(frame);
      else if (frame.head.status === 0) return frame;
      else throw readError(frame);
    }
  }

  /** @returns the code of the error that the request ends with */
  async refused(head: Partial<FrameHead> & Pick<FrameHead, 'type'>, write?: (frame: FrameWriter) => void): Promise<string> {
    try {
      await this.request(head, write);
      return 'done';
    } catch (error) {
      return error instanceof ContractError ? `${error.code}: ${error.message}` : String(error);
    }
  }

  async greet(): Promise<ReturnType<typeof readOffer>> {
    return readOffer(await this.request({ type: 'offer', call: 1 }, writeGreeting));
  }
}
