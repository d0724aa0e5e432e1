import { DrmError } from '../errors.ts';
import { createFence, signalledFence, type Fence } from './fence.ts';

interface Point {
  readonly at: bigint;
  /** Signals when this point and all before it have. */
  readonly reached: Fence;
}

/**
 * A container for fences that userspace has a handle of: a binary one holds the last fence that was put in, a timeline the fences of
 * ascending points. linux: drivers/gpu/drm/drm_syncobj.c, drivers/dma-buf/dma-fence-chain.c
 */
export class Syncobj {
  /** Ascending. Those that were reached are dropped, but for the last of all. */
  readonly #points: Point[] = [];
  /** The last that was dropped. */
  #passed = 0n;
  #binary: Fence | undefined;
  readonly #watchers = new Set<() => void>();

  /** @param signalled - whether it begins with a fence that has signalled */
  constructor(signalled: boolean) {
    if (signalled) this.#binary = signalledFence();
  }

  /** Puts a fence in the place of everything that was there; none empties it. */
  replace(fence: Fence | undefined): void {
    this.#points.length = 0;
    this.#passed = 0n;
    this.#binary = fence;
    if (fence) this.#changed();
  }

  /** Adds a point to the timeline. One before the last counts as the last: that is userspace's mistake, and Linux forgives it. */
  add(at: bigint, fence: Fence): void {
    const last = this.#points.at(-1);
    const before = last?.reached ?? this.#binary;
    const { fence: reached, signal } = createFence();
    // A point's error is that of its own work.
    fence.onSignal(() => { (before ?? signalledFence()).onSignal(() => { signal(fence.error); }); });
    this.#binary = undefined;
    this.#points.push({ at: last && last.at > at ? last.at : at, reached });
    this.#prune();
    this.#changed();
  }

  /**
   * The fence of a point: of the first that is as far, or of point 0 the last of all.
   *
   * @returns undefined where nobody has submitted it yet
   */
  find(point: bigint): Fence | undefined {
    if (point === 0n) return this.#points.at(-1)?.reached ?? this.#binary;
    if (point <= this.#passed) return signalledFence();
    return this.#points.find(({ at }) => at >= point)?.reached;
  }

  /** As {@link find}. @throws {DrmError} `EINVAL` where there is none */
  require(point: bigint): Fence {
    const fence = this.find(point);
    if (!fence) throw new DrmError('EINVAL', point === 0n ? 'The sync object has no fence' : `The sync object has no point ${point} yet`);
    return fence;
  }

  /** The last point that was reached, or that was submitted; 0 for a binary one. */
  query(submitted: boolean): bigint {
    this.#prune();
    const last = this.#points.at(-1);
    if (!last) return 0n;
    return submitted || last.reached.signalled ? last.at : this.#passed;
  }

  /** Has `then` called at each change, until the function returned is called. */
  watch(then: () => void): () => void {
    this.#watchers.add(then);
    return () => void this.#watchers.delete(then);
  }

  #prune(): void {
    while (this.#points.length > 1 && this.#points[0]!.reached.signalled) this.#passed = this.#points.shift()!.at;
  }

  #changed(): void {
    for (const then of [...this.#watchers]) then();
  }
}
