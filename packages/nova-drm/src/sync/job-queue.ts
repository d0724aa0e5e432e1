import { DrmError } from '../errors.ts';
import type { Errno } from '../uapi/errno.ts';
import { allSignalled, createFence, type Fence, type Signal } from './fence.ts';

/** Work that userspace gave: it waits, runs, and signals. */
export interface Job {
  readonly waits: readonly Fence[];
  /** What it throws is the error of its fence. */
  readonly run?: () => void | Promise<void>;
}

/** Jobs of one queue run one after the other, in the order in which they were given. linux: drivers/gpu/drm/scheduler/sched_entity.c */
export class JobQueue {
  readonly #pending = new Set<Signal>();
  #last: Promise<void> = Promise.resolve();
  #killed: Errno | undefined;

  get killed(): Errno | undefined {
    return this.#killed;
  }

  /**
   * @returns the fence of this job
   * @throws {DrmError} what the queue was killed with
   */
  push({ waits, run }: Job): Fence {
    if (this.#killed !== undefined) throw new DrmError(this.#killed, 'The queue was killed');
    const done = createFence();
    this.#pending.add(done);
    this.#last = this.#last.then(() => this.#turn(waits, run, done));
    return done.fence;
  }

  /** Ends every job that has not ended, with an error, and takes no other one. A job that runs is not waited for. */
  kill(error: Errno): void {
    this.#killed ??= error;
    for (const job of [...this.#pending]) this.#end(job, error);
  }

  /** Resolves when all jobs have ended that were given before. */
  idle(): Promise<void> {
    return allSignalled([...this.#pending].map(({ fence }) => fence));
  }

  async #turn(waits: readonly Fence[], run: Job['run'], done: Signal): Promise<void> {
    await Promise.race([allSignalled(waits), allSignalled([done.fence])]);
    if (done.fence.signalled) return;
    try {
      await run?.();
      this.#end(done, undefined);
    } catch (error) {
      this.#end(done, error instanceof DrmError ? error.code : 'EIO');
    }
  }

  #end(job: Signal, error: Errno | undefined): void {
    this.#pending.delete(job);
    job.signal(error);
  }
}
