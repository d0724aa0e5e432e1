import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '@nova-stack/timebase';
import { CHECKS, type Strictness } from './checks.ts';
import { openDriverEnd } from './driver-end.ts';
import { GspRpcError, type CheckCode } from './errors.ts';
import { openFirmwareEnd, receiveRequest } from './firmware-end.ts';
import { mapMemory } from './map-memory.ts';
import { runJob } from './memory-job.ts';
import { openRingWriter } from './open-rings.ts';
import { PROFILE_580_105_08 as profile } from './r580_105_08.ts';
import { PENDING, recordPayload } from './record.ts';
import type { RingWriter } from './ring-writer.ts';
import { SHARED_MEMORY } from './shared-memory.ts';

const ADDRESS = 0x10_0000;
const { entrySize, commandQueue, statusQueue } = SHARED_MEMORY;
const MOST = recordPayload(profile);
const CONTROL = 76;
const CONTINUATION = 71;
const UNLOADING = 47;
/** Fields by their offsets in bytes. */
const AUTH = 0, SUM = 0x20, SEQ = 0x24, COUNT = 0x28, PAD = 0x2c, VERSION = 0x30, SIGNATURE = 0x34, LENGTH = 0x38, FUNCTION = 0x3c, RESULT = 0x40;

/** A queue into which somebody writes what he likes. */
interface Stage {
  readonly writer: RingWriter;
  readonly memory: DataView;
  /** Offset of the queue, and of the page in which its reader's pointer lies. */
  readonly queue: number;
  /** Sends `length` bytes. */
  readonly send: (fn?: number, length?: number, result?: number, sequence?: number) => void;
  /** Sends a control whose first record declares `total` bytes. */
  readonly sendFirst: (total: number) => void;
  /** Overwrites a word of an entry. */
  readonly poke: (entry: number, field: number, value: number) => void;
  /** The same, and the checksum is right again. */
  readonly change: (entry: number, field: number, value: number) => void;
  /** Receives until nothing is left. */
  readonly receive: () => void;
  /** Called when the first message was taken. */
  after: () => void;
}

function stage(memory: Uint8Array, queue: 'command' | 'status', receive: () => void): Stage {
  const writer = openRingWriter({ profile, memory, queue });
  const at = queue === 'command' ? commandQueue : statusQueue;
  const view = new DataView(memory.buffer);
  const field = (entry: number, offset: number): number => at + entrySize * (1 + entry) + offset;
  const usual = queue === 'command' ? PENDING : 0;
  return {
    writer, memory: view, queue: at, receive, after: () => {},
    send: (fn = UNLOADING, length = 8, result = usual, sequence = 0) => { writer.put(fn, result, sequence, new Uint8Array(length), 0, length); },
    sendFirst: (total) => {
      const payload = new Uint8Array(MOST);
      new DataView(payload.buffer).setUint32(0x10, total - profile.sized[CONTROL]!.header, true);
      writer.put(CONTROL, usual, 7, payload, 0, MOST);
    },
    poke: (entry, offset, value) => { view.setUint32(field(entry, offset), value, true); },
    change: (entry, offset, value) => {
      const old = view.getUint32(field(entry, offset), true);
      view.setUint32(field(entry, offset), value, true);
      view.setUint32(field(entry, SUM), view.getUint32(field(entry, SUM), true) ^ old ^ value, true);
    },
  };
}

const memoryOf = (): Uint8Array => new Uint8Array(SHARED_MEMORY.size);

/** The driver's end with somebody else's status queue. */
function driverSide(strictness: Strictness): Stage {
  const memory = memoryOf();
  const driver = openDriverEnd({
    memory, address: ADDRESS, profile, clock: createVirtualClock(), doorbell: () => {}, strictness, onEvent: () => { set.after(); },
  });
  runJob(openFirmwareEnd(driver.arguments), mapMemory(memory, ADDRESS));
  const set = stage(memory, 'status', () => { driver.poll(); });
  return set;
}

/** The firmware's end with somebody else's command queue. */
function firmwareSide(strictness: Strictness): Stage {
  const memory = memoryOf();
  const { arguments: args } = openDriverEnd({ memory, address: ADDRESS, profile, clock: createVirtualClock(), doorbell: () => {} });
  const access = mapMemory(memory, ADDRESS);
  const state = runJob(openFirmwareEnd(args), access);
  const set = stage(memory, 'command', () => {
    for (let request; (request = runJob(receiveRequest(profile, state, undefined, strictness), access)) !== undefined;) {
      set.after();
      // The firmware answers a malformed message, so it is told and not thrown.
      if (request.malformed !== undefined) {
        if (strictness.mode === 'strict') throw request.malformed;
        strictness.note?.(request.malformed);
      }
    }
  });
  return set;
}

/** An end that comes up on a block of which something is wrong. */
function comingUp(change: (memory: DataView, args: { sharedMemPhysAddr: number; pageTableEntryCount: number }) => void): () => void {
  return () => {
    const memory = memoryOf();
    const { arguments: args } = openDriverEnd({ memory, address: ADDRESS, profile, clock: createVirtualClock(), doorbell: () => {} });
    const changed = { ...args };
    change(new DataView(memory.buffer), changed);
    runJob(openFirmwareEnd(changed), mapMemory(memory, ADDRESS));
  };
}

/** How each check fails: at either end, at one, or before there are ends. */
type Provocation = { readonly at: 'both' | 'driver' | 'firmware'; readonly by: (stage: Stage) => void } | { readonly at: 'start'; readonly by: () => void };

const PROVOCATIONS: Readonly<Record<CheckCode, Provocation>> = {
  ARGS: { at: 'start', by: comingUp((_memory, args) => { args.pageTableEntryCount = 0; }) },
  PTE: { at: 'start', by: comingUp((memory) => { memory.setUint32(8, 0x123, true); }) },
  RING_HEADER: { at: 'start', by: comingUp((memory) => { memory.setUint32(commandQueue + 8, 0x2000, true); }) },
  RING_POINTER: { at: 'both', by: ({ memory, queue }) => { memory.setUint32(queue + 0x10, 63, true); } },
  RING_PROGRESS: {
    at: 'both',
    by: (set) => {
      for (let i = 0; i < 3; i++) set.send(set.queue === statusQueue ? 0x1003 : UNLOADING);
      // Once the first is taken, two are known to wait; the next one makes its receiver look again.
      set.after = () => {
        set.poke(1, COUNT, 3);
        set.memory.setUint32(set.queue + 0x10, 2, true);
      };
    },
  },
  ELEMENT_RANGE: { at: 'both', by: ({ send, poke }) => { send(); poke(0, COUNT, 17); } },
  INCOMPLETE: { at: 'both', by: ({ send, poke }) => { send(); poke(0, COUNT, 2); } },
  LENGTH: { at: 'both', by: ({ send, poke }) => { send(); poke(0, LENGTH, 0x1f); } },
  ELEMENT_COUNT: { at: 'both', by: ({ send, poke }) => { send(UNLOADING, 0x1000); poke(0, LENGTH, 0x28); } },
  CHECKSUM: { at: 'both', by: ({ send, poke }) => { send(); poke(0, SUM, 0x12345678); } },
  SEQUENCE: { at: 'both', by: ({ send, change }) => { send(); change(0, SEQ, 5); } },
  OLD_ELEMENT: { at: 'both', by: ({ send, change }) => { send(); send(); send(); change(1, SEQ, 0); change(2, SEQ, 1); } },
  AUTH_TAG: { at: 'both', by: ({ send, change }) => { send(); change(0, AUTH, 1); } },
  PADDING: { at: 'both', by: ({ send, change }) => { send(); change(0, PAD, 1); } },
  RPC_VERSION: { at: 'both', by: ({ send, change }) => { send(); change(0, VERSION, 0x02000000); } },
  RPC_SIGNATURE: { at: 'both', by: ({ send, change }) => { send(); change(0, SIGNATURE, 0x43505257); } },
  FUNCTION: { at: 'both', by: ({ send, change }) => { send(); change(0, FUNCTION, 0x800); } },
  REQUEST_RESULT: { at: 'firmware', by: ({ send, change }) => { send(); change(0, RESULT, 0); } },
  EVENT_RESULT: { at: 'driver', by: ({ send }) => { send(0x1003, 40, 0x55); } },
  STALE_REPLY: { at: 'driver', by: ({ send }) => { send(UNLOADING, 8, 0, 3); } },
  CONTINUATION: { at: 'both', by: ({ send }) => { send(CONTINUATION); } },
  INTERRUPTED: { at: 'both', by: ({ sendFirst, send }) => { sendFirst(MOST + 100); send(); } },
  CHUNK_LENGTH: { at: 'both', by: ({ sendFirst, send }) => { sendFirst(MOST + 100); send(CONTINUATION, 101, undefined, 8); } },
  CHUNK_SEQUENCE: { at: 'both', by: ({ sendFirst, send }) => { sendFirst(MOST + 100); send(CONTINUATION, 100, undefined, 9); } },
  TOO_LARGE: { at: 'both', by: ({ sendFirst }) => { sendFirst(profile.sized[CONTROL]!.most + 1); } },
};

const rows = (Object.entries(PROVOCATIONS) as [CheckCode, Provocation][]).flatMap(([code, { at, by }]) => {
  if (at === 'start') return [];
  return (at === 'both' ? ['driver', 'firmware'] as const : [at]).map((end) => [code, end, by] as const);
});

/** What is noted of one provocation, and what is thrown. */
function outcome(end: 'driver' | 'firmware', by: (stage: Stage) => void, mode: Strictness['mode']): { thrown: unknown; noted: GspRpcError[] } {
  const noted: GspRpcError[] = [];
  const set = (end === 'driver' ? driverSide : firmwareSide)({ mode, note: (found) => void noted.push(found) });
  by(set);
  // Received again after an error, as a driver does that carries on: it must come to an end.
  let thrown: unknown;
  for (let tries = 0; tries < 3; tries++) {
    try {
      set.receive();
    } catch (error) {
      thrown ??= error;
    }
  }
  return { thrown, noted };
}

describe('every check has a code of its own', () => {
  test('and every code is provoked here', () => {
    expect(Object.keys(PROVOCATIONS).sort()).toEqual(Object.keys(CHECKS).sort());
  });

  test.each(Object.entries(PROVOCATIONS).filter(([, { at }]) => at === 'start'))('%s, when the firmware comes up', (code, { by }) => {
    expect(by).toThrow(expect.objectContaining({ name: 'GspRpcError', code }) as Error);
  });

  test.each(rows)('%s at the %s: thrown if it is a fault, noted if it is a remark', (code, end, by) => {
    const { thrown, noted } = outcome(end, by, 'strict');
    if (CHECKS[code] === 'fault') {
      expect(thrown).toBeInstanceOf(GspRpcError);
      expect((thrown as GspRpcError).code).toBe(code);
      expect((thrown as GspRpcError).detail.field).toBeTypeOf('string');
    } else {
      expect(thrown).toBeUndefined();
      expect(noted.map((found) => found.code)).toContain(code);
    }
  });

  test.each(rows)('%s at the %s: a lenient receiver notes it and goes on', (code, end, by) => {
    const { thrown, noted } = outcome(end, by, 'lenient');
    expect(thrown).toBeUndefined();
    expect(noted.map((found) => found.code)).toContain(code);
  });
});
