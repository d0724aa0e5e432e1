import { PciError, hex } from './errors.ts';
import type { BarSpec } from './function.ts';

/** Flag bits in the low end of a BAR register (PCI Local Bus 3.0, 6.2.5.1). */
const IO_SPACE = 0x1;
const MEM_64 = 0x4;
const MEM_PREFETCHABLE = 0x8;

/** Smallest sizes that leave room for those flags, and the largest that a 32-bit BAR can ask for. */
const MIN_SIZE = { io: 4, mem32: 16, mem64: 16 } as const;
const MAX_SIZE = { io: 256, mem32: 2 ** 31, mem64: 2 ** 52 } as const;

/** Number of BAR registers of an endpoint. */
export const BAR_COUNT = 6;

/** What one 32-bit BAR register reads as after reset, and which of its bits can be written. */
export interface BarRegister {
  readonly flags: number;
  readonly writable: number;
}

/**
 * The six BAR registers of a set of BARs; unused ones are hard-wired to zero.
 *
 * @throws {@link PciError} `BAD_SPEC` for sizes that are no power of two, and for BARs that overlap.
 */
export function barRegisters(bars: readonly BarSpec[]): readonly BarRegister[] {
  const registers = new Array<BarRegister | undefined>(BAR_COUNT).fill(undefined);
  const take = (bar: BarSpec, index: number, register: BarRegister): void => {
    if (!Number.isInteger(index) || index < 0 || index >= BAR_COUNT) throw new PciError('BAD_SPEC', `BAR ${bar.index} (${bar.kind}) needs register ${index}: expected 0 to 5`);
    if (registers[index]) throw new PciError('BAD_SPEC', `BAR register ${index} is used twice`);
    registers[index] = register;
  };
  for (const bar of bars) {
    const { kind, size, prefetchable, index } = bar;
    if (!isPowerOfTwo(size) || size < MIN_SIZE[kind] || size > MAX_SIZE[kind]) {
      throw new PciError('BAD_SPEC', `Size of BAR ${index} (${kind}) is ${hex(size)}: expected a power of two from ${hex(MIN_SIZE[kind])} to ${hex(MAX_SIZE[kind])}`);
    }
    if (kind === 'io') {
      take(bar, index, { flags: IO_SPACE, writable: -size >>> 0 });
      continue;
    }
    const flags = (kind === 'mem64' ? MEM_64 : 0) | (prefetchable ? MEM_PREFETCHABLE : 0);
    take(bar, index, { flags, writable: size < 2 ** 32 ? -size >>> 0 : 0 });
    if (kind === 'mem64') take(bar, index + 1, { flags: 0, writable: size < 2 ** 32 ? 0xffff_ffff : -(size / 2 ** 32) >>> 0 });
  }
  return registers.map((register) => register ?? { flags: 0, writable: 0 });
}

export const isPowerOfTwo = (value: number): boolean => Number.isSafeInteger(value) && value > 0 && Number.isInteger(Math.log2(value));

/** Access to a run of BAR registers in configuration space. */
export interface BarAccess {
  read(index: number): number;
  write(index: number, value: number): void;
}

/**
 * Finds out which BARs there are, as firmware and operating systems do: write all ones, see which bits stay,
 * put the old value back (PCI Local Bus 3.0, 6.2.5.1). Decoding must be off meanwhile.
 */
export function sizeBars(registers: BarAccess, count: number = BAR_COUNT): BarSpec[] {
  const probe = (index: number): { readonly old: number; readonly mask: number } => {
    const old = registers.read(index);
    registers.write(index, 0xffff_ffff);
    const mask = registers.read(index);
    registers.write(index, old);
    return { old, mask };
  };
  const found: BarSpec[] = [];
  for (let index = 0; index < count; index++) {
    const { old, mask } = probe(index);
    if (mask === 0) continue;
    if (mask & IO_SPACE) {
      // Upper 16 bits may be hard-wired to zero.
      found.push({ index, kind: 'io', prefetchable: false, size: -((mask & ~0x3) | 0xffff_0000) >>> 0 });
      continue;
    }
    const prefetchable = (old & MEM_PREFETCHABLE) !== 0;
    const low = (mask & ~0xf) >>> 0;
    if ((old & 0x6) !== MEM_64) {
      if (low !== 0) found.push({ index, kind: 'mem32', prefetchable, size: -low >>> 0 });
      continue;
    }
    const { mask: high } = probe(index + 1);
    const size = low !== 0 ? -low >>> 0 : (-high >>> 0) * 2 ** 32;
    if (size !== 0) found.push({ index, kind: 'mem64', prefetchable, size });
    index++;
  }
  return found;
}

/** The bus address that a BAR's registers hold. */
export function barAddress(registers: Pick<BarAccess, 'read'>, { index, kind }: Pick<BarSpec, 'index' | 'kind'>): number {
  const low = registers.read(index);
  if (kind === 'io') return (low & ~0x3) >>> 0;
  const high = kind === 'mem64' ? registers.read(index + 1) : 0;
  return high * 2 ** 32 + ((low & ~0xf) >>> 0);
}

/** Writes a bus address into a BAR's registers. */
export function writeBarAddress(registers: BarAccess, { index, kind }: Pick<BarSpec, 'index' | 'kind'>, address: number): void {
  registers.write(index, address % 2 ** 32);
  if (kind === 'mem64') registers.write(index + 1, Math.floor(address / 2 ** 32));
}
