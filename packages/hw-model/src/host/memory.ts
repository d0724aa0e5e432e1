import type { Aperture, Place, TableFormat } from '../mmu/format.ts';
import type { Words } from '../mmu/bits.ts';
import { VA_UNIT, walk, type Translation, type WalkFault } from '../mmu/walk.ts';
import type { MemoryJob } from '../port.ts';
import type { Vram } from '../vram.ts';
import { memoryFault } from './fault.ts';

/** What channels reach memory through. */
export interface HostMemory {
  readonly vram: Vram;
  readonly format: TableFormat;
  /** Whether `[address, address + length)` of VRAM must not be touched. */
  readonly isProtected: (address: number, length: number) => boolean;
}

/** A piece of memory in one place; `left` bytes of it lie in one piece. */
interface Piece {
  readonly aperture: Aperture | 'sparse';
  readonly address: number;
  readonly left: number;
}

type Access = 'read' | 'write';
/** Translations that are kept, by virtual page. */
const KEPT = 4096;
/** Entries that one translation reads at most: a level each, both halves of a double one, and two tables. */
const MOST_LOADS = 12;
/** Bytes that go from system memory to system memory at a time. */
const BUFFER = 1 << 20;

/**
 * An address space, or bare memory: what the accesses of a channel or of its engine go through. Addresses are bytes and exact up to
 * 53 bits; what lies above faults as if nothing were mapped there. Every generator throws `HostFault`.
 */
export class MemoryView {
  readonly #memory: HostMemory;
  readonly #root: Place | undefined;
  readonly #physical: Aperture | undefined;
  readonly #kept = new Map<number, Translation>();

  private constructor(memory: HostMemory, root: Place | undefined, physical: Aperture | undefined) {
    this.#memory = memory;
    this.#root = root;
    this.#physical = physical;
  }

  /** Through page tables; without a root nothing is there. */
  static virtual(memory: HostMemory, root: Place | undefined): MemoryView {
    return new MemoryView(memory, root, undefined);
  }

  static physical(memory: HostMemory, aperture: Aperture): MemoryView {
    return new MemoryView(memory, undefined, aperture);
  }

  /** Forgets every translation. */
  invalidate(): void {
    this.#kept.clear();
  }

  *read(address: number, into: Uint8Array): MemoryJob {
    for (let done = 0; done < into.length;) {
      const piece = this.#known(address + done, 'read') ?? (yield* this.#look(address + done, 'read'));
      const part = into.subarray(done, done + Math.min(piece.left, into.length - done));
      yield* this.#readPiece(piece, part, address + done);
      done += part.length;
    }
  }

  *write(address: number, from: Uint8Array): MemoryJob {
    for (let done = 0; done < from.length;) {
      const piece = this.#known(address + done, 'write') ?? (yield* this.#look(address + done, 'write'));
      const part = from.subarray(done, done + Math.min(piece.left, from.length - done));
      yield* this.#writePiece(piece, part, address + done);
      done += part.length;
    }
  }

  /** Copies `length` bytes to `target` of another view, in ascending order. */
  *copy(address: number, to: MemoryView, target: number, length: number): MemoryJob {
    const { vram } = this.#memory;
    for (let done = 0; done < length;) {
      const [from, into] = [address + done, target + done];
      const source = this.#known(from, 'read') ?? (yield* this.#look(from, 'read'));
      const sink = to.#known(into, 'write') ?? (yield* to.#look(into, 'write'));
      let count = Math.min(source.left, sink.left, length - done);
      if (sink.aperture === 'vram') {
        // In place, whatever it comes from.
        this.#check(sink, count, into, 'write');
        const span = vram.span(sink.address, count);
        count = span.length;
        yield* this.#readPiece(source, span, from);
      } else if (source.aperture === 'vram') {
        this.#check(source, count, from, 'read');
        const span = vram.span(source.address, count);
        count = span.length;
        yield* to.#writePiece(sink, span, into);
      } else {
        const buffer = new Uint8Array(Math.min(BUFFER, count));
        count = buffer.length;
        yield* this.#readPiece(source, buffer, from);
        yield* to.#writePiece(sink, buffer, into);
      }
      done += count;
    }
  }

  *#readPiece(piece: Piece, into: Uint8Array, va: number): MemoryJob {
    if (piece.aperture === 'sparse') into.fill(0);
    else if (piece.aperture === 'vram') {
      this.#check(piece, into.length, va, 'read');
      this.#memory.vram.read(piece.address, into);
    } else if (piece.aperture === 'peer' || !(yield { op: 'read', address: piece.address, into })) throw memoryFault('nothing answers on the bus', va, 'read');
  }

  *#writePiece(piece: Piece, from: Uint8Array, va: number): MemoryJob {
    if (piece.aperture === 'sparse') return;
    if (piece.aperture === 'vram') {
      this.#check(piece, from.length, va, 'write');
      this.#memory.vram.write(piece.address, from);
    } else if (piece.aperture === 'peer' || !(yield { op: 'write', address: piece.address, from })) throw memoryFault('nothing answers on the bus', va, 'write');
  }

  #check({ address }: Piece, length: number, va: number, access: Access): void {
    const { vram, isProtected } = this.#memory;
    if (!(address >= 0 && address + length <= vram.size)) throw memoryFault('outside of video memory', va, access);
    if (isProtected(address, length)) throw memoryFault('protected memory', va, access);
  }

  /** The piece at an address when no table has to be read for it. */
  #known(address: number, access: Access): Piece | undefined {
    if (!(Number.isSafeInteger(address) && address >= 0)) throw memoryFault('va-limit', address, access);
    if (this.#physical !== undefined) return { aperture: this.#physical, address, left: Infinity };
    const offset = address % VA_UNIT;
    const found = this.#kept.get((address - offset) / VA_UNIT);
    return found && pieceOf(found, address, offset, access);
  }

  *#look(address: number, access: Access): MemoryJob<Piece> {
    const offset = address % VA_UNIT;
    const page = (address - offset) / VA_UNIT;
    const found = yield* this.#walk(page);
    if (found === 'sparse') return { aperture: 'sparse', address, left: VA_UNIT - offset };
    if (typeof found === 'string') throw memoryFault(found, address, access);
    if (this.#kept.size >= KEPT) this.#kept.clear();
    this.#kept.set(page, found);
    return pieceOf(found, address, offset, access);
  }

  /** Walks the tables again whenever an entry came in that lies in system memory. */
  *#walk(page: number): MemoryJob<Translation | WalkFault> {
    const { vram, format } = this.#memory;
    if (this.#root === undefined) return 'invalid-pde';
    const fetched = new Map<number, Words>();
    for (let loads = 0; loads < MOST_LOADS; loads++) {
      let wanted: number | undefined;
      const found = walk(format, this.#root, page, ({ aperture, address }): Words | undefined => {
        if (aperture === 'peer') return undefined;
        if (aperture === 'vram') return address + 8 > vram.size ? undefined : { low: vram.load(address, 4), high: vram.load(address + 4, 4) };
        const known = fetched.get(address);
        if (known === undefined) wanted ??= address;
        return known;
      });
      if (wanted === undefined) return found;
      const bytes = new Uint8Array(8);
      if (!(yield { op: 'read', address: wanted, into: bytes })) return 'unreachable';
      const view = new DataView(bytes.buffer);
      fetched.set(wanted, { low: view.getUint32(0, true), high: view.getUint32(4, true) });
    }
    return 'unreachable';
  }
}

function pieceOf(found: Translation, va: number, offset: number, access: Access): Piece {
  if (access === 'write' && found.readOnly) throw memoryFault('read-only', va, access);
  return { aperture: found.aperture, address: found.address + offset, left: found.left - offset };
}
