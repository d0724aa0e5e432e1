/**
 * Records of one ring entry that are so short that calling a copy would take longer than the copy. These few functions know where
 * the header's fields stand, for to look them up would take as long as everything else that is done to such a record; every
 * release so far has them there (`wire.ts`), and a test holds both against each other.
 */
import { xorWords } from './checksum.ts';
import type { FramingProfile } from './profile.ts';
import { HEADER_VERSION, PENDING, SIGNATURE } from './record.ts';
import { STAGE } from './stage.ts';
import { WIRE, type Wire } from './wire.ts';

/** Bytes of a record up to which it may count as short. */
const SHORT = 0x200;

/** Bytes of a record up to which it is short: none where the headers are others than these. */
export function shortUpTo({ wire }: FramingProfile): number {
  return (Object.keys(WIRE) as (keyof Wire)[]).every((field) => wire[field] === WIRE[field]) ? SHORT : 0;
}

export const CHECKSUM_WORD = 8;
const PAYLOAD_WORD = 20;
/** XOR of what {@link writeShortFrame} writes. */
const FRAME = 1 ^ HEADER_VERSION ^ SIGNATURE;
/** Bytes of the RPC header. */
const RPC_HEADER = 0x20;

/**
 * Writes what never changes in the headers of short records, from word `at` on, and the checksum as zero. It stays there until another
 * record lies over it, so a writer that remembers where it stands writes a third of each header.
 */
export function writeShortFrame(words: Int32Array, at: number): void {
  words.fill(0, at, at + CHECKSUM_WORD + 1);
  words[at + 10] = 1;
  words[at + 11] = 0;
  words[at + 12] = HEADER_VERSION;
  words[at + 13] = SIGNATURE;
  words[at + 19] = 0;
}

/**
 * Writes the rest of the headers of a record with `length` payload bytes at word `at`, but for the checksum.
 *
 * @returns the XOR of all header words but that one
 */
export function writeShortHeader(words: Int32Array, at: number, seqNum: number, length: number, fn: number, result: number, sequence: number): number {
  const rpcLength = RPC_HEADER + length;
  const outcome = result | 0;
  const resultPrivate = result === PENDING ? -1 : 0;
  const number = sequence | 0;
  words[at + 9] = seqNum;
  words[at + 14] = rpcLength;
  words[at + 15] = fn;
  words[at + 16] = outcome;
  words[at + 17] = resultPrivate;
  words[at + 18] = number;
  return seqNum ^ FRAME ^ rpcLength ^ fn ^ outcome ^ resultPrivate ^ number;
}

/**
 * Writes a payload behind the headers of the record at word `at`, with zeros to the next word of 64 bits, for receivers sum such words.
 *
 * @param bytes - the same memory as `words`
 * @returns its XOR
 */
export function writeShortPayload(words: Int32Array, bytes: Uint8Array, at: number, payload: Uint8Array): number {
  const first = at + PAYLOAD_WORD;
  const end = first + (((payload.length + 7) >>> 3) << 1);
  if (end === first) return 0;
  words[end - 1] = 0;
  words[end - 2] = 0;
  bytes.set(payload, first << 2);
  return xorWords(words, first, end);
}

/** The same by way of private memory: copying into a SharedArrayBuffer takes longer than words one by one. */
export function writeShortShared(words: Int32Array, at: number, payload: Uint8Array): number {
  const end = ((payload.length + 7) >>> 3) << 1;
  if (end === 0) return 0;
  STAGE.words[end - 1] = 0;
  STAGE.words[end - 2] = 0;
  STAGE.bytes.set(payload);
  return STAGE.copyOut(0, end, words, at + PAYLOAD_WORD);
}

/** What a reader takes a short record into. */
export interface ShortRecord {
  function: number;
  result: number;
  sequence: number;
  length: number;
  readonly words: Int32Array;
}

/**
 * Takes the record at word `at`, if it is short and nothing at all is wrong with it. Every word is read once: what was judged is what
 * is handed on.
 *
 * @returns false where somebody must look closer; `into` means nothing then
 */
export function readShort(words: Int32Array, at: number, seqNum: number, into: ShortRecord): boolean {
  const rpcLength = words[at + 14]!;
  if (words[at + 10] !== 1 || rpcLength < RPC_HEADER || rpcLength > SHORT - 0x30) return false;
  const number = words[at + 9]!;
  const version = words[at + 12]!;
  const signature = words[at + 13]!;
  if (number !== seqNum || version !== HEADER_VERSION || signature !== SIGNATURE) return false;
  const fn = words[at + 15]!;
  const result = words[at + 16]!;
  const sequence = words[at + 18]!;
  const rest = words[at + 8]! ^ words[at + 11]! ^ words[at + 17]! ^ words[at + 19]!;
  const tags = words[at]! ^ words[at + 1]! ^ words[at + 2]! ^ words[at + 3]! ^ words[at + 4]! ^ words[at + 5]! ^ words[at + 6]! ^ words[at + 7]!;
  const sum = 1 ^ rpcLength ^ number ^ version ^ signature ^ fn ^ result ^ sequence ^ rest ^ tags;
  const length = rpcLength - RPC_HEADER;
  if ((sum ^ copyWords(words, at + PAYLOAD_WORD, length, into.words, 0)) !== 0) return false;
  into.function = fn >>> 0;
  into.result = result >>> 0;
  into.sequence = sequence >>> 0;
  into.length = length;
  return true;
}

/** Writes a payload that begins at word 0 of `from` behind the headers of the record at word `at`; its XOR. */
export function writeShortWords(words: Int32Array, at: number, from: Int32Array, length: number): number {
  const first = at + PAYLOAD_WORD;
  words[first + (length >>> 2)] = 0;
  words[first + (length >>> 2) + 1] = 0;
  return copyWords(from, 0, length, words, first);
}

/** Copies `length` bytes from word `at` to word `to`, in the last word zeros behind them; their XOR. */
function copyWords(from: Int32Array, at: number, length: number, into: Int32Array, to: number): number {
  const whole = length >>> 2;
  let all = 0;
  let i = 0;
  for (const last = whole - 3; i < last; i += 4) {
    const a = from[at + i]!;
    const b = from[at + i + 1]!;
    const c = from[at + i + 2]!;
    const d = from[at + i + 3]!;
    into[to + i] = a;
    into[to + i + 1] = b;
    into[to + i + 2] = c;
    into[to + i + 3] = d;
    all ^= a ^ b ^ c ^ d;
  }
  for (; i < whole; i++) {
    const word = from[at + i]!;
    into[to + i] = word;
    all ^= word;
  }
  const tail = length & 3;
  if (tail === 0) return all;
  const word = from[at + whole]! & ((1 << (tail * 8)) - 1);
  into[to + whole] = word;
  return all ^ word;
}
