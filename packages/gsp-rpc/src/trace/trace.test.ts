import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RpcMessage } from '../message.ts';
import { PENDING } from '../record.ts';
import type { TraceEntry } from './entry.ts';
import { TraceError } from './errors.ts';
import { createRecorder } from './recorder.ts';
import { readTrace, TraceReader } from './reader.ts';
import { answering, link } from './testing/link.ts';

function join(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  chunks.reduce((at, chunk) => {
    all.set(chunk, at);
    return at + chunk.length;
  }, 0);
  return all;
}

/** The file that a recorder writes for these entries. */
function fileOf(entries: readonly TraceEntry[]): Uint8Array {
  const chunks: Uint8Array[] = [];
  let time = 0;
  const recorder = createRecorder({ now: () => time, write: (bytes) => chunks.push(bytes) });
  for (const entry of entries) {
    ({ time } = entry);
    if (entry.kind === 'note') recorder.note(entry.text);
    else recorder.tap(entry.direction, entry, entry.release);
  }
  expect(recorder.failure).toBeUndefined();
  expect(recorder.bytes).toBe(join(chunks).length);
  return join(chunks);
}

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const time = fc.oneof(fc.integer({ min: 0, max: 1e9 }), fc.maxSafeNat());
const printable = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 60 });
const entry: fc.Arbitrary<TraceEntry> = fc.oneof(
  { weight: 4, arbitrary: fc.record({
    kind: fc.constant('message' as const), time, direction: fc.constantFrom('command', 'status'), release: fc.constantFrom('535.113.01', '570.144', '580.105.08'),
    function: u32, result: u32, sequence: u32, payload: fc.uint8Array({ maxLength: 300 }),
  }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('note' as const), time, text: printable }) },
);

describe('the file', () => {
  test('what was recorded is read back, in pieces of any size', () => {
    fc.assert(fc.property(fc.array(entry, { maxLength: 20 }), fc.integer({ min: 1, max: 500 }), (entries, piece) => {
      const file = fileOf(entries);
      expect(readTrace(file)).toEqual({ entries, stopped: undefined });
      const reader = new TraceReader();
      const out: TraceEntry[] = [];
      for (let at = 0; at < file.length; at += piece) reader.push(file.subarray(at, at + piece), (each) => out.push(each));
      reader.finish();
      expect(out).toEqual(entries);
    }));
  });

  test('a file that was cut is read up to the cut', () => {
    fc.assert(fc.property(fc.array(entry, { minLength: 1, maxLength: 8 }), fc.double({ min: 0, max: 1, noNaN: true }), (entries, part) => {
      const file = fileOf(entries);
      const length = 16 + Math.floor((file.length - 16) * part);
      const { entries: read, stopped } = readTrace(file.subarray(0, length));
      expect(read).toEqual(entries.slice(0, read.length));
      // Nothing that is there as a whole is lost, and a cut is told unless it falls between two records; one of them may name a release.
      const rest = fileOf(entries.slice(0, read.length)).length;
      if (stopped === undefined) expect([0, 16 + '570.144'.length, 16 + '535.113.01'.length]).toContain(length - rest);
      else expect(stopped).toMatchObject({ code: 'CUT' });
      if (length === file.length) expect(read).toHaveLength(entries.length);
    }));
  });

  test('its bytes, written out', () => {
    const file = fileOf([{ kind: 'message', time: 0x1_0000_0002, direction: 'status', release: '570.144', function: 0x1001, result: 0, sequence: 7, payload: Uint8Array.of(0xaa) }]);
    const hex = [...file].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    expect(hex).toBe(
      '894753500d0a1a0a0100100000000000'
      + '17000000010000000200000001000000' + '3537302e313434'
      + '1d000000030000000200000001000000' + '011000000000000007000000' + 'aa',
    );
  });

  test('kinds that are not known yet, and a longer header, are passed over', () => {
    const file = fileOf([{ kind: 'note', time: 1, text: 'x' }]);
    const later = join([file.subarray(0, 10), Uint8Array.of(20, 0, 0, 0, 0, 0, 9, 9, 9, 9), Uint8Array.of(18, 0, 0, 0, 99, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2), file.subarray(16)]);
    expect(readTrace(later).entries).toEqual([{ kind: 'note', time: 1, text: 'x' }]);
  });

  test('other files are refused by name', () => {
    const file = fileOf([]);
    const changed = (at: number, byte: number): Uint8Array => file.map((old, i) => (i === at ? byte : old));
    expect(() => readTrace(new Uint8Array(0))).toThrow(expect.objectContaining({ code: 'NOT_A_TRACE' }));
    expect(() => readTrace(file.subarray(0, 12))).toThrow(expect.objectContaining({ code: 'NOT_A_TRACE' }));
    expect(() => readTrace(changed(4, 0x0a))).toThrow(expect.objectContaining({ code: 'NOT_A_TRACE', at: 4 }));
    expect(() => readTrace(changed(8, 2))).toThrow(expect.objectContaining({ code: 'FORMAT_VERSION' }));
  });

  test('a record that no recorder writes ends the reading, with what was before', () => {
    const note: TraceEntry = { kind: 'note', time: 5, text: 'before' };
    const message: TraceEntry = { kind: 'message', time: 6, direction: 'command', release: '570.144', function: 1, result: 0, sequence: 0, payload: new Uint8Array(0) };
    const file = fileOf([note, message]);
    const at = fileOf([note]).length;
    const withSize = (size: number): Uint8Array => join([file.subarray(0, at), new Uint8Array(Uint32Array.of(size).buffer), file.subarray(at + 4)]);
    for (const size of [0, 15, 0x7fffffff]) expect(readTrace(withSize(size))).toMatchObject({ entries: [note], stopped: { code: 'RECORD', at } });
    // A message without a release before it.
    const release = 16 + '570.144'.length;
    const without = join([file.subarray(0, at), file.subarray(at + release)]);
    expect(readTrace(without)).toMatchObject({ entries: [note], stopped: { code: 'RECORD' } });
  });

  test('arbitrary bytes: typed errors, entries no larger than the file', () => {
    const header = fileOf([]);
    const noise = fc.oneof(fc.uint8Array({ maxLength: 400 }), fc.tuple(fc.array(entry, { maxLength: 5 }), fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 4 })).map(([entries, edits]) => {
      const file = fileOf(entries);
      for (const [at, byte] of edits) if (at < file.length) file[at] = byte;
      return file;
    }), fc.uint8Array({ maxLength: 400 }).map((rest) => join([header, rest])));
    fc.assert(fc.property(noise, (bytes) => {
      try {
        const { entries } = readTrace(bytes);
        expect(entries.reduce((sum, each) => sum + (each.kind === 'note' ? each.text.length : each.payload.length) + 16, 16)).toBeLessThanOrEqual(bytes.length);
      } catch (error) {
        expect(error).toBeInstanceOf(TraceError);
      }
    }), { numRuns: 1000 });
  });
});

describe('the recorder', () => {
  test('goes silent when it cannot write, and lets the driver go on', () => {
    const recorder = createRecorder({ now: () => 0, write: (bytes) => { if (bytes.length > 16) throw new Error('disk full'); } });
    recorder.tap('command', { function: 1, result: 0, sequence: 0, payload: new Uint8Array(0) }, '570.144');
    recorder.note('later');
    expect(recorder).toMatchObject({ messages: 0, bytes: 16 });
    expect(recorder.failure).toMatchObject({ message: 'disk full' });
  });

  test('hears the same at either end, large messages whole', async () => {
    const listen = () => {
      const chunks: Uint8Array[] = [];
      const recorder = createRecorder({ now: () => 0, write: (bytes) => chunks.push(bytes) });
      return { tap: recorder.tap, file: () => join(chunks), entries: () => readTrace(join(chunks)).entries };
    };
    const atDriver = listen();
    const atFirmware = listen();
    const event: RpcMessage = { function: 0x1006, result: 0, sequence: 0, payload: Uint8Array.of(1, 2, 3) };
    const both = link({ tap: atDriver.tap, serve: answering((request) => (request.function === 72 ? [] : [event, { ...request, result: 0 }]), atFirmware.tap) });
    await both.driver.send(72, new Uint8Array(0x3a0));
    const large = new Uint8Array(0x18 + 0x30000).fill(7);
    new DataView(large.buffer).setUint32(0x10, 0x30000, true);
    await both.driver.call(76, large);
    expect(Buffer.compare(atDriver.file(), atFirmware.file())).toBe(0);
    expect(atDriver.entries().map((each) => each.kind === 'message' && [each.direction, each.function, each.result, each.payload.length])).toEqual([
      ['command', 72, PENDING, 0x3a0], ['command', 76, PENDING, large.length], ['status', 0x1006, 0, 3], ['status', 76, 0, large.length],
    ]);
  });
});
