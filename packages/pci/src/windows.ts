import { PciError, hex } from './errors.ts';
import type { BarSpec } from './function.ts';
import type { DmaWindow } from './dma-space.ts';

/**
 * The address map of the modelled machine: memory that devices reach, and room for BARs, below and above 4 GiB.
 * No two parts overlap.
 */
export const ADDRESS_MAP: Readonly<Record<'memoryLow' | 'barsLow' | 'memoryHigh' | 'barsHigh', DmaWindow>> = {
  memoryLow: { start: 0x0100_0000, end: 0xc000_0000 },
  barsLow: { start: 0xc000_0000, end: 0xfe00_0000 },
  memoryHigh: { start: 2 ** 32, end: 2 ** 38 },
  barsHigh: { start: 2 ** 38, end: 2 ** 46 },
};

/** I/O ports have a space of their own. */
const IO_WINDOW: DmaWindow = { start: 0x1000, end: 0x1_0000 };

/** Memory windows for a device with DMA addresses of `bits` bits, the better one first: high memory leaves low memory to those who need it. */
export function memoryWindows(bits: number): readonly DmaWindow[] {
  return [ADDRESS_MAP.memoryHigh, ADDRESS_MAP.memoryLow]
    .map((window) => (window.end <= 2 ** bits ? window : { start: window.start, end: 2 ** bits }))
    .filter(({ start, end }) => start < end);
}

/** Gives out bus addresses for BARs, as a BIOS does. */
export class BarWindows {
  readonly #taken: { readonly start: number; readonly end: number; readonly owner: object }[] = [];

  /**
   * Room for `count` BARs in a row (virtual functions have theirs side by side), aligned to the size of one.
   *
   * @throws {@link PciError} `NO_MEMORY`.
   */
  assign(owner: object, { index, kind, size }: Pick<BarSpec, 'index' | 'kind' | 'size'>, count: number = 1): number {
    const window = kind === 'io' ? IO_WINDOW : kind === 'mem32' ? ADDRESS_MAP.barsLow : ADDRESS_MAP.barsHigh;
    const length = size * count;
    // Ports and memory never meet: ports lie below every memory window.
    let start = Math.ceil(window.start / size) * size;
    for (const other of this.#taken) {
      if (other.end <= start) continue;
      if (other.start >= start + length) break;
      start = Math.ceil(other.end / size) * size;
    }
    if (start + length > window.end) throw new PciError('NO_MEMORY', `No room for BAR ${index} (${kind}, ${count} times ${hex(size)} bytes) in ${hex(window.start)} to ${hex(window.end)}`);
    this.#taken.push({ start, end: start + length, owner });
    this.#taken.sort((a, b) => a.start - b.start);
    return start;
  }

  release(owner: object): void {
    const kept = this.#taken.filter((one) => one.owner !== owner);
    this.#taken.splice(0, this.#taken.length, ...kept);
  }
}
