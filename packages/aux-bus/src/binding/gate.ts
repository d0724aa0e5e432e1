/** Counts probes under way, and keeps new ones from beginning while it is shut. */
export class Gate {
  #probes = 0;
  #shut = 0;
  #waiting: (() => void)[] = [];

  get blocked(): boolean {
    return this.#shut > 0;
  }

  /** Probes under way. */
  get probes(): number {
    return this.#probes;
  }

  /** How many wait for these probes to end. */
  get waiting(): number {
    return this.#waiting.length;
  }

  async through<T>(probe: () => Promise<T>): Promise<T> {
    this.#probes++;
    try {
      return await probe();
    } finally {
      if (--this.#probes === 0) for (const resolve of this.#waiting.splice(0)) resolve();
    }
  }

  /** Shuts it; resolves when no probe is under way. */
  async shut(): Promise<void> {
    this.#shut++;
    if (this.#probes > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  open(): void {
    this.#shut--;
  }
}
