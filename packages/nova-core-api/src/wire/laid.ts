// The structs that no version changes, by the names of their members.
import { formOf } from '../emit/contract-form.ts';
import type { Struct } from '../emit/form.ts';
import { outside, refuse } from './flaw.ts';
import type { FrameReader, FrameWriter } from './frame.ts';

const FORM = formOf([]);

/** Numbers that all interfaces share, by the name that the form gives them. */
export function sharedNumbers(name: string): Readonly<Record<string, number>> {
  return Object.fromEntries(FORM.numbers.find((one) => one.name === name)!.values.map((value) => [value.name, value.number]));
}

/** Which name has which number. */
export function namesOf<T extends string>(all: Readonly<Record<T, number>>): ReadonlyMap<number, T> {
  return new Map(Object.entries(all).map(([name, number]) => [number as number, name as T]));
}

/** The values of a struct's numbers. */
export type Numbers = Readonly<Record<string, number | bigint>>;

/** One struct of the connection. */
export class Laid {
  readonly size: number;
  readonly #name: string;
  readonly #members: Struct['members'];

  constructor(name: string) {
    const { size, members } = FORM.structs.find((struct) => struct.name === name)!;
    this.#name = name;
    this.size = size;
    this.#members = members;
  }

  /** Where a member lies, and how many bytes it has. */
  place(member: string): { readonly at: number; readonly room: number } {
    const { offset: at, size: room } = this.#members.find(({ name }) => name === member)!;
    return { at, room };
  }

  /** Takes room for the struct and writes its numbers, and its size where it says one; all else is zero. */
  write(frame: FrameWriter, numbers: Numbers): number {
    const at = frame.take(this.size, this.#name);
    this.writeAt(frame, at, numbers);
    return at;
  }

  writeAt(frame: FrameWriter, at: number, numbers: Numbers): void {
    for (const { name, offset, size } of this.#members) {
      const value = name === 'struct_size' ? this.size : numbers[name];
      if (value === undefined) continue;
      if (size === 8) frame.u64(at + offset, BigInt(value));
      else if (size === 4) frame.u32(at + offset, Number(value));
      else frame.u16(at + offset, Number(value));
    }
  }

  /** Puts bytes into a member. @throws {ContractError} `Range` when they do not fit */
  put(frame: FrameWriter, at: number, member: string, bytes: Uint8Array): void {
    const place = this.place(member);
    if (bytes.length > place.room) outside(`${this.#name}.${member}`, `${bytes.length} bytes`, `at most ${place.room}`);
    frame.put(at + place.at, bytes);
  }

  /** Takes room for what a pointer leads to. */
  point(frame: FrameWriter, at: number, member: string, length: number): number {
    const start = frame.take(length, `${this.#name}.${member}`);
    if (length > 0) frame.u32(at + this.place(member).at, start);
    frame.u32(at + this.place(member).at + 4, length);
    return start;
  }

  /**
   * The struct that comes next; what a later release put behind it must be zero, and so must be what is reserved.
   *
   * @param least - bytes that were there from the first; what lacks behind them counts as zero
   */
  read(frame: FrameReader, least: number = this.size): LaidBytes {
    let bytes = frame.struct(this.#name);
    if (bytes.length < least) outside(`${this.#name}.struct_size`, String(bytes.length), `at least ${least}`);
    if (bytes.length < this.size) {
      const all = new Uint8Array(this.size);
      all.set(bytes);
      bytes = all;
    }
    if (bytes.subarray(this.size).some((byte) => byte !== 0)) refuse(`${this.#name}.struct_size`, `${bytes.length}, and not all is zero behind byte ${this.size}`, 'zeros behind what is known');
    return new LaidBytes(this.#name, this.#members, bytes);
  }

  /** The entries of a list that says its stride. */
  rows(list: Uint8Array, count: number, stride: number, path: string): LaidBytes[] {
    if (count * stride !== list.length) outside(path, `${list.length} bytes`, `${count} entries of ${stride} bytes`);
    if (count > 0 && stride < this.size) outside(`${path}.stride`, String(stride), `at least ${this.size}`);
    return Array.from({ length: count }, (_, i) => {
      const one = list.subarray(i * stride, (i + 1) * stride);
      if (one.subarray(this.size).some((byte) => byte !== 0)) refuse(`${path}[${i}]`, `not zero behind byte ${this.size}`, 'zeros behind what is known');
      return new LaidBytes(`${path}[${i}]`, this.#members, one);
    });
  }
}

/** A struct's bytes. */
export class LaidBytes {
  readonly bytes: Uint8Array;
  readonly #path: string;
  readonly #view: DataView;
  readonly #members: Struct['members'];

  constructor(path: string, members: Struct['members'], bytes: Uint8Array) {
    this.bytes = bytes;
    this.#path = path;
    this.#members = members;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (const { name } of members) if (name === 'reserved') this.only(name, 0n);
  }

  number(member: string): number {
    const { offset, size } = this.#of(member);
    return size === 2 ? this.#view.getUint16(offset, true) : this.#view.getUint32(offset, true);
  }

  wide(member: string, word: number = 0): bigint {
    return this.#view.getBigUint64(this.#of(member).offset + 8 * word, true);
  }

  /** Refuses a member that is greater than what has a meaning. */
  only(member: string, most: bigint): void {
    const value = this.#of(member).size === 8 ? this.wide(member) : BigInt(this.number(member));
    if (value > most) refuse(`${this.#path}.${member}`, String(value), most === 0n ? '0' : `at most ${most}`);
  }

  raw(member: string): Uint8Array {
    const { offset, size } = this.#of(member);
    return this.bytes.subarray(offset, offset + size);
  }

  /** The bytes that a pointer leads to. */
  pointed(frame: FrameReader, member: string): Uint8Array {
    const { offset } = this.#of(member);
    return frame.block(this.#view.getUint32(offset, true), this.#view.getUint32(offset + 4, true), `${this.#path}.${member}`);
  }

  #of(member: string): Struct['members'][number] {
    return this.#members.find(({ name }) => name === member)!;
  }
}
