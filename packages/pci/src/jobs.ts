import type { DmaJob, DmaRequest } from './dma.ts';

/** Carries out a request; false is a bus error. */
export type Perform = (request: DmaRequest) => boolean;

/** Runs the DMA jobs of one device to their end, in the order in which they were started. */
export class JobRunner {
  readonly #waiting: { readonly job: DmaJob; readonly perform: Perform }[] = [];
  #running = false;

  /** Runs `job` now; or, from inside a job, after it. */
  start(job: DmaJob, perform: Perform): void {
    this.#waiting.push({ job, perform });
    if (this.#running) return;
    this.#running = true;
    try {
      for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) finish(next.job, next.perform);
    } finally {
      this.#running = false;
    }
  }
}

function finish(job: DmaJob, perform: Perform): void {
  let step = job.next();
  while (step.done !== true) step = job.next(perform(step.value));
}
