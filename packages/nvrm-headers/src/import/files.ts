/** Paths by number: first the headers that are taken whole, then others as they are asked for. */
export class Files {
  readonly #paths: string[];
  readonly #numbers: Map<string, number>;

  constructor(headers: readonly string[]) {
    this.#paths = [...headers];
    this.#numbers = new Map(headers.map((path, index) => [path, index]));
  }

  get paths(): readonly string[] {
    return this.#paths;
  }

  number(path: string): number {
    const known = this.#numbers.get(path);
    if (known !== undefined) return known;
    this.#numbers.set(path, this.#paths.length);
    return this.#paths.push(path) - 1;
  }
}
