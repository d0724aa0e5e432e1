import { DrmError } from '../errors.ts';

export const PAGE_SIZE = 4096;
/** End of what userspace may map: 2^47. linux: drivers/gpu/drm/nouveau/nouveau_uvmm.c */
export const VA_END: number = 2 ** 47;

export interface VaRange {
  readonly addr: number;
  readonly range: number;
}

/** A piece of an object, `offset` bytes from its start, at an address. */
export interface Mapping<T> extends VaRange {
  readonly object: T;
  readonly offset: number;
  /** How the hardware lays the bytes out; passed on as it came. */
  readonly kind: number;
}

export type BindOp<T> = ({ readonly op: 'map'; readonly object: T; readonly offset: number; readonly kind: number } | { readonly op: 'unmap' | 'map-sparse' | 'unmap-sparse' }) & VaRange;

/** What a list of operations did. */
export interface Change<T> {
  /** Pieces that came to be, also those that went again. */
  readonly added: readonly Mapping<T>[];
  readonly removed: readonly Mapping<T>[];
}

const end = ({ addr, range }: VaRange): number => addr + range;
const overlap = (a: VaRange, b: VaRange): boolean => a.addr < end(b) && b.addr < end(a);
const text = ({ addr, range }: VaRange): string => `0x${addr.toString(16)}..0x${(addr + range).toString(16)}`;

/** The first of ascending, disjoint ranges that ends behind `addr`. */
function firstBehind(all: readonly VaRange[], addr: number): number {
  let low = 0;
  let high = all.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (end(all[middle]!) > addr) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Ascending, disjoint ranges: the part that overlaps `place`, as indices `[from, to)`. */
function overlapping(all: readonly VaRange[], place: VaRange): readonly [number, number] {
  const from = firstBehind(all, place.addr);
  let to = from;
  while (to < all.length && all[to]!.addr < end(place)) to++;
  return [from, to];
}

/**
 * What is mapped where in one address space. Lists of operations are applied whole or not at all; operations split what they overlap, and
 * the rules for sparse regions are nouveau's. linux: drivers/gpu/drm/drm_gpuvm.c, drivers/gpu/drm/nouveau/nouveau_uvmm.c
 */
export class VaSpace<T> {
  readonly #kernel: VaRange;
  #mappings: readonly Mapping<T>[] = [];
  #sparse: readonly VaRange[] = [];

  /** @param kernel - what userspace leaves to the kernel; of no bytes where there is none */
  constructor(kernel: VaRange) {
    this.#kernel = kernel;
  }

  /** By ascending address. */
  get mappings(): readonly Mapping<T>[] {
    return this.#mappings;
  }

  /** Sparse regions, by ascending address: what is not mapped in them reads zero and swallows writes. */
  get sparse(): readonly VaRange[] {
    return this.#sparse;
  }

  /**
   * Whether operations may lie there.
   *
   * @throws {DrmError} `EINVAL` unless in whole pages, inside the space, and outside the kernel's part
   */
  check(place: VaRange): void {
    const { addr, range } = place;
    if (addr % PAGE_SIZE !== 0 || range % PAGE_SIZE !== 0 || range === 0) throw new DrmError('EINVAL', `${text(place)} is not a number of whole pages`);
    if (end(place) > VA_END) throw new DrmError('EINVAL', `${text(place)} is outside the address space`);
    if (this.#kernel.range > 0 && overlap(place, this.#kernel)) throw new DrmError('EINVAL', `${text(place)} is the kernel's`);
  }

  /**
   * Applies a list of operations, whose ranges were {@link check}ed.
   *
   * @throws {DrmError} `ENOSPC`, `EEXIST`, `ENOENT`, `EINVAL`; nothing has changed then
   */
  bind(ops: readonly BindOp<T>[]): Change<T> {
    // What the list begins with decides first; linux: bind_validate_region().
    for (const op of ops) {
      if (op.op === 'map-sparse' && this.#regionAt(this.#sparse, op)) throw new DrmError('ENOSPC', `There is a sparse region in ${text(op)}`);
      if (op.op === 'map') this.#enclosed(this.#sparse, op);
    }
    const next = new Draft(this.#mappings, this.#sparse);
    for (const op of ops) {
      switch (op.op) {
        case 'map': {
          const region = this.#enclosed(next.sparse, op);
          if (region && next.leaving.has(region)) throw new DrmError('EINVAL', `The sparse region ${text(region)} goes with this list`);
          const { object, offset, kind, addr, range } = op;
          next.map({ object, offset, kind, addr, range });
          break;
        }
        case 'unmap':
          next.unmap(op);
          break;
        case 'map-sparse': {
          const [from, to] = overlapping(next.mappings, op);
          if (from < to) throw new DrmError('ENOSPC', `Memory is mapped in ${text(op)}`);
          if (this.#regionAt(next.sparse, op)) throw new DrmError('EEXIST', `${text(op)} overlaps a sparse region of this list`);
          next.sparse.splice(firstBehind(next.sparse, op.addr), 0, { addr: op.addr, range: op.range });
          break;
        }
        case 'unmap-sparse': {
          const region = this.#regionAt(next.sparse, op);
          if (region?.addr !== op.addr || region.range !== op.range || next.leaving.has(region)) throw new DrmError('ENOENT', `${text(op)} is no sparse region`);
          next.unmap(op);
          next.leaving.add(region);
          break;
        }
      }
    }
    this.#mappings = next.mappings;
    this.#sparse = next.sparse.filter((region) => !next.leaving.has(region));
    return { added: next.added, removed: next.removed };
  }

  /** Takes everything out. */
  clear(): readonly Mapping<T>[] {
    const all = this.#mappings;
    this.#mappings = [];
    this.#sparse = [];
    return all;
  }

  #regionAt(sparse: readonly VaRange[], place: VaRange): VaRange | undefined {
    const [from, to] = overlapping(sparse, place);
    return from < to ? sparse[from] : undefined;
  }

  /** The sparse region around a mapping. @throws {DrmError} `ENOSPC` for one that is partly in a region */
  #enclosed(sparse: readonly VaRange[], place: VaRange): VaRange | undefined {
    const region = this.#regionAt(sparse, place);
    if (region && (region.addr > place.addr || end(region) < end(place))) throw new DrmError('ENOSPC', `${text(place)} is partly in the sparse region ${text(region)}`);
    return region;
  }
}

/** A state that is being made. */
class Draft<T> {
  readonly mappings: Mapping<T>[];
  readonly sparse: VaRange[];
  /** Regions that go when all is done. */
  readonly leaving = new Set<VaRange>();
  readonly added: Mapping<T>[] = [];
  readonly removed: Mapping<T>[] = [];

  constructor(mappings: readonly Mapping<T>[], sparse: readonly VaRange[]) {
    this.mappings = [...mappings];
    this.sparse = [...sparse];
  }

  map(mapping: Mapping<T>): void {
    this.#replace(mapping, [mapping]);
  }

  unmap(place: VaRange): void {
    this.#replace(place, []);
  }

  /** Puts `instead` where `place` is; what sticks out on either side stays. */
  #replace(place: VaRange, instead: readonly Mapping<T>[]): void {
    const [from, to] = overlapping(this.mappings, place);
    const gone = this.mappings.slice(from, to);
    const first = gone[0];
    const last = gone.at(-1);
    const left = first && first.addr < place.addr ? [{ ...first, range: place.addr - first.addr }] : [];
    const right = last && end(last) > end(place) ? [{ ...last, addr: end(place), range: end(last) - end(place), offset: last.offset + (end(place) - last.addr) }] : [];
    const made = [...left, ...instead, ...right];
    this.mappings.splice(from, to - from, ...made);
    this.removed.push(...gone);
    this.added.push(...made);
  }
}
