import type { RpcMessage } from '../message.ts';
import type { Direction, MessageTap } from '../tap.ts';
import { fileHeader, messageRecord, textRecord } from './format.ts';

export interface RecorderOptions {
  /** Nanoseconds, 0 to 2^53 - 1. */
  readonly now: () => number;
  /** Takes the next bytes of the file. They are the receiver's to keep. */
  readonly write: (bytes: Uint8Array) => void;
}

/** Writes what crosses the queues. It keeps nothing: memory does not grow with the trace. */
export interface Recorder {
  /** For the `tap` of a driver end or of a firmware model. */
  readonly tap: MessageTap;
  /** Puts a line between the messages. */
  note(text: string): void;
  /** Bytes written so far. */
  readonly bytes: number;
  /** Messages written so far. */
  readonly messages: number;
  /** What made `write` or a message fail; nothing is recorded from then on, and the driver goes on undisturbed. */
  readonly failure: unknown;
}

/** A recorder on an empty file; its header is written at once. */
export function createRecorder(options: RecorderOptions): Recorder {
  return new FileRecorder(options);
}

class FileRecorder implements Recorder {
  readonly #options: RecorderOptions;
  #release: string | undefined;
  bytes: number = 0;
  messages: number = 0;
  failure: unknown;
  readonly tap: MessageTap = (direction, message, release) => {
    this.#record(direction, message, release);
  };

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#guarded(() => {
      this.#write(fileHeader());
    });
  }

  note(text: string): void {
    this.#guarded(() => {
      this.#write(textRecord('note', this.#options.now(), text));
    });
  }

  #record(direction: Direction, message: RpcMessage, release: string): void {
    this.#guarded(() => {
      const time = this.#options.now();
      if (release !== this.#release) {
        this.#write(textRecord('release', time, release));
        this.#release = release;
      }
      this.#write(messageRecord(direction, time, message));
      this.messages++;
    });
  }

  #write(bytes: Uint8Array): void {
    this.#options.write(bytes);
    this.bytes += bytes.length;
  }

  /** A full disk must not stop a driver. */
  #guarded(work: () => void): void {
    if (this.failure !== undefined) return;
    try {
      work();
    } catch (error) {
      this.failure = error;
    }
  }
}
