import { xorBytes } from './checksum.ts';
import { GspRpcError } from './errors.ts';
import type { FramingProfile } from './profile.ts';
import { entriesOf } from './ring.ts';
import { SHARED_MEMORY } from './shared-memory.ts';

/** Header of an RPC request that has no result yet. */
export const PENDING: number = 0xffffffff;
/** Major version 3 in bits 31:24. */
export const HEADER_VERSION: number = 0x03000000;
/** The bytes `VRPC`. */
export const SIGNATURE: number = 0x43505256;

const { entrySize, elementEntries } = SHARED_MEMORY;

/** Largest payload of one record in bytes: 16 entries less the headers. */
export function recordPayload(profile: FramingProfile): number {
  return elementEntries * entrySize - profile.wire.payload;
}

/** Ring entries of a record with `length` payload bytes. */
export function recordEntries(profile: FramingProfile, length: number): number {
  return entriesOf(profile.wire.payload + length);
}

/** What stands in an element header and its RPC header; sums are made separately. */
export interface RecordHeader {
  seqNum: number;
  elemCount: number;
  headerVersion: number;
  signature: number;
  /** RPC header and payload in bytes. */
  length: number;
  function: number;
  result: number;
  resultPrivate: number;
  sequence: number;
}

/** Words of 32 bits as plain fields would become an object each, where they need the highest bit. */
class HeaderWords implements RecordHeader {
  readonly #words = new Int32Array(9);
  get seqNum(): number { return this.#words[0]! >>> 0; }
  set seqNum(value: number) { this.#words[0] = value; }
  get elemCount(): number { return this.#words[1]! >>> 0; }
  set elemCount(value: number) { this.#words[1] = value; }
  get headerVersion(): number { return this.#words[2]! >>> 0; }
  set headerVersion(value: number) { this.#words[2] = value; }
  get signature(): number { return this.#words[3]! >>> 0; }
  set signature(value: number) { this.#words[3] = value; }
  get length(): number { return this.#words[4]! >>> 0; }
  set length(value: number) { this.#words[4] = value; }
  get function(): number { return this.#words[5]! >>> 0; }
  set function(value: number) { this.#words[5] = value; }
  get result(): number { return this.#words[6]! >>> 0; }
  set result(value: number) { this.#words[6] = value; }
  get resultPrivate(): number { return this.#words[7]! >>> 0; }
  set resultPrivate(value: number) { this.#words[7] = value; }
  get sequence(): number { return this.#words[8]! >>> 0; }
  set sequence(value: number) { this.#words[8] = value; }
}

/** A header to be filled again and again, without garbage. */
export function emptyHeader(): RecordHeader {
  return new HeaderWords();
}

/** Writes both headers at word `at`, the checksum field as zero. Words in between that are not named become zero. */
export function writeRecordHeader(profile: FramingProfile, words: Int32Array, at: number, header: RecordHeader): void {
  const { wire } = profile;
  for (let i = 0; i < wire.payload >>> 2; i++) words[at + i] = 0;
  words[at + (wire.seqNum >>> 2)] = header.seqNum;
  words[at + (wire.elemCount >>> 2)] = header.elemCount;
  words[at + (wire.headerVersion >>> 2)] = header.headerVersion;
  words[at + (wire.signature >>> 2)] = header.signature;
  words[at + (wire.length >>> 2)] = header.length;
  words[at + (wire.function >>> 2)] = header.function;
  words[at + (wire.result >>> 2)] = header.result;
  words[at + (wire.resultPrivate >>> 2)] = header.resultPrivate;
  words[at + (wire.sequence >>> 2)] = header.sequence;
}

/** Reads both headers at word `at` into `into`, each field once. */
export function readRecordHeader(profile: FramingProfile, words: Int32Array, at: number, into: RecordHeader = emptyHeader()): RecordHeader {
  const { wire } = profile;
  into.seqNum = words[at + (wire.seqNum >>> 2)]! >>> 0;
  into.elemCount = words[at + (wire.elemCount >>> 2)]! >>> 0;
  into.headerVersion = words[at + (wire.headerVersion >>> 2)]! >>> 0;
  into.signature = words[at + (wire.signature >>> 2)]! >>> 0;
  into.length = words[at + (wire.length >>> 2)]! >>> 0;
  into.function = words[at + (wire.function >>> 2)]! >>> 0;
  into.result = words[at + (wire.result >>> 2)]! >>> 0;
  into.resultPrivate = words[at + (wire.resultPrivate >>> 2)]! >>> 0;
  into.sequence = words[at + (wire.sequence >>> 2)]! >>> 0;
  return into;
}

/** `ELEMENT_RANGE` or `INCOMPLETE`: nothing can be said about a record whose entries are not known. */
export function entriesFault({ elemCount, function: fn, sequence }: RecordHeader, available: number): GspRpcError | undefined {
  if (elemCount < 1 || elemCount > elementEntries) {
    return new GspRpcError('ELEMENT_RANGE', 'impossible number of entries', {
      field: 'elemCount', value: elemCount, allowed: `1..${elementEntries}`, function: fn, sequence,
    });
  }
  if (elemCount <= available) return undefined;
  return new GspRpcError('INCOMPLETE', 'more entries declared than published', {
    field: 'elemCount', value: elemCount, allowed: `1..${available}`, function: fn, sequence,
  });
}

/** `LENGTH` or `ELEMENT_COUNT`: the sizes that a header declares, before anything else of the record is touched. */
export function sizeFault({ wire }: FramingProfile, { elemCount, length, function: fn, sequence }: RecordHeader): GspRpcError | undefined {
  const rpcHeader = wire.payload - wire.element;
  const largest = elementEntries * entrySize - wire.element;
  if (length < rpcHeader || length > largest) {
    return new GspRpcError('LENGTH', 'impossible record length', {
      field: 'length', value: length, allowed: `0x${rpcHeader.toString(16)}..0x${largest.toString(16)}`, function: fn, sequence,
    });
  }
  const needed = entriesOf(wire.element + length);
  if (needed === elemCount) return undefined;
  return new GspRpcError('ELEMENT_COUNT', 'number of entries does not match the length', {
    field: 'elemCount', value: elemCount, allowed: String(needed), function: fn, sequence,
  });
}

export function checksumFault(header: RecordHeader, sum: number): GspRpcError | undefined {
  if (sum === 0) return undefined;
  return new GspRpcError('CHECKSUM', 'bad checksum', {
    field: 'checkSum', value: sum >>> 0, allowed: '0 over the whole message', function: header.function, sequence: header.sequence,
  });
}

/** `SEQUENCE`, or `OLD_ELEMENT` where the element is one that should have been taken before. */
export function sequenceFault(header: RecordHeader, expected: number): GspRpcError | undefined {
  if (header.seqNum === expected) return undefined;
  const old = header.seqNum < expected;
  return new GspRpcError(old ? 'OLD_ELEMENT' : 'SEQUENCE', old ? 'element from before' : 'element out of order', {
    field: 'seqNum', value: header.seqNum, allowed: String(expected), function: header.function,
  });
}

/** `RPC_VERSION` or `RPC_SIGNATURE`. */
export function rpcHeaderFault(header: RecordHeader): GspRpcError | undefined {
  if (header.headerVersion !== HEADER_VERSION) {
    return new GspRpcError('RPC_VERSION', 'unknown version of the RPC header', {
      field: 'header_version', value: header.headerVersion, allowed: '0x3000000', function: header.function,
    });
  }
  if (header.signature === SIGNATURE) return undefined;
  return new GspRpcError('RPC_SIGNATURE', 'wrong signature of the RPC header', {
    field: 'signature', value: header.signature, allowed: '0x43505256', function: header.function,
  });
}

/** Words before the checksum, which only confidential computing uses. */
export const AUTHENTICATION = 8;

/** `AUTH_TAG`: something stands before the checksum of the record at word `at`. */
export function authenticationFault(words: Int32Array, at: number, fn: number): GspRpcError | undefined {
  for (let i = 0; i < AUTHENTICATION; i++) {
    if (words[at + i] === 0) continue;
    return new GspRpcError('AUTH_TAG', 'authentication data without confidential computing', {
      field: `${i < 4 ? 'authTagBuffer' : 'aadBuffer'}[${(i % 4) * 4}]`, value: words[at + i]! >>> 0, allowed: '0', function: fn,
    });
  }
  return undefined;
}

/** `PADDING`: the word behind `elemCount` of the record at word `at`. */
export function paddingFault({ wire }: FramingProfile, words: Int32Array, at: number, fn: number): GspRpcError | undefined {
  const value = words[at + (wire.elemCount >>> 2) + 1]! >>> 0;
  if (value === 0) return undefined;
  return new GspRpcError('PADDING', 'padding of the element header is not zero', { field: 'pad', value, allowed: '0', function: fn });
}

/**
 * Checksum of a record whose bytes lie in one piece from word `at`: over header and payload exactly. Bytes behind
 * the payload, even in its last word, do not count (nova leaves them as they were).
 *
 * A profile that sums whole elements accepts either: the sums differ only where a sender left stale bytes.
 */
export function recordSum(profile: FramingProfile, words: Int32Array, at: number, header: RecordHeader): number {
  const exact = xorBytes(words, at, profile.wire.element + header.length);
  if (exact === 0 || profile.checksum === 'message') return exact;
  return xorBytes(words, at, header.elemCount * entrySize);
}
