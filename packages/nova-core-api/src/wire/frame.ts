import { FRAME_ALIGN, FRAME_HEAD, FRAMES, MAX_FRAME, type FrameField, type FrameRow, type FrameType } from '../emit/frame-form.ts';
import { outside, refuse } from './flaw.ts';

/** Bytes of a frame's head. */
export const HEAD_BYTES: number = FRAME_HEAD.size;

/** What stands in a frame's head besides its length. What its kind does not use is zero. */
export interface FrameHead {
  readonly type: FrameType;
  /** 0 to 2^32 - 1. */
  readonly call: number;
  /** 0, or the number of an error. */
  readonly status: number;
  readonly iface: number;
  readonly major: number;
  readonly slot: number;
  readonly session: bigint;
  readonly object: bigint;
}

const AT = Object.fromEntries(FRAME_HEAD.members.map(({ name, offset }) => [name, offset])) as Readonly<Record<FrameField | 'length' | 'type', number>>;
const BY_NUMBER = new Map(Object.entries(FRAMES).map(([name, row]) => [row.number, { name: name as FrameType, row }]));
const WIDE: ReadonlySet<FrameField> = new Set(['session', 'object']);
const FIELDS = ['call', 'status', 'iface', 'major', 'slot', 'session', 'object'] as const;

const round = (size: number): number => Math.ceil(size / FRAME_ALIGN) * FRAME_ALIGN;

/**
 * Length of the frame that begins here.
 *
 * @param start - at least the first 4 bytes of it
 * @throws {ContractError} `Range`: no frame is that short, that long, or not a multiple of 8
 */
export function frameLength(start: Uint8Array): number {
  const length = new DataView(start.buffer, start.byteOffset, 4).getUint32(0, true);
  if (length < HEAD_BYTES || length > MAX_FRAME || length % FRAME_ALIGN !== 0) outside('frame.length', String(length), `a multiple of ${FRAME_ALIGN} from ${HEAD_BYTES} to ${MAX_FRAME}`);
  return length;
}

/** Puts a frame together: structs and blocks one after the other, then the head. */
export class FrameWriter {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(256);
  #view: DataView = new DataView(this.#bytes.buffer);
  #length = HEAD_BYTES;

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /**
   * Takes room for so many bytes, all zero.
   *
   * @returns where it begins in the frame
   * @throws {ContractError} `Range` when the frame would be longer than {@link MAX_FRAME}
   */
  take(size: number, what: string): number {
    const at = this.#length;
    const end = at + round(size);
    if (end > MAX_FRAME) outside(what, `${size} bytes`, `at most ${MAX_FRAME - at}, for there is no longer frame than ${MAX_FRAME} bytes`);
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.min(MAX_FRAME, Math.max(end, 2 * this.#bytes.length)));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#length = end;
    return at;
  }

  put(at: number, bytes: Uint8Array): void {
    this.#bytes.set(bytes, at);
  }

  u8(at: number, value: number): void { this.#view.setUint8(at, value); }
  u16(at: number, value: number): void { this.#view.setUint16(at, value, true); }
  u32(at: number, value: number): void { this.#view.setUint32(at, value, true); }
  u64(at: number, value: bigint): void { this.#view.setBigUint64(at, value, true); }

  /** The frame, with its head. The writer is used up. */
  finish(head: Partial<FrameHead> & Pick<FrameHead, 'type'>): Uint8Array<ArrayBuffer> {
    this.u32(AT.length, this.#length);
    const row = FRAMES[head.type];
    this.u16(AT.type, row.number);
    for (const name of row.uses) {
      if (WIDE.has(name)) this.u64(AT[name], BigInt(head[name] ?? 0));
      else if (name === 'major') this.u16(AT[name], head.major ?? 0);
      else this.u32(AT[name], Number(head[name] ?? 0));
    }
    return this.#bytes.subarray(0, this.#length);
  }
}

/** Reads a frame from front to end: whatever it refers to lies where the reader is, so no byte is read twice or left out. */
export class FrameReader {
  readonly head: FrameHead;
  readonly view: DataView;
  readonly #bytes: Uint8Array;
  #at = HEAD_BYTES;

  /**
   * @param bytes - one whole frame
   * @param from - who sent it
   * @throws {ContractError} `InvalidArgument` or `Range`, with the member of the head
   */
  constructor(bytes: Uint8Array, from: FrameRow['from']) {
    if (bytes.length < HEAD_BYTES || frameLength(bytes) !== bytes.length) outside('frame.length', `${bytes.length} bytes`, 'as many as the head says');
    this.#bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const number = this.view.getUint16(AT.type, true);
    const kind = BY_NUMBER.get(number);
    if (kind?.row.from !== from) refuse('frame.type', String(number), `a frame that a ${from} sends`);
    const { name, row } = kind as { readonly name: FrameType; readonly row: FrameRow };
    const narrow = (field: FrameField): number => (field === 'major' ? this.view.getUint16(AT.major, true) : this.view.getUint32(AT[field], true));
    const wide = (field: FrameField): bigint => this.view.getBigUint64(AT[field], true);
    for (const field of FIELDS) {
      const value = WIDE.has(field) ? wide(field) : narrow(field);
      if (!row.uses.includes(field) && Number(value) !== 0) refuse(`frame.${field}`, String(value), `0 in a frame of the kind ${name}`);
    }
    this.head = {
      type: name, call: narrow('call'), status: narrow('status'), iface: narrow('iface'), major: narrow('major'), slot: narrow('slot'),
      session: wide('session'), object: wide('object'),
    };
  }

  /** Bytes that were not read. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** The next so many bytes; zeros up to the next multiple of 8 go with them. */
  next(size: number, subject: string): Uint8Array {
    const start = this.#at;
    if (round(size) > this.left) outside(subject, `${size} bytes`, `at most the ${this.left} that are left of the frame`);
    for (let at = start + size; at < start + round(size); at++) if (this.#bytes[at] !== 0) refuse(subject, `followed by 0x${this.#bytes[at]!.toString(16)}`, 'zeros up to the next multiple of 8');
    this.#at = start + round(size);
    return this.#bytes.subarray(start, start + size);
  }

  /** The bytes that a struct refers to; they lie where the reader is. */
  block(offset: number, length: number, subject: string): Uint8Array {
    if (length === 0) {
      if (offset !== 0) refuse(`${subject}.offset`, String(offset), '0, as there are no bytes');
      return this.#bytes.subarray(0, 0);
    }
    if (offset !== this.#at) refuse(`${subject}.offset`, String(offset), `${this.#at}, where the bytes before it end`);
    return this.next(length, `${subject}.length`);
  }

  /** The next struct, of the size that it says itself. */
  struct(subject: string): Uint8Array {
    if (this.left < FRAME_ALIGN) outside(subject, 'missing', 'a struct');
    const size = this.view.getUint32(this.#at, true);
    if (size < FRAME_ALIGN) outside(`${subject}.struct_size`, String(size), `at least ${FRAME_ALIGN}`);
    return this.next(size, `${subject}.struct_size`);
  }

  /** @throws {ContractError} `Range` when something was not read */
  end(): void {
    if (this.left > 0) outside('frame.length', `${this.#bytes.length}`, `${this.#at}, for nothing belongs behind`);
  }
}
