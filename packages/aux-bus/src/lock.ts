/** One at a time, in order of asking; says who holds it and who waits. */
export class Lock {
  #last: Promise<unknown> = Promise.resolve();
  readonly #asked: string[] = [];

  /** Labels of what was asked for and has not ended, in order: the first holds the lock. */
  get asked(): readonly string[] {
    return this.#asked;
  }

  run<T>(label: string, work: () => Promise<T>): Promise<T> {
    this.#asked.push(label);
    const turn = this.#last.then(work).finally(() => this.#asked.shift());
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
