import type { PageLevel } from '@nova-stack/gpu-regs';

import type { Words } from './bits.ts';
import type { Page, Place, TableFormat } from './format.ts';

/** What a virtual address stands for. */
export interface Translation extends Page {
  /** Where the address itself lies, not where its page begins. */
  readonly address: number;
  /** Bytes from there to the end of the page. */
  readonly left: number;
}

/** Virtual addresses are told in units of 4 KiB: all of their 57 bits are not exact as a number of bytes. */
export const VA_UNIT = 4096;
const UNIT_BITS = 12;

/** Why an address stands for nothing. */
export type WalkFault =
  /** It has more bits than the format. */
  | 'va-limit'
  /** No table there, at some level. */
  | 'invalid-pde'
  /** No page there. */
  | 'invalid-pte'
  /** Memory that reads zero and forgets. */
  | 'sparse'
  /** A table lies where it cannot be read now, or an entry names an address that no memory has. */
  | 'unreachable';

/** Reads 8 bytes of a table; undefined when that memory cannot be read now. */
export type LoadEntry = (place: Place) => Words | undefined;

const NEVER: Words = { low: 0, high: 0 };

/** Follows page tables from `root` on. `va` is in units of {@link VA_UNIT}. */
export function walk(format: TableFormat, root: Place, va: number, load: LoadEntry): Translation | WalkFault {
  if (!(va >= 0 && va < 2 ** (format.addressBits - UNIT_BITS))) return 'va-limit';
  let table = root;
  for (const level of format.levels) {
    const entry = load(entryOf(table, level, va));
    if (entry === undefined) return 'unreachable';
    if (level.pageSize !== undefined && format.isPage(entry)) return pageOf(format, entry, level.pageSize, va);
    if (level.entrySize === 16) return lowest(format, table, level, entry, va, load);
    const next = format.directory(entry);
    if (next === undefined) return format.isSparseDirectory(entry) ? 'sparse' : 'invalid-pde';
    table = next;
  }
  return 'invalid-pde';
}

/** An entry of the lowest directory names a table of big pages and one of small pages; what one lacks the other may have. */
function lowest(format: TableFormat, table: Place, level: PageLevel, first: Words, va: number, load: LoadEntry): Translation | WalkFault {
  const at = entryOf(table, level, va);
  const second = load({ ...at, address: at.address + 8 });
  if (second === undefined) return 'unreachable';
  let fault: WalkFault = format.isSparseDirectory(first) ? 'sparse' : 'invalid-pde';
  for (const [place, { pageSize, ...rest }] of [[format.big(first), format.tables.big], [format.small(second), format.tables.small]] as const) {
    if (place === undefined) continue;
    const entry = load(entryOf(place, { ...rest }, va)) ?? NEVER;
    const found = pageOf(format, entry, pageSize!, va);
    if (typeof found !== 'string') return found;
    // A sparse big page stays sparse whatever a table of small pages lacks.
    if (fault !== 'sparse') fault = found;
    if (pageSize === format.tables.big.pageSize && format.hidesSmallPages(entry)) return fault;
  }
  return fault;
}

function pageOf(format: TableFormat, entry: Words, size: number, va: number): Translation | WalkFault {
  const page = format.page(entry);
  if (page === undefined) return format.isSparse(entry) ? 'sparse' : 'invalid-pte';
  const offset = (va % (size / VA_UNIT)) * VA_UNIT;
  const address = page.address + offset;
  return Number.isSafeInteger(address + size) ? { ...page, address, left: size - offset } : 'unreachable';
}

const entryOf = ({ aperture, address }: Place, { lowBit, indexBits, entrySize }: PageLevel, va: number): Place => ({
  aperture, address: address + (Math.floor(va / 2 ** (lowBit - UNIT_BITS)) % 2 ** indexBits) * entrySize,
});
