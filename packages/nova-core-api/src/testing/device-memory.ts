const PAGE = 4096;

export interface Block {
  readonly start: number;
  readonly size: number;
}

/** Memory of an in-memory core: only pages that were written exist. */
export class DeviceMemory {
  readonly size: number;
  readonly granularity: number = PAGE;
  /** By ascending start. */
  readonly #taken: Block[] = [];
  readonly #pages = new Map<number, Uint8Array>();

  constructor(size: number) {
    this.size = size;
  }

  get free(): number {
    return this.size - this.#taken.reduce((sum, block) => sum + block.size, 0);
  }

  get largest(): number {
    return Math.max(0, ...this.#gaps().map((gap) => gap.size));
  }

  /** Takes the first gap that is large enough, or gives undefined. */
  take(size: number): Block | undefined {
    const rounded = Math.ceil(size / PAGE) * PAGE;
    const gap = this.#gaps().find((one) => one.size >= rounded);
    if (!gap) return undefined;
    const block = { start: gap.start, size: rounded };
    this.#taken.push(block);
    this.#taken.sort((a, b) => a.start - b.start);
    return block;
  }

  give(block: Block): void {
    this.#taken.splice(this.#taken.indexOf(block), 1);
  }

  read(start: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.#each(start, length, (page, at, from, count) => {
      const data = this.#pages.get(page);
      if (data) bytes.set(data.subarray(from, from + count), at);
    });
    return bytes;
  }

  write(start: number, bytes: Uint8Array): void {
    this.#each(start, bytes.length, (page, at, from, count) => {
      const data = this.#pages.get(page) ?? new Uint8Array(PAGE);
      this.#pages.set(page, data);
      data.set(bytes.subarray(at, at + count), from);
    });
  }

  clear(start: number, length: number): void {
    this.#each(start, length, (page, _at, from, count) => {
      this.#pages.get(page)?.fill(0, from, from + count);
      if (count === PAGE) this.#pages.delete(page);
    });
  }

  /** The device is gone, and with it what stood in its memory. */
  vanish(): void {
    this.#pages.clear();
  }

  /** Bytes that nobody has and that do not read zero. There must never be any. */
  get dirty(): number {
    let count = 0;
    for (const { start, size } of this.#gaps()) {
      for (const [page, data] of this.#pages) if (page * PAGE >= start && page * PAGE < start + size) count += data.filter((byte) => byte !== 0).length;
    }
    return count;
  }

  #gaps(): Block[] {
    const gaps: Block[] = [];
    let at = 0;
    for (const { start, size } of this.#taken) {
      if (start > at) gaps.push({ start: at, size: start - at });
      at = start + size;
    }
    if (at < this.size) gaps.push({ start: at, size: this.size - at });
    return gaps;
  }

  #each(start: number, length: number, visit: (page: number, at: number, from: number, count: number) => void): void {
    for (let at = 0; at < length;) {
      const address = start + at;
      const from = address % PAGE;
      const count = Math.min(PAGE - from, length - at);
      visit((address - from) / PAGE, at, from, count);
      at += count;
    }
  }
}
