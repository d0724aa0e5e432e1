import { declaredLength } from '../continuation.ts';
import type { RpcMessage } from '../message.ts';
import type { FramingProfile } from '../profile.ts';
import { entriesFault, readRecordHeader, recordSum, rpcHeaderFault, SIGNATURE, sizeFault, type RecordHeader } from '../record.ts';
import { SHARED_MEMORY } from '../shared-memory.ts';
import type { DumpHeader } from './dump-header.ts';

/** An element of a ring as it was found. */
export interface DumpRecord {
  /** Its first entry in the ring. */
  readonly entry: number;
  /** Entries that it takes, as far as that can be told. */
  readonly entries: number;
  readonly header: RecordHeader;
  /** As much of it as is there, a copy. */
  readonly payload: Uint8Array;
  /** What a strict receiver would say. */
  readonly flaws: readonly string[];
}

/** A message of a dump: a record with its continuations. */
export interface DumpMessage extends RpcMessage {
  readonly state: 'in flight' | 'past';
  readonly entry: number;
  /** Transport sequence number of its first record. */
  readonly seqNum: number;
  readonly flaws: readonly string[];
}

const { entrySize, elementEntries } = SHARED_MEMORY;

/** The records between the pointers, and those behind the read pointer that nothing has overwritten. */
export function readRing(
  profile: FramingProfile, bytes: Uint8Array, words: Int32Array, offset: number, { fields, entries }: DumpHeader, readPtr: number | undefined,
): { readonly inFlight: DumpRecord[]; readonly past: DumpRecord[] } {
  const inFlight: DumpRecord[] = [];
  const past: DumpRecord[] = [];
  if (entries < 1) return { inFlight, past };
  const write = fields.writePtr % entries;
  const read = readPtr ?? write;
  const waiting = (write + entries - read) % entries;
  const at = (entry: number, available: number): DumpRecord => readRecord(profile, bytes, words, offset, entries, entry, available);
  for (let step = 0; step < waiting;) {
    const record = at((read + step) % entries, waiting - step);
    inFlight.push(record);
    step += record.entries;
  }
  // Whatever stands from the write pointer on was written one turn of the ring ago.
  const old = entries - waiting;
  for (let step = 0; step < old;) {
    const entry = (write + step) % entries;
    const word = (offset + entrySize * (1 + entry) + profile.wire.signature) >>> 2;
    if (words[word]! >>> 0 !== SIGNATURE) {
      step++;
      continue;
    }
    const record = at(entry, old - step);
    past.push(record);
    // A record whose size is wrong must not hide what follows.
    step += record.flaws.length === 0 ? record.entries : 1;
  }
  return { inFlight, past };
}

function readRecord(
  profile: FramingProfile, bytes: Uint8Array, words: Int32Array, offset: number, count: number, entry: number, available: number,
): DumpRecord {
  const { wire } = profile;
  const start = offset + entrySize * (1 + entry);
  const header = readRecordHeader(profile, words, start >>> 2);
  const found = [entriesFault(header, available) ?? sizeFault(profile, header), rpcHeaderFault(header)];
  const flaws = found.flatMap((fault) => (fault === undefined ? [] : [fault.message]));
  const told = Math.max(wire.payload, wire.element + header.length);
  const sensible = flaws.length === 0 ? header.elemCount : Math.ceil(told / entrySize);
  const entries = Math.max(1, Math.min(sensible, elementEntries, available));
  const element = new Int32Array(entries * entrySize / 4);
  const copy = new Uint8Array(element.buffer);
  const first = Math.min(entries, count - entry) * entrySize;
  copy.set(bytes.subarray(start, start + first));
  if (first < copy.length) copy.set(bytes.subarray(offset + entrySize, offset + entrySize + copy.length - first), first);
  if (flaws.length === 0 && recordSum(profile, element, 0, header) !== 0) flaws.push('CHECKSUM: bad checksum');
  // Records that overlap because their sizes lie are kept short, else a dump could make far more of itself.
  const reach = flaws.length === 0 ? copy.length : entrySize;
  return { entry, entries, header, payload: copy.slice(wire.payload, Math.min(reach, told)), flaws };
}

/** Joins continuation records to the record before them; what cannot be joined stays alone and says so. */
export function joinRecords(profile: FramingProfile, past: readonly DumpRecord[], inFlight: readonly DumpRecord[]): DumpMessage[] {
  const out: DumpMessage[] = [];
  let open: { message: DumpMessage; parts: Uint8Array[]; length: number; due: number; next: number } | undefined;
  const close = (): void => {
    if (open === undefined) return;
    const { message, parts, length, due } = open;
    const payload = new Uint8Array(length);
    parts.reduce((at, part) => {
      payload.set(part, at);
      return at + part.length;
    }, 0);
    const missing = due > length ? [`${due - length} bytes of continuation records are not there`] : [];
    out.push({ ...message, payload, flaws: [...message.flaws, ...missing] });
    open = undefined;
  };
  const take = (record: DumpRecord, state: DumpMessage['state']): void => {
    const { header, payload, flaws, entry } = record;
    if (header.function === profile.continuation && header.seqNum === open?.next && open.length < open.due) {
      open.parts.push(payload);
      open.length += payload.length;
      open.next = (open.next + 1) >>> 0;
      open.message = { ...open.message, state, flaws: [...open.message.flaws, ...flaws] };
      return;
    }
    close();
    const orphan = header.function === profile.continuation ? ['a continuation record whose first record is not there'] : [];
    const message: DumpMessage = {
      function: header.function, result: header.result, sequence: header.sequence, payload, state, entry, seqNum: header.seqNum, flaws: [...flaws, ...orphan],
    };
    const full = payload.length === elementEntries * entrySize - profile.wire.payload;
    open = { message, parts: [payload], length: payload.length, due: full ? declaredLength(profile, header.function, payload) : 0, next: (header.seqNum + 1) >>> 0 };
  };
  for (const record of past) take(record, 'past');
  for (const record of inFlight) take(record, 'in flight');
  close();
  return out;
}

/** The release whose driver or firmware wrote these messages, by the size of what it says about itself; undefined where none does. */
export function guessRelease(messages: readonly RpcMessage[]): string | undefined {
  for (const { function: fn, payload } of messages) {
    const release = SIZES[fn]?.[payload.length];
    if (release !== undefined) return release;
  }
  return undefined;
}

/** Function, then payload bytes: GSP_SET_SYSTEM_INFO and GET_GSP_STATIC_INFO grew with the releases. */
const SIZES: Readonly<Record<number, Readonly<Record<number, string>>>> = {
  72: { 0x298: '535.113.01', 0x3a0: '570.144', 0x3a8: '580.105.08' },
  65: { 0x878: '535.113.01', 0x678: '570.144', 0x700: '580.105.08' },
};
