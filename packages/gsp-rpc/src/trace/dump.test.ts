import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { flush, queueMessage } from '../firmware-end.ts';
import { PROFILE_570_144 as profile } from '../r570_144.ts';
import { SHARED_MEMORY } from '../shared-memory.ts';
import { readDump } from './dump.ts';
import { guessRelease } from './dump-ring.ts';
import { answering, link } from './testing/link.ts';

const { commandQueue, statusQueue, queueSize } = SHARED_MEMORY;

/** A block in which two commands were answered, two more wait, and an event waits for the driver. */
async function block(): Promise<Uint8Array> {
  let up = true;
  const both = link({ serve: (ends) => { if (up) answering((request) => (request.function === 72 ? [] : [{ ...request, result: 0 }]))(ends); } });
  await both.driver.send(72, new Uint8Array(0x3a0));
  await both.driver.call(65, new Uint8Array(0x1678));
  up = false;
  await both.driver.send(73, new Uint8Array(8));
  await both.driver.send(47, new Uint8Array(8));
  queueMessage(both.state, { function: 0x1006, result: 0, sequence: 0, payload: new Uint8Array(0x110) });
  both.run(flush(profile, both.state));
  return both.memory;
}

const inShort = (bytes: Uint8Array) => readDump(bytes).queues.map(({ role, offset, readPtr, messages }) => ({
  role, offset, readPtr, messages: messages.map(({ state, function: fn, entry, payload }) => `${state} ${fn.toString(16)} at ${entry}, ${payload.length}`),
}));

describe('what a dump tells', () => {
  test('a whole block: page table, headers, pointers, what waits and what was', async () => {
    const dump = readDump(await block());
    expect(dump.flaws).toEqual([]);
    expect(dump.pageTable).toMatchObject({ contiguous: true });
    expect(dump.pageTable!.pages).toHaveLength(129);
    expect(dump.queues[0]!.header.fields).toEqual({ version: 0, size: 0x40000, msgSize: 0x1000, msgCount: 63, writePtr: 5, flags: 1, rxHdrOff: 0x20, entryOff: 0x1000, readPtr: 2 });
    expect(inShort(await block())).toEqual([
      { role: 'command', offset: 0x1000, readPtr: 3, messages: ['past 48 at 0, 928', 'past 41 at 1, 5752', 'in flight 49 at 3, 8', 'in flight 2f at 4, 8'] },
      { role: 'status', offset: 0x41000, readPtr: 2, messages: ['past 41 at 0, 5752', 'in flight 1006 at 2, 272'] },
    ]);
    expect(guessRelease(dump.queues.flatMap(({ messages }) => messages))).toBe('570.144');
  });

  test('the queues without the page table, and the bytes of any longer dump around them', async () => {
    const whole = inShort(await block());
    const queues = (await block()).subarray(0x1000);
    expect(inShort(queues)).toEqual(whole.map((queue) => ({ ...queue, offset: queue.offset - 0x1000 })));
    const longer = new Uint8Array(0x3000 + queues.length + 0x5000).fill(0xee);
    longer.set(queues, 0x3000);
    expect(inShort(longer)).toEqual(whole.map((queue) => ({ ...queue, offset: queue.offset + 0x2000 })));
  });

  test('one queue alone: nobody knows how far it was read', async () => {
    const memory = await block();
    expect(inShort(memory.slice(commandQueue, commandQueue + queueSize))).toEqual([
      { role: 'command', offset: 0, readPtr: undefined, messages: ['past 48 at 0, 928', 'past 41 at 1, 5752', 'past 49 at 3, 8', 'past 2f at 4, 8'] },
    ]);
    expect(inShort(memory.slice(statusQueue, statusQueue + queueSize))[0]).toMatchObject({ role: 'status' });
  });

  test('the dump is read as it is; nothing of it is changed', async () => {
    const memory = await block();
    const before = memory.slice();
    readDump(memory);
    expect(Buffer.compare(memory, before)).toBe(0);
  });

  test('a ring that went around several times, with a message over its end, and large messages', async () => {
    const both = link({ serve: answering((request) => [{ ...request, result: 0, payload: new Uint8Array(0) }]) });
    for (let i = 0; i < 40; i++) await both.driver.call(47, new Uint8Array(0x1800));
    const large = new Uint8Array(0x18 + 0x18000);
    new DataView(large.buffer).setUint32(0x10, 0x18000, true);
    await both.driver.call(76, large);
    const dump = readDump(both.memory);
    expect(dump.flaws).toEqual([]);
    const [commands] = dump.queues;
    expect(commands!.inFlight).toEqual([]);
    const last = commands!.messages.at(-1)!;
    expect([last.function, last.payload.length, last.flaws, last.seqNum]).toEqual([76, large.length, [], 40]);
    // What the newest message has half overwritten is not passed off as whole.
    expect(commands!.messages.filter(({ flaws }) => flaws.length > 0).length).toBeLessThanOrEqual(1);
    const numbers = commands!.messages.map(({ seqNum }) => seqNum);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(commands!.past.some(({ entry, entries }) => entry + entries > 63)).toBe(true);
  });
});

describe('what is wrong is listed', () => {
  const changed = async (at: number, value: number): Promise<ReturnType<typeof readDump>> => {
    const memory = await block();
    new DataView(memory.buffer).setUint32(at, value, true);
    return readDump(memory);
  };

  test.each([
    ['a header field', commandQueue + 0x00, 7, 'queue at 0x1000: version is 0x7 instead of 0x0'],
    ['the number of entries', statusQueue + 0x0c, 64, 'queue at 0x41000: msgCount is 0x40 instead of 0x3f'],
    ['a write pointer', commandQueue + 0x10, 63, 'queue at 0x1000: writePtr is 63, outside 0..62'],
    ['a read pointer', statusQueue + 0x20, 99, 'queue at 0x1000: its reader stands at 99, outside 0..62'],
    ['a page', 8 * 5, 0x123, 'page table: entry 5 is 0x123, no page address'],
  ])('%s', async (_, at, value, flaw) => {
    expect((await changed(at, value)).flaws).toContain(flaw);
  });

  test.each([
    ['an element that declares too much', 0x28, 17, /^ELEMENT_RANGE/],
    ['a length', 0x38, 0x2000, /^ELEMENT_COUNT/],
    ['the signature', 0x34, 1, /^RPC_SIGNATURE/],
    ['the checksum', 0x20, 1, /^CHECKSUM/],
  ])('a waiting record: %s', async (_, field, value, flaw) => {
    const dump = await changed(commandQueue + 0x1000 * (1 + 3) + field, value);
    expect(dump.queues[0]!.inFlight[0]!.flaws.some((text) => flaw.test(text))).toBe(true);
  });

  test('a firmware that never came up: zeros where its header should be', () => {
    const { memory } = link();
    memory.fill(0, statusQueue);
    const dump = readDump(memory);
    expect(dump.flaws).toContain('queue at 0x41000: header is all zero: its owner has not come up');
    expect(dump.queues).toHaveLength(2);
  });

  test('no queue at all', () => {
    expect(readDump(new Uint8Array(0x3000))).toMatchObject({ queues: [], flaws: ['no queue header on any page boundary'] });
    expect(readDump(new Uint8Array(0))).toMatchObject({ queues: [] });
  });
});

test('arbitrary bytes: nothing is thrown, and a dump makes no more of itself than its size', async () => {
  const memory = await block();
  const word = fc.tuple(fc.oneof(fc.integer({ min: 0, max: 0x81000 / 4 - 1 }), fc.constantFrom(...[0, 1, 0x41].flatMap((page) => Array.from({ length: 9 }, (_, i) => page * 0x400 + i))), fc.integer({ min: 0, max: 128 }).chain((page) => fc.integer({ min: 8, max: 20 }).map((w) => page * 0x400 + w))), fc.oneof(fc.integer(), fc.integer({ min: 0, max: 0x100 }), fc.constant(0x43505256), fc.constant(0x03000000)));
  fc.assert(fc.property(fc.array(word, { maxLength: 60 }), fc.integer({ min: 0, max: 0x81000 }), fc.boolean(), (edits, length, whole) => {
    const bytes = memory.slice();
    const words = new Int32Array(bytes.buffer);
    for (const [at, value] of edits) words[at] = value;
    const dump = readDump(whole ? bytes : bytes.subarray(0, length));
    const held = dump.queues.flatMap(({ messages }) => messages).reduce((sum, { payload }) => sum + payload.length, 0);
    expect(held).toBeLessThanOrEqual(2 * bytes.length);
    expect(dump.flaws.length).toBeLessThanOrEqual(64);
  }), { numRuns: 150 });
});
