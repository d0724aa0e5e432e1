import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { largestPayload } from './continuation.ts';
import { openDriverEnd, type DriverEnd, type DriverEndOptions } from './driver-end.ts';
import { flush, openFirmwareEnd, queueMessage, receiveRequest, type FirmwareEndState } from './firmware-end.ts';
import { GspRpcError } from './errors.ts';
import { runJob, type MemoryRequest } from './memory-job.ts';
import { PROFILE_570_144 as profile } from './r570_144.ts';
import { SHARED_MEMORY } from './shared-memory.ts';

/** A clock whose time passes only while somebody waits; `idle` is the rest of the world. */
function testClock(idle: () => void): DriverEndOptions['clock'] {
  let now = 0;
  return {
    now: () => now,
    async until(predicate, { bound, reason, every = 10_000, signal }) {
      const deadline = now + bound;
      while (!predicate()) {
        if (signal?.aborted === true) throw new Error('aborted');
        if (now >= deadline) throw new Error(`timeout: ${reason}`);
        now = Math.min(deadline, now + every);
        idle();
        await Promise.resolve();
      }
    },
    async sleep(duration) {
      now += duration;
      await Promise.resolve();
    },
  };
}

interface Pair {
  readonly driver: DriverEnd;
  readonly memory: Uint8Array;
  readonly state: FirmwareEndState;
  readonly carryOut: (request: MemoryRequest) => boolean;
  readonly doorbells: () => number;
}

/** Both ends on one block whose pages are scattered on the bus. */
function pair(options: { idle?: (pair: Pair) => void; memory?: Uint8Array } = {}): Pair {
  const { memory = new Uint8Array(SHARED_MEMORY.size) } = options;
  // Page i lies at a bus address that is no simple sum, with some neighbours contiguous.
  const addresses = Array.from({ length: SHARED_MEMORY.pages }, (_, i) => 0x1_2345_0000_0 + ((i * 7) % 129) * 0x1000 + (i % 3) * 0x1000_0000);
  const carryOut = (request: MemoryRequest): boolean => {
    const bytes = request.op === 'read' ? request.into : request.from;
    let done = 0;
    while (done < bytes.length) {
      const at = request.address + done;
      const page = addresses.indexOf(at - (at % 0x1000));
      if (page < 0) return false;
      const offset = page * 0x1000 + (at % 0x1000);
      const part = Math.min(0x1000 - (at % 0x1000), bytes.length - done);
      if (request.op === 'read') bytes.set(memory.subarray(offset, offset + part), done);
      else memory.set(bytes.subarray(done, done + part), offset);
      done += part;
    }
    return true;
  };
  let doorbells = 0;
  const driver = openDriverEnd({
    memory, address: addresses, profile, clock: testClock(() => options.idle?.(both)),
    doorbell: () => { doorbells++; },
  });
  const state = runJob(openFirmwareEnd(driver.arguments), carryOut);
  const both: Pair = { driver, memory, state, carryOut, doorbells: () => doorbells };
  return both;
}

/** Firmware that answers every request with its own payload. */
function echo({ state, carryOut }: Pair): void {
  for (;;) {
    const request = runJob(receiveRequest(profile, state), carryOut);
    if (request === undefined) break;
    if (!profile.noReply.includes(request.function)) queueMessage(state, { ...request, result: 0 });
  }
  runJob(flush(profile, state), carryOut);
}

const bytes = (length: number, seed = 1): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31 + seed) & 0xff);

/** Compares without vitest's walk over every element. */
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** A GSP_RM_CONTROL payload of `length` bytes that declares its own size. */
function control(length: number, seed = 1): Uint8Array {
  const payload = bytes(length, seed);
  new DataView(payload.buffer).setUint32(0x10, length - 0x18, true);
  return payload;
}

const command = (memory: Uint8Array, entry: number): DataView =>
  new DataView(memory.buffer, SHARED_MEMORY.commandQueue + 0x1000 * (1 + entry), 0x1000);

describe('elements on the wire', () => {
  test('UNLOADING_GUEST_DRIVER with transport sequence 2', async () => {
    const { driver, memory } = pair();
    await driver.send(72, new Uint8Array(0));
    await driver.send(73, new Uint8Array(0));
    await driver.send(47, new Uint8Array(8));
    const element = command(memory, 2);
    expect(element.getUint32(0x20, true)).toBe(0x40505252);
    const head = [...new Uint8Array(element.buffer, element.byteOffset + 0x20, 0x30)];
    expect(head.map((b) => b.toString(16).padStart(2, '0')).join('')).toBe(
      '52525040020000000100000000000000'
      + '00000003565250432800' + '00002f000000ffffffff' + 'ffffffff0000000000000000',
    );
  });

  test.each([[4, 0x72384998], [0, 0x7238499c]])('SET_REGISTRY with length fields %i', async (length, sum) => {
    const { driver, memory } = pair();
    await driver.send(72, new Uint8Array(0));
    await driver.send(73, registry(length));
    expect(command(memory, 1).getUint32(0x20, true)).toBe(sum);
  });

  test('GSP_INIT_DONE without payload, and with four bytes as element 17', () => {
    const { memory, state, carryOut } = pair();
    const sum = (): number => new DataView(memory.buffer).getUint32(SHARED_MEMORY.statusQueue + 0x1000 + 0x20, true);
    const done = { function: 0x1001, result: 0, sequence: 0 };
    queueMessage(state, { ...done, payload: new Uint8Array(0) });
    runJob(flush(profile, state), carryOut);
    expect(sum()).toBe(0x40504276);
    state.statuses.pointer = 0;
    state.statuses.seqNum = 17;
    queueMessage(state, { ...done, payload: new Uint8Array(4) });
    runJob(flush(profile, state), carryOut);
    expect(sum()).toBe(0x40504263);
  });
});

/** The default table of nouveau and nova: 0x75 bytes, three DWORD entries of value 1. */
function registry(length: number): Uint8Array {
  const names = ['RMSecBusResetEnable', 'RMForcePcieConfigSave', 'RMDevidCheckIgnore'];
  const table = new Uint8Array(0x75);
  const view = new DataView(table.buffer);
  view.setUint32(0, table.length, true);
  view.setUint32(4, names.length, true);
  let at = 8 + 16 * names.length;
  names.forEach((name, i) => {
    view.setUint32(8 + 16 * i, at, true);
    view.setUint8(12 + 16 * i, 1);
    view.setUint32(16 + 16 * i, 1, true);
    view.setUint32(20 + 16 * i, length, true);
    for (const char of name) table[at++] = char.charCodeAt(0);
    at++;
  });
  return table;
}

describe('calls and events', () => {
  test('a call gets the reply with its function and sequence', async () => {
    const { driver } = pair({ idle: echo });
    const reply = await driver.call(76, control(100));
    expect(reply).toMatchObject({ function: 76, result: 0, sequence: 1 });
    expect(reply.payload).toEqual(control(100));
    expect(driver.sent.entries()[0]).toMatchObject({ function: 76, data1: 100 - 0x18 });
  });

  test('concurrent calls run in order', async () => {
    const { driver } = pair({ idle: echo });
    const replies = await Promise.all([1, 2, 3].map((i) => driver.call(76, control(40 + i, i))));
    expect(replies.map((r) => r.payload.length)).toEqual([41, 42, 43]);
  });

  test('a control of 334344 + 24 bytes goes through a ring that is smaller', async () => {
    const { driver, doorbells } = pair({ idle: echo });
    const payload = control(334344 + 24);
    const reply = await driver.call(76, payload);
    expect(same(reply.payload, payload)).toBe(true);
    expect(doorbells()).toBe(6);
  });

  test('the largest legal message passes, one byte more is refused before anything is written', async () => {
    const { driver, memory } = pair({ idle: echo });
    const payload = control(largestPayload(profile, 76));
    expect(same((await driver.call(76, payload)).payload, payload)).toBe(true);
    const before = memory.slice();
    await expect(driver.call(76, control(largestPayload(profile, 76) + 1))).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await expect(driver.call(47, bytes(0xffb1))).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect(same(memory, before)).toBe(true);
  });

  test('events go to handlers, waiters and, when they came early, to the next expect', async () => {
    const world = pair();
    const { driver, state, carryOut } = world;
    const seen: number[] = [];
    driver.on(0x1006, (event) => seen.push(event.payload.length));
    for (const fn of [0x1002, 0x1006, 0x1001]) queueMessage(state, { function: fn, result: 0, sequence: 0, payload: bytes(40) });
    runJob(flush(profile, state), carryOut);
    expect(driver.poll()).toBe(3);
    expect(seen).toEqual([40]);
    expect((await driver.expect(0x1002)).function).toBe(0x1002);
    expect((await driver.expect(0x1001)).function).toBe(0x1001);
  });

  test('no reply: a time-out that tells function, sequence and pointers', async () => {
    const { driver } = pair();
    await expect(driver.call(65, bytes(8), { bound: 1_000_000 })).rejects.toMatchObject({
      code: 'TIMEOUT', detail: { function: 65, sequence: 1, bound: 1_000_000, pointers: { commandWrite: 1, commandRead: 0 } },
    });
  });

  test('a full command ring waits with a bound', async () => {
    const { driver } = pair();
    for (let i = 0; i < 62; i++) await driver.send(202, bytes(8));
    await expect(driver.send(202, bytes(8))).rejects.toMatchObject({ code: 'TIMEOUT', detail: { reason: 'room in the command ring' } });
  });

  test('a signal and a close end a wait', async () => {
    const signal = { aborted: false };
    const world = pair({ idle: () => { signal.aborted = true; } });
    await expect(world.driver.call(65, bytes(8), { signal })).rejects.toMatchObject({ code: 'ABORTED' });
    const other = pair({ idle: () => other.driver.close() });
    await expect(other.driver.call(65, bytes(8))).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(other.driver.call(65, bytes(8))).rejects.toMatchObject({ code: 'CLOSED' });
  });
});

describe('the firmware end', () => {
  const request = (state: FirmwareEndState, carryOut: Pair['carryOut']): ReturnType<typeof receiveRequest> extends Generator<unknown, infer T> ? T : never =>
    runJob(receiveRequest(profile, state), carryOut);

  test('takes parameters that a driver left out of rpc.length, as OpenRM does for GSP_RM_ALLOC', async () => {
    const { driver, memory, state, carryOut } = pair();
    const payload = bytes(0x20 + 40);
    new DataView(payload.buffer).setUint32(0x14, 40, true);
    await driver.send(103, payload);
    const element = command(memory, 0);
    // Length and checksum then end with the call's header.
    element.setUint32(0x38, 0x40, true);
    element.setUint32(0x20, 0, true);
    let sum = 0;
    for (let at = 0; at < 0x70; at += 4) sum ^= element.getUint32(at, true);
    element.setUint32(0x20, sum, true);
    expect(request(state, carryOut)?.payload).toEqual(payload);
  });

  test('says what is wrong with an RPC header and takes the message out', async () => {
    const { driver, memory, state, carryOut } = pair();
    await driver.send(72, bytes(8));
    await driver.send(73, bytes(8));
    const element = command(memory, 0);
    const old = element.getUint32(0x34, true);
    element.setUint32(0x34, 0, true);
    element.setUint32(0x20, element.getUint32(0x20, true) ^ old, true);
    expect(request(state, carryOut)).toMatchObject({ function: 72, malformed: { code: 'RPC_SIGNATURE' } });
    expect(request(state, carryOut)).toMatchObject({ function: 73, malformed: undefined });
  });

  test('holds what does not fit the status ring, in order, and overwrites nothing', () => {
    const { driver, state, carryOut } = pair();
    for (let i = 0; i < 100; i++) queueMessage(state, { function: 0x1003, result: 0, sequence: 0, payload: bytes(8, i) });
    expect(runJob(flush(profile, state), carryOut)).toBe(62);
    expect(runJob(flush(profile, state), carryOut)).toBe(0);
    const seen: number[] = [];
    driver.on(0x1003, (event) => seen.push(event.payload[0]!));
    driver.poll();
    expect(runJob(flush(profile, state), carryOut)).toBe(38);
    driver.poll();
    expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  test.each([
    ['ARGS', { pageTableEntryCount: 0 }], ['ARGS', { cmdQueueOffset: 0x800 }], ['ARGS', { statQueueOffset: 0x81000 }],
    ['PTE', { sharedMemPhysAddr: 0x10 }], ['BUS', { sharedMemPhysAddr: 0x7777_0000 }],
  ] as const)('%s for %o', (code, change) => {
    const { driver, carryOut } = pair();
    expect(() => runJob(openFirmwareEnd({ ...driver.arguments, ...change }), carryOut)).toThrow(expect.objectContaining({ code }) as Error);
  });

  test('works on memory that two threads share', async () => {
    const memory = new Uint8Array(new SharedArrayBuffer(SHARED_MEMORY.size));
    const { driver } = pair({ idle: echo, memory });
    expect((await driver.call(76, control(0x12000))).payload).toEqual(control(0x12000));
  });
});

describe('what the driver end refuses', () => {
  const reply = { function: 47, result: 0, sequence: 1, payload: bytes(100) };
  const status = SHARED_MEMORY.statusQueue;
  const element = status + 0x1000;
  test.each([
    ['CHECKSUM', element + 0x60, 0x55],
    ['ELEMENT_RANGE', element + 0x28, 0],
    ['INCOMPLETE', element + 0x28, 2],
    ['ELEMENT_RANGE', element + 0x28, 17],
    ['LENGTH', element + 0x38, 0x1f],
    ['LENGTH', element + 0x38, 0xffd1],
    ['RING_POINTER', status + 0x10, 63],
    ['RING_HEADER', status + 0x0c, 64],
    ['RING_HEADER', status + 0x14, 0],
  ] as const)('%s at 0x%s', async (code, at, value) => {
    const { driver, memory, state, carryOut } = pair();
    queueMessage(state, reply);
    runJob(flush(profile, state), carryOut);
    new DataView(memory.buffer).setUint32(at, value, true);
    await expect(driver.call(47, bytes(8))).rejects.toMatchObject({ name: 'GspRpcError', code });
  });

  test.each([
    ['SEQUENCE', 0x24, 1], ['RPC_VERSION', 0x30, 0x02000000], ['RPC_SIGNATURE', 0x34, 1], ['CONTINUATION', 0x3c, 71],
  ] as const)('%s in an element whose checksum is good', async (code, field, value) => {
    const { driver, memory, state, carryOut } = pair();
    queueMessage(state, reply);
    runJob(flush(profile, state), carryOut);
    const view = new DataView(memory.buffer, element);
    const old = view.getUint32(field, true);
    view.setUint32(field, value, true);
    view.setUint32(0x20, view.getUint32(0x20, true) ^ old ^ value, true);
    await expect(driver.call(47, bytes(8))).rejects.toMatchObject({ code });
  });

  test('a reply with another sequence is stale', async () => {
    const { driver, state, carryOut } = pair();
    queueMessage(state, { ...reply, sequence: 9 });
    runJob(flush(profile, state), carryOut);
    await expect(driver.call(47, bytes(8), { bound: 1_000_000 })).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  test('anything inside a large message', async () => {
    const { driver, state, carryOut } = pair();
    queueMessage(state, { function: 76, result: 0, sequence: 1, payload: control(0x20000) });
    state.outbox[0]!.sent = 0;
    const whole = state.outbox[0]!;
    runJob(flush(profile, state), carryOut);
    expect(state.outbox).toEqual([]);
    // Overwrite the second record by another message.
    state.statuses.pointer = 16;
    state.statuses.seqNum = 1;
    queueMessage(state, { function: 0x1001, result: 0, sequence: 0, payload: bytes(0) });
    runJob(flush(profile, state), carryOut);
    expect(whole.sent).toBe(0x20000);
    await expect(driver.call(76, control(100))).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});

describe('properties', () => {
  const size = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 3900, max: 4200 }), fc.integer({ min: 0, max: 0xffb0 }));

  test('both ends keep order and lose nothing under any interleaving and wrap position', async () => {
    await fc.assert(fc.asyncProperty(
      fc.array(fc.record({ act: fc.constantFrom('send', 'take', 'event', 'flush', 'poll'), size }), { maxLength: 120 }),
      async (steps) => {
        const { driver, state, carryOut } = pair();
        const out: Uint8Array[] = [];
        const events: Uint8Array[] = [];
        const gotOut: Uint8Array[] = [];
        const gotEvents: Uint8Array[] = [];
        driver.on(0x1003, (event) => gotEvents.push(event.payload));
        for (const [i, step] of steps.entries()) {
          if (step.act === 'send') {
            const entries = Math.ceil((step.size + 0x50) / 0x1000);
            const { commandRead, commandWrite } = driver.pointers;
            if ((commandRead + 63 - commandWrite - 1) % 63 < entries) continue;
            out.push(bytes(step.size, i));
            await driver.send(24, out.at(-1)!);
          } else if (step.act === 'take') {
            const request = runJob(receiveRequest(profile, state), carryOut);
            if (request !== undefined) gotOut.push(request.payload);
          } else if (step.act === 'event') {
            events.push(bytes(step.size, i));
            queueMessage(state, { function: 0x1003, result: 0, sequence: 0, payload: events.at(-1)! });
          } else if (step.act === 'flush') runJob(flush(profile, state), carryOut);
          else driver.poll();
        }
        while (state.outbox.length > 0) {
          runJob(flush(profile, state), carryOut);
          driver.poll();
        }
        driver.poll();
        for (let request; (request = runJob(receiveRequest(profile, state), carryOut)) !== undefined;) gotOut.push(request.payload);
        expect([gotOut.length, gotEvents.length]).toEqual([out.length, events.length]);
        expect(gotOut.every((payload, i) => same(payload, out[i]!))).toBe(true);
        expect(gotEvents.every((payload, i) => same(payload, events[i]!))).toBe(true);
      },
    ), { numRuns: 60 });
  });

  test('any size comes through continuation unchanged, at any wrap position', async () => {
    await fc.assert(fc.asyncProperty(
      fc.integer({ min: 0x18, max: 0x50000 }), fc.integer({ min: 0, max: 62 }),
      async (length, start) => {
        const { driver } = pair({ idle: echo });
        for (let i = 0; i < start; i++) await driver.call(47, bytes(8));
        const payload = control(length);
        expect(same((await driver.call(76, payload)).payload, payload)).toBe(true);
      },
    ), { numRuns: 25 });
  });

  test('arbitrary bytes as elements give typed errors only, at both ends', () => {
    fc.assert(fc.property(
      fc.uint8Array({ minLength: 0x50, maxLength: 0x200 }), fc.integer({ min: 0, max: 70 }), fc.boolean(),
      (noise, write, sane) => {
        const { driver, memory, state, carryOut } = pair();
        const view = new DataView(memory.buffer);
        if (sane) {
          const head = new DataView(noise.buffer);
          head.setUint32(0x28, 1, true);
          head.setUint32(0x38, 0x20 + (noise[0]! & 0x7f), true);
        }
        for (const queue of [SHARED_MEMORY.commandQueue, SHARED_MEMORY.statusQueue]) {
          memory.set(noise, queue + 0x1000);
          view.setUint32(queue + 0x10, write, true);
        }
        for (const end of [() => driver.poll(), () => runJob(receiveRequest(profile, state), carryOut)]) {
          try {
            end();
          } catch (error) {
            expect(error).toBeInstanceOf(GspRpcError);
          }
        }
      },
    ), { numRuns: 300 });
  });

  test('arbitrary shared regions give typed errors only', () => {
    fc.assert(fc.property(
      fc.uint8Array({ minLength: 0x24, maxLength: 0x24 }), fc.array(fc.record({ at: fc.nat(0x80fff), byte: fc.nat(255) }), { maxLength: 20 }),
      (header, pokes) => {
        const { driver, memory, carryOut } = pair();
        memory.set(header, SHARED_MEMORY.statusQueue);
        for (const { at, byte } of pokes) memory[at] = byte;
        for (const end of [() => driver.poll(), () => runJob(openFirmwareEnd(driver.arguments), carryOut)]) {
          try {
            end();
          } catch (error) {
            expect(error).toBeInstanceOf(GspRpcError);
          }
        }
      },
    ), { numRuns: 200 });
  });
});
