import type { Errno } from '../uapi/errno.ts';

/**
 * A promise to userspace that something has ended: it signals once, with an error or without, and stays signalled.
 * linux: drivers/dma-buf/dma-fence.c
 */
export interface Fence {
  readonly signalled: boolean;
  /** Set with the signal, when what it stands for failed. */
  readonly error: Errno | undefined;
  /** Calls `then` when it signals: at once where it has. */
  onSignal(then: () => void): void;
}

/** The side of whoever keeps the promise. */
export interface Signal {
  readonly fence: Fence;
  /** The first call counts. */
  readonly signal: (error?: Errno) => void;
}

class OneFence implements Fence {
  signalled: boolean = false;
  error: Errno | undefined;
  #then: (() => void)[] = [];

  onSignal(then: () => void): void {
    if (this.signalled) then();
    else this.#then.push(then);
  }

  settle(error: Errno | undefined): void {
    if (this.signalled) return;
    this.signalled = true;
    this.error = error;
    const waiting = this.#then;
    this.#then = [];
    for (const then of waiting) then();
  }
}

export function createFence(): Signal {
  const fence = new OneFence();
  return { fence, signal: (error) => { fence.settle(error); } };
}

/** One that has signalled, without an error. */
export function signalledFence(): Fence {
  const { fence, signal } = createFence();
  signal();
  return fence;
}

/** Resolves when all have signalled, whatever became of each. */
export function allSignalled(fences: readonly Fence[]): Promise<void> {
  return new Promise((resolve) => {
    let left = fences.length;
    if (left === 0) resolve();
    for (const fence of fences) fence.onSignal(() => { if (--left === 0) resolve(); });
  });
}
