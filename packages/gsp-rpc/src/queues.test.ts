import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { createVirtualClock, type VirtualClock } from '@nova-stack/timebase';
import { describe, expect, test } from 'vitest';
import { largestPayload } from './continuation.ts';
import { openDriverEnd, type DriverEnd, type DriverEndOptions } from './driver-end.ts';
import { GspRpcError } from './errors.ts';
import { flush, openFirmwareEnd, queueMessage, receiveRequest, type FirmwareEndState } from './firmware-end.ts';
import { mapMemory } from './map-memory.ts';
import { runJob, type MemoryRequest } from './memory-job.ts';
import type { FramingProfile } from './profile.ts';
import { PROFILE_535_113_01 } from './r535_113_01.ts';
import { PROFILE_570_144 } from './r570_144.ts';
import { PROFILE_580_105_08 } from './r580_105_08.ts';
import { recordPayload } from './record.ts';
import { SHARED_MEMORY } from './shared-memory.ts';

const ADDRESS = 0x2000_0000;
const PROFILES = [PROFILE_535_113_01, PROFILE_570_144, PROFILE_580_105_08];
const ALLOC_MEMORY = 4, REGISTRY = 73, CONTROL = 76, ALLOC = 103, UNLOADING = 47, STATIC_INFO = 65;

interface World {
  readonly driver: DriverEnd;
  readonly memory: Uint8Array;
  readonly clock: VirtualClock;
  readonly state: FirmwareEndState;
  readonly access: (request: MemoryRequest) => boolean;
  /** Requests that the firmware got. */
  readonly got: { readonly function: number; readonly payload: Uint8Array }[];
  readonly serve: () => void;
}

interface WorldOptions extends Partial<DriverEndOptions> {
  readonly profile: FramingProfile;
  /** Whether the firmware answers at once at every doorbell; otherwise somebody calls `serve`. */
  readonly prompt?: boolean;
  /** What the rest of the world does whenever the driver looks. */
  readonly idle?: (world: World) => void;
  readonly through?: (carryOut: (request: MemoryRequest) => boolean) => (request: MemoryRequest) => boolean;
}

/** Both ends; the firmware sends every request back. */
function world({ profile, prompt = true, idle, through = (access) => access, ...options }: WorldOptions): World {
  const memory = new Uint8Array(SHARED_MEMORY.size);
  const access = through(mapMemory(memory, ADDRESS));
  const clock = createVirtualClock();
  const got: World['got'] = [];
  const serve = (): void => {
    runJob(flush(profile, state), access);
    for (let request; (request = runJob(receiveRequest(profile, state), access)) !== undefined;) {
      got.push(request);
      if (profile.noReply.includes(request.function)) continue;
      const whole = profile.sized[request.function]?.bothWays !== false;
      queueMessage(state, { ...request, result: 0, payload: whole ? request.payload : request.payload.slice(0, 0x38) });
      runJob(flush(profile, state), access);
    }
  };
  // There is no doorbell for room in the status ring: the firmware looks now and then, whenever the driver waits.
  const live: DriverEndOptions['clock'] = {
    now: () => clock.now(),
    sleep: (duration, reason) => clock.sleep(duration, reason),
    until: (predicate, wait) => clock.until(() => {
      turn();
      return predicate();
    }, wait),
  };
  const driver = openDriverEnd({ memory, address: ADDRESS, profile, clock: live, doorbell: () => { if (prompt) serve(); }, ...options });
  const state = runJob(openFirmwareEnd(driver.arguments), access);
  const turn = (): void => {
    if (idle !== undefined) idle(here);
    else if (prompt) serve();
  };
  const here: World = { driver, memory, clock, state, access, got, serve };
  return here;
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** A payload of `length` bytes that says so, where its function's payloads do. */
function payloadOf(profile: FramingProfile, fn: number, length: number, seed = 1): Uint8Array {
  const payload = Uint8Array.from({ length }, (_, i) => (i * 29 + seed + (i >> 8)) & 0xff);
  const sized = profile.sized[fn];
  if (sized !== undefined && length >= sized.lengthAt + 4) new DataView(payload.buffer).setUint32(sized.lengthAt, (length - sized.header) / sized.unit, true);
  return payload;
}

describe.each(PROFILES)('sizes, by $release', (profile) => {
  test.each([CONTROL, ALLOC, ALLOC_MEMORY, REGISTRY, STATIC_INFO])('function %i: the largest legal message passes, more is refused before anything is written', async (fn) => {
    const { driver, memory, got } = world({ profile });
    const most = largestPayload(profile, fn);
    const payload = payloadOf(profile, fn, most);
    if (profile.noReply.includes(fn)) await driver.send(fn, payload);
    else {
      const { payload: reply } = await driver.call(fn, payload);
      expect(same(reply, profile.sized[fn]?.bothWays === false ? payload.subarray(0, 0x38) : payload)).toBe(true);
    }
    expect(got).toHaveLength(1);
    expect(same(got[0]!.payload, payload)).toBe(true);

    const before = memory.slice();
    const pointers = driver.pointers;
    for (const more of [1, 8, 0x1_0000]) {
      const large = payloadOf(profile, fn, most + more);
      await expect(driver.send(fn, large)).rejects.toMatchObject({ code: 'TOO_LARGE', detail: { function: fn, value: most + more } });
      await expect(driver.call(fn, large)).rejects.toMatchObject({ code: 'TOO_LARGE' });
    }
    expect(same(memory, before)).toBe(true);
    expect(driver.pointers).toEqual(pointers);
  });

  test('the firmware cannot send more either, and nothing of it is in the ring', () => {
    const { memory, state, access } = world({ profile });
    const before = memory.slice();
    for (const [fn, length] of [[CONTROL, largestPayload(profile, CONTROL) + 1], [STATIC_INFO, recordPayload(profile) + 1], [ALLOC_MEMORY, recordPayload(profile) + 8]] as const) {
      queueMessage(state, { function: fn, result: 0, sequence: 0, payload: payloadOf(profile, fn, length) });
      expect(() => runJob(flush(profile, state), access)).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }) as Error);
    }
    expect(state.outbox).toEqual([]);
    expect(same(memory, before)).toBe(true);
  });

  test('any size goes to the firmware and back, from any place in the ring', async () => {
    const { header } = profile.sized[CONTROL]!;
    const length = fc.oneof(fc.integer({ min: header, max: 0x200 }), fc.integer({ min: 0xff00, max: 0x1_0100 }), fc.integer({ min: header, max: 0x8_0000 }));
    await fc.assert(fc.asyncProperty(fc.array(length, { minLength: 1, maxLength: 3 }), fc.nat(62), async (lengths, start) => {
      const { driver } = world({ profile });
      for (let i = 0; i < start; i++) await driver.call(UNLOADING, new Uint8Array(8));
      for (const [i, size] of lengths.entries()) {
        const payload = payloadOf(profile, CONTROL, size, i);
        expect(same((await driver.call(CONTROL, payload)).payload, payload)).toBe(true);
      }
    }), { numRuns: 15 });
  });

  test('calls made at once, events in between, a firmware that dawdles: each gets its own', async () => {
    for (const outstanding of [1, 3, 8]) {
      let looks = 0;
      // The firmware gets a turn now and then, and says something unasked before it answers.
      const { driver } = world({ profile, prompt: false, outstanding, idle: ({ state, serve }) => {
        if (++looks % 3 !== 0) return;
        queueMessage(state, { function: 0x1003, result: 0, sequence: 0, payload: Uint8Array.of(looks & 0xff) });
        serve();
      } });
      let events = 0;
      driver.on(0x1003, () => { events++; });
      const sizes = Array.from({ length: 20 }, (_, i) => [i % 2 === 0 ? CONTROL : ALLOC, 0x28 + ((i * 0x2345) % 0x1_8000)] as const);
      const replies = await Promise.all(sizes.map(([fn, size], i) => driver.call(fn, payloadOf(profile, fn, size, i))));
      expect(replies.every((reply, i) => same(reply.payload, payloadOf(profile, sizes[i]![0], sizes[i]![1], i)))).toBe(true);
      expect(events).toBeGreaterThan(0);
    }
  });
});

describe.each(PROFILES)('back-pressure, by $release', (profile) => {
  test('a full ring waits as long as it may, then tells what it waited for and where everything stood', async () => {
    const { driver, clock } = world({ profile, prompt: false, bounds: { space: 3_000_000 } });
    for (let i = 0; i < 62; i++) await driver.send(202, new Uint8Array(8));
    const began = clock.now();
    const failure: unknown = await driver.call(CONTROL, payloadOf(profile, CONTROL, 100)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(GspRpcError);
    const { code, detail, message } = failure as GspRpcError;
    expect([code, detail]).toEqual(['TIMEOUT', {
      function: CONTROL, sequence: 1, reason: 'room in the command ring', bound: 3_000_000,
      pointers: { commandWrite: 62, commandRead: 0, statusWrite: 0, statusRead: 0 },
    }]);
    expect(message).toContain('function 0x4c');
    expect(message).toContain('command 0..62');
    expect(clock.now() - began).toBe(3_000_000);
  });

  test('a message that is larger than what is free goes on as soon as the firmware reads', async () => {
    const { driver, got } = world({ profile, prompt: false, idle: ({ serve }) => { serve(); } });
    for (let i = 0; i < 61; i++) await driver.send(202, new Uint8Array(8));
    const large = driver.call(CONTROL, payloadOf(profile, CONTROL, 0x4_0000));
    expect(same((await large).payload, payloadOf(profile, CONTROL, 0x4_0000))).toBe(true);
    expect(got.at(-1)!.function).toBe(CONTROL);
  });

  test('a status ring that nobody reads is never overwritten', () => {
    const { driver, state, access } = world({ profile });
    const seen: number[] = [];
    driver.on(0x1003, ({ payload }) => seen.push(payload[0]!));
    for (let i = 0; i < 200; i++) queueMessage(state, { function: 0x1003, result: 0, sequence: 0, payload: Uint8Array.of(i) });
    for (let rounds = 0; state.outbox.length > 0 && rounds < 10; rounds++) {
      runJob(flush(profile, state), access);
      expect(runJob(flush(profile, state), access)).toBe(0);
      driver.poll();
    }
    expect(seen).toEqual(Array.from({ length: 200 }, (_, i) => i));
  });
});

describe('memory behind a port', () => {
  /** Device memory as a window shows it: one aligned word at a time. */
  const words = (counted: () => boolean) => (carryOut: (request: MemoryRequest) => boolean) => (request: MemoryRequest): boolean => {
    const bytes = request.op === 'read' ? request.into : request.from;
    for (let at = 0; at < bytes.length; at += 4) {
      if (!counted()) return false;
      const part = bytes.subarray(at, at + 4);
      if (!carryOut(request.op === 'read' ? { op: 'read', address: request.address + at, into: part } : { op: 'write', address: request.address + at, from: part })) return false;
    }
    return true;
  };

  test('the firmware reaches the rings word by word', async () => {
    let accesses = 0;
    const { driver } = world({ profile: PROFILE_570_144, through: words(() => ++accesses > 0) });
    const payload = payloadOf(PROFILE_570_144, CONTROL, 0x1_2345);
    expect(same((await driver.call(CONTROL, payload)).payload, payload)).toBe(true);
    expect(accesses).toBeGreaterThan(0x1_2345 / 2);
  });

  test('a port that fails anywhere is an error that says where', async () => {
    let left = Infinity;
    const { driver, serve } = world({ profile: PROFILE_570_144, prompt: false, through: words(() => --left >= 0) });
    await driver.send(202, payloadOf(PROFILE_570_144, 202, 100));
    for (const good of [0, 1, 30]) {
      left = good;
      expect(serve).toThrow(expect.objectContaining({ code: 'BUS' }) as Error);
    }
    left = Infinity;
    serve();
  });
});
