import type { DmaJob, DmaRequest } from '@nova-stack/pci';

import type { Done } from './guest-memory.ts';

/**
 * Runs a device's DMA jobs in the order in which they were started. A job whose memory answers at once goes on at once;
 * one that has to wait is gone on with when the answer comes, and registers are served meanwhile.
 */
export class JobQueue {
  readonly #carryOut: (request: DmaRequest, done: Done) => void;
  readonly #jobs: DmaJob[] = [];
  #running = false;
  #epoch = 0;

  constructor(carryOut: (request: DmaRequest, done: Done) => void) {
    this.#carryOut = carryOut;
  }

  start(job: DmaJob): void {
    this.#jobs.push(job);
    if (!this.#running) this.#run(undefined);
  }

  /** Ends every job where it stands. */
  drop(): void {
    this.#epoch++;
    this.#running = false;
    for (const job of this.#jobs.splice(0)) job.return(undefined);
  }

  #run(answer: boolean | undefined): void {
    this.#running = true;
    const epoch = this.#epoch;
    let given = answer;
    for (let job = this.#jobs[0]; job; job = this.#jobs[0]) {
      const step = given === undefined ? job.next() : job.next(given);
      if (epoch !== this.#epoch) return;
      given = undefined;
      if (step.done === true) {
        this.#jobs.shift();
        continue;
      }
      let inside = true;
      let at: boolean | undefined;
      this.#carryOut(step.value, (carriedOut) => {
        if (epoch !== this.#epoch) return;
        if (inside) at = carriedOut;
        else this.#run(carriedOut);
      });
      inside = false;
      if (at === undefined) return;
      given = at;
    }
    this.#running = false;
  }
}
