import { xorBytes } from './checksum.ts';
import { GspRpcError } from './errors.ts';
import type { FramingProfile } from './profile.ts';
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
  return Math.ceil((profile.wire.payload + length) / entrySize);
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

/** Writes both headers at word `at`, the checksum field as zero. Words in between that are not named become zero. */
export function writeRecordHeader(profile: FramingProfile, words: Int32Array, at: number, header: RecordHeader): void {
  const { wire } = profile;
  words.fill(0, at, at + (wire.payload >>> 2));
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

export function readRecordHeader(profile: FramingProfile, words: Int32Array, at: number): RecordHeader {
  const { wire } = profile;
  return {
    seqNum: words[at + (wire.seqNum >>> 2)]! >>> 0,
    elemCount: words[at + (wire.elemCount >>> 2)]! >>> 0,
    headerVersion: words[at + (wire.headerVersion >>> 2)]! >>> 0,
    signature: words[at + (wire.signature >>> 2)]! >>> 0,
    length: words[at + (wire.length >>> 2)]! >>> 0,
    function: words[at + (wire.function >>> 2)]! >>> 0,
    result: words[at + (wire.result >>> 2)]! >>> 0,
    resultPrivate: words[at + (wire.resultPrivate >>> 2)]! >>> 0,
    sequence: words[at + (wire.sequence >>> 2)]! >>> 0,
  };
}

/**
 * Checks the sizes that a header declares, before anything else of the record is touched.
 *
 * @param available - entries that the peer has published
 * @throws {@link GspRpcError} `ELEMENT_COUNT`, `LENGTH`
 */
export function checkRecordSize(profile: FramingProfile, header: RecordHeader, available: number): void {
  const { wire } = profile;
  const { elemCount, length } = header;
  const about = { function: header.function, sequence: header.sequence };
  if (elemCount < 1 || elemCount > elementEntries) {
    throw new GspRpcError('ELEMENT_COUNT', 'impossible number of entries', {
      field: 'elemCount', value: elemCount, allowed: `1..${elementEntries}`, ...about,
    });
  }
  if (elemCount > available) {
    throw new GspRpcError('ELEMENT_COUNT', 'more entries declared than published', {
      field: 'elemCount', value: elemCount, allowed: `1..${available}`, ...about,
    });
  }
  const header20 = wire.payload - wire.element;
  const largest = elementEntries * entrySize - wire.element;
  if (length < header20 || length > largest) {
    throw new GspRpcError('LENGTH', 'impossible record length', {
      field: 'length', value: length, allowed: `0x${header20.toString(16)}..0x${largest.toString(16)}`, ...about,
    });
  }
  const needed = Math.ceil((wire.element + length) / entrySize);
  if (needed !== elemCount) {
    throw new GspRpcError('ELEMENT_COUNT', 'number of entries does not match the length', {
      field: 'elemCount', value: elemCount, allowed: String(needed), ...about,
    });
  }
}

/** @throws {@link GspRpcError} `SEQUENCE` unless the element is the expected one. */
export function checkRecordSequence(header: RecordHeader, expected: number): void {
  if (header.seqNum !== expected) {
    throw new GspRpcError('SEQUENCE', 'element out of order', {
      field: 'seqNum', value: header.seqNum, allowed: String(expected), function: header.function,
    });
  }
}

/** @throws {@link GspRpcError} `RPC_HEADER` unless version and signature are right. */
export function checkRpcHeader(header: RecordHeader): void {
  if (header.headerVersion !== HEADER_VERSION) {
    throw new GspRpcError('RPC_HEADER', 'unknown version of the RPC header', {
      field: 'header_version', value: header.headerVersion, allowed: '0x3000000', function: header.function,
    });
  }
  if (header.signature !== SIGNATURE) {
    throw new GspRpcError('RPC_HEADER', 'wrong signature of the RPC header', {
      field: 'signature', value: header.signature, allowed: '0x43505256', function: header.function,
    });
  }
}

export function checksumError(header: RecordHeader, sum: number): GspRpcError {
  return new GspRpcError('CHECKSUM', 'bad checksum', {
    field: 'checkSum', value: sum >>> 0, allowed: '0 over the whole message',
    function: header.function, sequence: header.sequence,
  });
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
