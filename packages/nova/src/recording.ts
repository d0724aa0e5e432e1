import type { MessageTap } from '@nova-stack/gsp-rpc';
import { createRecorder, type Recorder } from '@nova-stack/gsp-rpc/trace';

import { openOutputFile, type OutputFile } from './output-file.ts';

/** A file with every message between a driver and the firmware. */
export class Recording {
  readonly #file: OutputFile;
  #recorder: Recorder | undefined;

  /** @throws {@link UsageError} when the file cannot be created */
  constructor(path: string) {
    this.#file = openOutputFile('--record', path);
  }

  /** Hears the messages; `clock` says when, in nanoseconds. */
  tap(clock: { now(): number }): MessageTap {
    this.#recorder = createRecorder({ now: () => Math.round(clock.now()), write: (bytes) => { this.#file.write(bytes); } });
    return this.#recorder.tap;
  }

  /** Why nothing was written from some message on; the driver went on all the same. */
  get failure(): unknown {
    return this.#recorder?.failure;
  }

  close(): void {
    this.#file.close();
  }
}
