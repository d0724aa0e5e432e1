interface Kept {
  readonly giveBack: () => Promise<void>;
}

/** What a session has lent out, and the calls under way that may still add to it. */
export class Keeping {
  /** In the order of acquiring. */
  readonly #kept: Kept[] = [];
  readonly #idle: (() => void)[] = [];
  #running = 0;
  #ending: Promise<void> | undefined;

  /** Objects that were not given back. */
  get size(): number {
    return this.#kept.length;
  }

  /** Counts a call that is under way; the function returned ends it. */
  begin(): () => void {
    this.#running++;
    return () => {
      if (--this.#running === 0) for (const wake of this.#idle.splice(0)) wake();
    };
  }

  /** Keeps an object; the function returned gives it back, however often it is called. */
  keep(release: () => Promise<void>): () => Promise<void> {
    let done: Promise<void> | undefined;
    const kept: Kept = {
      giveBack: () => (done ??= release().finally(() => void this.#kept.splice(this.#kept.indexOf(kept), 1))),
    };
    this.#kept.push(kept);
    return kept.giveBack;
  }

  /** Calls under way. */
  get running(): number {
    return this.#running;
  }

  /**
   * Waits for the calls under way, then gives everything back, last first. An object that cannot be given back stays
   * with the core, which was told; it does not keep the others.
   */
  end(): Promise<void> {
    return (this.#ending ??= (async () => {
      if (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
      for (let kept = this.#kept.at(-1); kept; kept = this.#kept.at(-1)) await kept.giveBack().catch(() => undefined);
    })());
  }
}
