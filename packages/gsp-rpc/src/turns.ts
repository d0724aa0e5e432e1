/** What ends a wait early; an `AbortSignal` is one, and ends waits in line at once. */
export interface Signal {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener?(type: 'abort', listener: () => void): void;
  removeEventListener?(type: 'abort', listener: () => void): void;
}

/** A line in which at most `limit` are served at a time, first come, first served. */
export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#free = limit;
  }

  /**
   * Waits in line. Whoever got a turn must {@link leave}.
   *
   * @returns false when the signal came first: then there is nothing to leave
   */
  async take(signal?: Signal): Promise<boolean> {
    if (signal?.aborted === true) return false;
    if (this.#free > 0) {
      this.#free--;
      return true;
    }
    return new Promise((resolve) => {
      const begin = (): void => {
        signal?.removeEventListener?.('abort', give);
        resolve(true);
      };
      const give = (): void => {
        const at = this.#waiting.indexOf(begin);
        if (at < 0) return;
        this.#waiting.splice(at, 1);
        signal?.removeEventListener?.('abort', give);
        resolve(false);
      };
      this.#waiting.push(begin);
      signal?.addEventListener?.('abort', give);
    });
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
