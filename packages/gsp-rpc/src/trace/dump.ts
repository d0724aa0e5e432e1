import { PENDING } from '../record.ts';
import { PROFILE_535_113_01 } from '../r535_113_01.ts';
import { SHARED_MEMORY } from '../shared-memory.ts';
import type { Direction } from '../tap.ts';
import { joinRecords, readRing, type DumpMessage, type DumpRecord } from './dump-ring.ts';
import { HEADER_FIELDS, readQueueHeader, type DumpHeader } from './dump-header.ts';

/** A queue in a dump. */
export interface DumpQueue {
  readonly role: Direction | 'unknown';
  /** Bytes from the start of the dump. */
  readonly offset: number;
  readonly header: DumpHeader;
  /** Where this queue's reader stands, which the other queue's page tells; undefined when that is not in the dump. */
  readonly readPtr: number | undefined;
  /** Records between the read pointer and the write pointer, in order. */
  readonly inFlight: readonly DumpRecord[];
  /** Records that were read long ago and not overwritten yet, oldest first. With no read pointer known, all of them. */
  readonly past: readonly DumpRecord[];
  /** Both, past first, continuation records joined. */
  readonly messages: readonly DumpMessage[];
}

/** What a page table in front of the queues says. */
export interface DumpPageTable {
  /** Bus address per page of the block. */
  readonly pages: readonly number[];
  readonly contiguous: boolean;
}

/** A block of shared memory as it was found. */
export interface Dump {
  readonly size: number;
  readonly pageTable: DumpPageTable | undefined;
  readonly queues: readonly DumpQueue[];
  /** Everything that is wrong with page table, headers and pointers; records have their own. */
  readonly flaws: readonly string[];
}

const { pageSize, queueSize, commandQueue, statusQueue, size: BLOCK } = SHARED_MEMORY;

/** Sizes of dumps that tell by themselves where the queues are. */
const SHAPES: Readonly<Record<number, readonly number[]>> = {
  [BLOCK]: [commandQueue, statusQueue],
  [2 * queueSize]: [0, queueSize],
  [queueSize]: [0],
};

/** A dump does not say its release; headers are the same in all, and this one takes either checksum. */
const PROFILE = PROFILE_535_113_01;
/** Most bytes that are looked at: 16 MiB, as many pages as a page table may name. */
const MAX_DUMP = 0x100_0000;
/** Most flaws that are listed. */
const MAX_FLAWS = 64;

/**
 * Reads the shared block as a debugger or a crash tool saved it: the whole block, both queues without the page table, one queue, or
 * anything else in which queue headers stand on page boundaries. Nothing is trusted and nothing is thrown: what is wrong is listed.
 */
export function readDump(bytes: Uint8Array): Dump {
  const flaws: string[] = [];
  if (bytes.length > MAX_DUMP) flaws.push(`only the first 0x${MAX_DUMP.toString(16)} of 0x${bytes.length.toString(16)} bytes were looked at`);
  // A copy starts at a multiple of four and is nobody's to change meanwhile.
  const copy = bytes.slice(0, MAX_DUMP - (MAX_DUMP % 4));
  const padded = copy.length % 4 === 0 ? copy : grown(copy);
  const words = new Int32Array(padded.buffer, 0, padded.length >>> 2);

  const offsets = queueOffsets(words, copy.length);
  if (offsets.length === 0) flaws.push('no queue header on any page boundary');
  const pageTable = offsets.length > 0 && offsets[0]! >= pageSize ? readTable(words, offsets[0]!, flaws) : undefined;
  const headers = offsets.map((offset, index) => {
    const room = (offsets[index + 1] ?? copy.length) - offset;
    const header = readQueueHeader(words, offset, room);
    for (const flaw of header.flaws) flaws.push(`queue at 0x${offset.toString(16)}: ${flaw}`);
    return header;
  });
  const queues = offsets.map((offset, index) => {
    const header = headers[index]!;
    const other = headers.length === 2 ? headers[1 - index]! : undefined;
    // Read pointers are swapped: each side writes its own page only.
    let readPtr = other?.fields.readPtr;
    if (readPtr !== undefined && readPtr >= header.entries) {
      flaws.push(`queue at 0x${offset.toString(16)}: its reader stands at ${readPtr}, outside 0..${header.entries - 1}`);
      readPtr = undefined;
    }
    const { inFlight, past } = readRing(PROFILE, padded, words, offset, header, readPtr);
    const messages = joinRecords(PROFILE, past, inFlight);
    return { role: 'unknown' as const, offset, header, readPtr, inFlight, past, messages };
  });
  return { size: bytes.length, pageTable, queues: withRoles(queues), flaws: flaws.slice(0, MAX_FLAWS) };
}

function grown(bytes: Uint8Array): Uint8Array {
  const all = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  all.set(bytes);
  return all;
}

/** At most two: where headers stand, else where they stand in a dump of this size. */
function queueOffsets(words: Int32Array, size: number): number[] {
  const found: number[] = [];
  for (let at = 0; at + pageSize <= size && found.length < 2; at += pageSize) {
    const word = (name: keyof typeof HEADER_FIELDS): number => words[at / 4 + HEADER_FIELDS[name]]! >>> 0;
    if (word('msgSize') !== pageSize || word('entryOff') !== pageSize || word('rxHdrOff') !== 0x20) continue;
    found.push(at);
    const told = word('size');
    // What looks like a header inside the entries is somebody's payload.
    if (told >= 2 * pageSize && told % pageSize === 0) at += told - pageSize;
  }
  const usual = SHAPES[size] ?? [];
  if (found.length >= usual.length) return found;
  // A queue whose owner has not come up has no header yet.
  return found.every((at) => usual.includes(at)) ? [...usual] : found;
}

function readTable(words: Int32Array, before: number, flaws: string[]): DumpPageTable {
  const pages: number[] = [];
  const last = Math.min(before / 8, SHARED_MEMORY.pages * 32);
  let contiguous = true;
  for (let i = 0; i < last; i++) {
    const address = (words[i * 2]! >>> 0) + (words[i * 2 + 1]! >>> 0) * 0x1_0000_0000;
    if (address === 0 && i > 0) break;
    if (i >= SHARED_MEMORY.pages && address === pages[0]! + i * pageSize) continue;
    if (address % pageSize !== 0 || address > Number.MAX_SAFE_INTEGER) flaws.push(`page table: entry ${i} is 0x${address.toString(16)}, no page address`);
    if (i > 0 && address !== pages[i - 1]! + pageSize) contiguous = false;
    pages.push(address);
  }
  return { pages, contiguous };
}

/** The command queue comes first; a queue alone is known by its records: requests have no result yet. */
function withRoles(queues: readonly DumpQueue[]): DumpQueue[] {
  if (queues.length === 2) return queues.map((queue, index) => ({ ...queue, role: index === 0 ? 'command' : 'status' }));
  return queues.map((queue) => {
    const records = [...queue.past, ...queue.inFlight];
    if (records.length === 0) return queue;
    const pending = records.filter(({ header }) => header.result === PENDING).length;
    return { ...queue, role: pending * 2 > records.length ? 'command' : 'status' };
  });
}
