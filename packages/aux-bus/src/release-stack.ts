/** What gives one resource back. */
export type Release = () => void | Promise<void>;

/** Several releases failed; `errors` has them in the order in which they happened. */
export class ReleaseError extends Error {
  override readonly name: string = 'ReleaseError';
  readonly code = 'RELEASE_FAILED' as const;
  readonly errors: readonly unknown[];

  constructor(errors: readonly unknown[]) {
    super(`${errors.length} releases failed; the first: ${errors[0] instanceof Error ? errors[0].message : String(errors[0])}`, { cause: errors[0] });
    this.errors = errors;
  }
}

/**
 * Gives back, last first, what was acquired in order. One that fails does not keep the others from being given back.
 *
 * ```ts
 * const held = new ReleaseStack();
 * const buffer = allocate();
 * held.defer('queue memory', () => buffer.free());
 * await held.release();
 * ```
 */
export class ReleaseStack {
  #entries: { readonly label: string; readonly release: Release }[] = [];
  #releasing: Promise<void> | undefined;

  /** What is held, oldest first. */
  get labels(): readonly string[] {
    return this.#entries.map(({ label }) => label);
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Holds one resource; `label` says what, for reports of leaks. */
  defer(label: string, release: Release): void {
    this.#entries.push({ label, release });
  }

  /** Moves everything to a new stack: what was acquired step by step is now somebody else's to give back. */
  move(): ReleaseStack {
    const stack = new ReleaseStack();
    stack.#entries = this.#entries;
    this.#entries = [];
    return stack;
  }

  /**
   * Gives everything back, each once, last first; also what a release adds meanwhile. A call during a release waits
   * for that one.
   *
   * @throws the error of the release that failed, or {@link ReleaseError} when several did; all were tried.
   */
  async release(): Promise<void> {
    this.#releasing ??= this.#drain().finally(() => (this.#releasing = undefined));
    await this.#releasing;
  }

  async #drain(): Promise<void> {
    const errors: unknown[] = [];
    for (let entry = this.#entries.pop(); entry; entry = this.#entries.pop()) {
      try {
        await entry.release();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new ReleaseError(errors);
  }
}
