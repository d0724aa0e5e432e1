import { Buffer } from 'node:buffer';
import { getHeapStatistics } from 'node:v8';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Strictness } from './checks.ts';
import type { GspRpcError } from './errors.ts';
import { openRingReader, openRingWriter } from './open-rings.ts';
import type { FramingProfile } from './profile.ts';
import { PROFILE_535_113_01 } from './r535_113_01.ts';
import { PROFILE_570_144 } from './r570_144.ts';
import { PROFILE_580_105_08 } from './r580_105_08.ts';
import { HEADER_VERSION, PENDING, readRecordHeader, recordEntries, recordPayload, SIGNATURE, writeRecordHeader } from './record.ts';
import type { RingReader } from './ring-reader.ts';
import { createRecord } from './ring-record.ts';
import type { RingWriter } from './ring-writer.ts';
import { initSharedMemory, SHARED_MEMORY, wordsOf } from './shared-memory.ts';
import { readShort, writeShortFrame, writeShortHeader } from './short-record.ts';

const PROFILES = [PROFILE_535_113_01, PROFILE_570_144, PROFILE_580_105_08];
const ADDRESS = 0x10_0000;
const FUNCTION = 10; // FREE: its messages never span records.
const { entries: COUNT, entrySize, commandQueue } = SHARED_MEMORY;

const bytes = (length: number, seed: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 7 + (i >> 8)) & 0xff);
/** Compares without vitest's walk over every element. */
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

interface Ends {
  readonly memory: Uint8Array;
  readonly writer: RingWriter;
  readonly reader: RingReader;
}

function ends(profile: FramingProfile, buffer: ArrayBufferLike = new ArrayBuffer(SHARED_MEMORY.size), strictness?: Strictness): Ends {
  const memory = new Uint8Array(buffer);
  initSharedMemory(memory, ADDRESS);
  const ring = { profile, memory, queue: 'command' } as const;
  return { memory, writer: openRingWriter(ring), reader: openRingReader({ ...ring, ...(strictness && { strictness }) }) };
}

/** A queue as anybody would write it down: what was sent and not taken yet. */
class Model {
  readonly waiting: { fn: number; result: number; sequence: number; payload: Uint8Array; entries: number }[] = [];

  get room(): number {
    return COUNT - 1 - this.waiting.reduce((sum, { entries }) => sum + entries, 0);
  }
}

const size = fc.oneof(
  fc.integer({ min: 0, max: 200 }), fc.integer({ min: 400, max: 460 }), fc.integer({ min: 3900, max: 4200 }), fc.integer({ min: 0xffa0, max: 0xffb0 }), fc.integer({ min: 0, max: 0xffb0 }),
);
const act = fc.oneof(
  fc.record({ act: fc.constantFrom('put' as const, 'putRecord' as const), size, sequence: fc.constantFrom(0, 1, 0xffffffff), result: fc.constantFrom(0, 0x55, PENDING) }),
  fc.record({ act: fc.constantFrom('take' as const, 'read' as const, 'drain' as const) }),
);

describe.each(PROFILES.flatMap((profile) => [['own memory', profile, ArrayBuffer], ['shared memory', profile, SharedArrayBuffer]] as const))(
  'a ring in %s, by $release', (_where, profile, Memory) => {
    test('does what a queue does: in order, complete, as much as fits and no more, at any wrap position', () => {
      fc.assert(fc.property(fc.integer({ min: 0, max: COUNT - 1 }), fc.array(act, { maxLength: 150 }), (start, acts) => {
        const { writer, reader } = ends(profile, new Memory(SHARED_MEMORY.size));
        const model = new Model();
        const record = createRecord();
        const outgoing = createRecord();
        const check = (how: 'take' | 'read'): void => {
          const due = model.waiting.shift();
          if (how === 'take') {
            const message = reader.take();
            expect(message && [message.function, message.result, message.sequence]).toEqual(due && [due.fn, due.result, due.sequence]);
            if (due !== undefined) expect(same(message!.payload, due.payload)).toBe(true);
            return;
          }
          expect(reader.readRecord(record)).toBe(due !== undefined);
          if (due === undefined) return;
          expect([record.function, record.result, record.sequence, record.length]).toEqual([due.fn, due.result, due.sequence, due.payload.length]);
          expect(same(record.bytes.subarray(0, record.length), due.payload)).toBe(true);
        };
        for (let i = 0; i < start; i++) {
          writer.put(FUNCTION, 0, 0, bytes(8, i), 0, 8);
          reader.take();
        }
        for (const [i, each] of acts.entries()) {
          if (each.act === 'take' || each.act === 'read') check(each.act);
          else if (each.act === 'drain') while (model.waiting.length > 0) check('read');
          if ('size' in each) {
            const entries = recordEntries(profile, each.size);
            expect(writer.fits(each.size)).toBe(entries <= model.room);
            if (entries > model.room) continue;
            const payload = bytes(each.size, i);
            if (each.act === 'put') writer.put(FUNCTION, each.result, each.sequence, payload, 0, each.size);
            else {
              Object.assign(outgoing, { function: FUNCTION, result: each.result, sequence: each.sequence, length: each.size });
              // What lies behind the payload is of no account.
              outgoing.bytes.fill(0xa5);
              outgoing.bytes.set(payload);
              writer.putRecord(outgoing);
            }
            model.waiting.push({ fn: FUNCTION, result: each.result, sequence: each.sequence, payload, entries });
          }
        }
        while (model.waiting.length > 0) check('take');
        expect(reader.take()).toBeUndefined();
        expect(writer.write).toBe(reader.read);
      }), { numRuns: 40 });
    });
  },
);

describe('short records, which have a way of their own', () => {
  const short = fc.integer({ min: 0, max: 0x1b0 });

  test('stand in the ring as any other record would', () => {
    fc.assert(fc.property(fc.integer(), short, fc.nat(0xffff), fc.constantFrom(0, 0x55, PENDING), fc.integer({ min: 0, max: 0xffffffff }), (seqNum, length, fn, result, sequence) => {
      const words = new Int32Array(32).fill(-1);
      writeShortFrame(words, 3);
      const sum = writeShortHeader(words, 3, seqNum, length, fn, result, sequence);
      const expected = new Int32Array(32).fill(-1);
      const header = { seqNum, elemCount: 1, headerVersion: HEADER_VERSION, signature: SIGNATURE, length: 0x20 + length, function: fn, result, resultPrivate: result === PENDING ? PENDING : 0, sequence };
      writeRecordHeader(PROFILE_570_144, expected, 3, header);
      expect(words).toEqual(expected);
      expect(sum).toBe(expected.slice(3, 23).reduce((a, b) => a ^ b, 0));
      expect(readRecordHeader(PROFILE_570_144, words, 3)).toMatchObject({ ...header, seqNum: seqNum >>> 0 });
    }));
  });

  test.each(PROFILES)('leave nothing of what lay in their entries before, by $release', (profile) => {
    fc.assert(fc.property(fc.array(fc.constantFrom(0x21, 0x1800), { minLength: 60, maxLength: 90 }), (lengths) => {
      const { writer, reader } = ends(profile);
      const record = createRecord();
      for (const [i, length] of lengths.entries()) {
        const payload = bytes(length, i);
        writer.put(76, PENDING, i, payload, 0, length);
        expect(reader.readRecord(record)).toBe(true);
        expect([record.sequence, record.length]).toEqual([i, length]);
        expect(same(record.bytes.subarray(0, length), payload)).toBe(true);
      }
    }), { numRuns: 20, endOnFailure: true });
  });

  test.each(PROFILES)('are taken or refused as by a receiver who looks at each closely, by $release', (profile) => {
    // Somebody who listens makes the receiver go the long way.
    fc.assert(fc.property(short, fc.array(fc.record({ at: fc.nat(0x1ff), byte: fc.nat(255) }), { maxLength: 3 }), fc.boolean(), (length, pokes, sums) => {
      const outcome = (strictness?: Strictness): unknown => {
        const { memory, writer, reader } = ends(profile, undefined, strictness);
        writer.put(76, PENDING, 3, bytes(length, 1), 0, length);
        const entry = memory.subarray(commandQueue + entrySize, commandQueue + 2 * entrySize);
        for (const { at, byte } of pokes) entry[at] = byte;
        if (sums) {
          const words = wordsOf(entry);
          words[8] = 0;
          const told = Math.min(0x1000, 0x30 + words[14]!);
          const summed = entry.slice(0, 0x1000).fill(0, Math.max(0, told));
          words[8] = wordsOf(summed).reduce((a, b) => a ^ b, 0);
        }
        const record = createRecord();
        try {
          const there = reader.readRecord(record);
          return [there, record.function, record.result, record.sequence, [...record.bytes.subarray(0, record.length)], reader.read];
        } catch (error) {
          return [(error as GspRpcError).code, (error as GspRpcError).detail, reader.read];
        }
      };
      expect(outcome()).toEqual(outcome({ mode: 'strict', note: () => {} }));
    }), { numRuns: 400 });
  });

  test('are read as wire.ts has it, or not at all', () => {
    const { memory, writer } = ends(PROFILE_570_144);
    writer.put(76, 0x12, 9, bytes(33, 1), 0, 33);
    const record = createRecord();
    expect(readShort(wordsOf(memory), (commandQueue + entrySize) / 4, 0, record)).toBe(true);
    expect([record.function, record.result, record.sequence, record.length]).toEqual([76, 0x12, 9, 33]);
    const other = { ...PROFILE_570_144, wire: { ...PROFILE_570_144.wire, sequence: 0x4c } };
    const moved = ends(other);
    moved.writer.put(76, 0, 5, bytes(8, 1), 0, 8);
    expect(new DataView(moved.memory.buffer).getUint32(commandQueue + entrySize + 0x4c, true)).toBe(5);
    expect(moved.reader.take()).toMatchObject({ sequence: 5 });
  });
});

test('a record takes what fits 16 entries, and not one byte more', () => {
  const { memory, writer, reader } = ends(PROFILE_570_144);
  const most = recordPayload(PROFILE_570_144);
  expect(most).toBe(0xffb0);
  writer.put(FUNCTION, 0, 0, bytes(most, 1), 0, most);
  expect(same(reader.take()!.payload, bytes(most, 1))).toBe(true);
  const before = memory.slice();
  expect(() => { writer.put(FUNCTION, 0, 0, bytes(most + 1, 1), 0, most + 1); }).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }) as Error);
  expect(same(memory, before)).toBe(true);
});

describe('what the other end does wrong with pointers', () => {
  const pointer = (memory: Uint8Array, at: number, value: number): void => { new DataView(memory.buffer).setUint32(at, value, true); };
  const WRITE = commandQueue + 0x10;
  const READ = SHARED_MEMORY.statusQueue + 0x20;

  test('a pointer outside the ring, one that goes back', () => {
    const { memory, writer, reader } = ends(PROFILE_570_144);
    for (let i = 0; i < 3; i++) writer.put(FUNCTION, 0, 0, bytes(8, i), 0, 8);
    reader.take();
    pointer(memory, WRITE, COUNT);
    while (reader.read < 3) reader.take();
    expect(() => reader.take()).toThrow(expect.objectContaining({ code: 'RING_POINTER' }) as Error);
    for (let i = 0; i < 58; i++) writer.put(FUNCTION, 0, 0, bytes(8, i), 0, 8);
    pointer(memory, READ, 0xffffffff);
    expect(() => writer.fits(0x8000)).toThrow(expect.objectContaining({ code: 'RING_POINTER' }) as Error);
    // What the receiver has passed cannot lie before it again: less room than a moment ago.
    pointer(memory, READ, 62);
    expect(() => writer.fits(0x8000)).toThrow(expect.objectContaining({ code: 'RING_PROGRESS' }) as Error);
  });
});

describe('no garbage', () => {
  const MESSAGES = 100_000;

  test.each([
    ['64 bytes', 64, ArrayBuffer], ['64 bytes, shared', 64, SharedArrayBuffer],
    ['4 KiB', 4096, ArrayBuffer], ['4 KiB, shared', 4096, SharedArrayBuffer],
  ] as const)('%s through a ring: not one object per message', (_name, length, Memory) => {
    const { writer, reader } = ends(PROFILE_570_144, new Memory(SHARED_MEMORY.size));
    const record = createRecord();
    const payload = bytes(length, 1);
    const run = (messages: number): void => {
      for (let i = 0; i < messages; i++) {
        if (!writer.fits(length)) throw new Error('the queue is full');
        writer.put(76, PENDING, i, payload, 0, length);
        if (!reader.readRecord(record)) throw new Error('the queue is empty');
      }
    };
    // Views of the ring are made once, code is compiled, fields find their representation.
    run(20_000);
    // What the compiler itself leaves behind comes once: of several spells the one that left least is looked at.
    let least = Infinity;
    for (let spell = 0; spell < 5; spell++) {
      const before = getHeapStatistics().used_heap_size;
      run(MESSAGES / 5);
      const after = getHeapStatistics().used_heap_size;
      // A collection in between would hide what it collected.
      if (after >= before) least = Math.min(least, after - before);
    }
    // An object is 16 bytes at least.
    expect(least / (MESSAGES / 5)).toBeLessThan(1);
  });
});
