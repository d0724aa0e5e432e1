// Arbitrary bytes for both ends and for the readers of dumps and traces. Every case is a function of the seed; what a case may do is end,
// or throw an error of this package.
import { createRandom, createVirtualClock, type Random } from '@nova-stack/timebase';
import { openDecoder, type Decodable, type Decoder } from './decode/index.ts';
import { openDriverEnd, type DriverEnd } from './driver-end.ts';
import { openFirmwareEnd, receiveRequest, type FirmwareEndState } from './firmware-end.ts';
import { mapMemory } from './map-memory.ts';
import { runJob } from './memory-job.ts';
import { openRingWriter } from './open-rings.ts';
import type { FramingProfile } from './profile.ts';
import { PROFILE_535_113_01 } from './r535_113_01.ts';
import { PROFILE_570_144 } from './r570_144.ts';
import { PROFILE_580_105_08 } from './r580_105_08.ts';
import { SHARED_MEMORY } from './shared-memory.ts';
import { readDump } from './trace/dump.ts';
import { createRecorder, readTrace } from './trace/index.ts';

const PROFILES = [PROFILE_535_113_01, PROFILE_570_144, PROFILE_580_105_08];
const ADDRESS = 0x10_0000;
const { size, pageSize, entrySize, commandQueue, statusQueue, queueSize } = SHARED_MEMORY;
/** Messages that one look may bring: no more than there are entries, and continuation records are fewer. */
const MOST_MESSAGES = 70;
/** Numbers at which things break more often than elsewhere. */
const EDGES = [0, 1, 2, 15, 16, 17, 31, 32, 47, 62, 63, 64, 71, 72, 73, 76, 103, 0xffb0, 0xffd0, 0xffd1, 0x1001, 0x1002, 0x1003, 0x7fffffff, 0x80000000, 0xffffffff];

/** One kind of case. */
export type HostileCase = () => void;

/** The kinds, by name; each call is another case. */
export async function hostileCases(seed: number): Promise<Readonly<Record<string, HostileCase>>> {
  const random = createRandom(seed);
  const decoders = await Promise.all(PROFILES.map(({ release }) => preparedDecoder(release)));
  return {
    'elements and headers': elements(random.fork('elements')),
    'shared regions': regions(random.fork('regions')),
    dumps: dumps(random.fork('dumps')),
    traces: traces(random.fork('traces')),
    messages: messages(random.fork('messages'), decoders),
  };
}

const pick = <T>(random: Random, from: readonly T[]): T => from[random.below(from.length)]!;
const number = (random: Random): number => (random.below(3) === 0 ? random.u32() : pick(random, EDGES));

/** Both ends on one block that is never cleaned up: what earlier cases left is as good as anything. */
interface Pair {
  readonly profile: FramingProfile;
  readonly memory: Uint8Array;
  readonly view: DataView;
  readonly access: ReturnType<typeof mapMemory>;
  /** The block's first pages of both queues as they were before anything happened. */
  readonly pages: readonly (readonly [number, Uint8Array])[];
  readonly open: (mode: 'strict' | 'lenient') => { driver: DriverEnd; state: FirmwareEndState };
}

function pair(profile: FramingProfile): Pair {
  const memory = new Uint8Array(size);
  const access = mapMemory(memory, ADDRESS);
  // What a driver's end writes when it opens is put back by hand, and the ends are made anew on the block as it is.
  const fresh = new Uint8Array(size);
  const { arguments: args } = openDriverEnd({ memory: fresh, address: ADDRESS, profile, clock: createVirtualClock(), doorbell: () => {} });
  runJob(openFirmwareEnd(args), mapMemory(fresh, ADDRESS));
  const pages = [0, commandQueue, statusQueue].map((at) => [at, fresh.slice(at, at + pageSize)] as const);
  const left = new Uint8Array(size);
  return {
    profile, memory, view: new DataView(memory.buffer), access, pages,
    open: (mode) => {
      left.set(memory);
      const driver = openDriverEnd({ memory, address: ADDRESS, profile, clock: createVirtualClock(), doorbell: () => {}, strictness: { mode, note: () => {} } });
      memory.set(left);
      for (const [at, page] of pages) memory.set(page, at);
      return { driver, state: runJob(openFirmwareEnd(args), access) };
    },
  };
}

/** Both receivers look until they have seen everything or refuse. */
function receive({ profile, access }: Pair, driver: DriverEnd, state: FirmwareEndState, mode: 'strict' | 'lenient', run: (work: () => void) => void): void {
  run(() => { driver.poll(); });
  run(() => {
    for (let count = 0; runJob(receiveRequest(profile, state, undefined, { mode }), access) !== undefined; count++) {
      if (count > MOST_MESSAGES) throw new Error('the firmware end does not come to an end');
    }
  });
}

/** Typed errors are what such input is for; anything else is a find. */
function guarded(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Error) || (error.name !== 'GspRpcError' && error.name !== 'TraceError')) throw error;
  }
}

/** Entries with noise in them and headers that are right to some degree; the same ends take many of them. */
function elements(random: Random): HostileCase {
  const pairs = PROFILES.map(pair);
  return () => {
    const one = pick(random, pairs);
    const { memory, view } = one;
    const mode = random.below(2) === 0 ? 'strict' : 'lenient';
    const { driver, state } = one.open(mode);
    for (let round = 0; round < 50; round++) {
      for (const [queue, at] of [[commandQueue, state.commands.pointer], [statusQueue, driver.pointers.statusRead]] as const) {
        const entry = queue + entrySize * (1 + at);
        const noise = random.bytes(0x50 + random.below(0x60));
        memory.set(noise.subarray(0, entry + noise.length > queue + queueSize ? 0x50 : noise.length), entry);
        const length = random.below(4) === 0 ? number(random) : 0x20 + random.below(0x80);
        const entries = random.below(4) === 0 ? number(random) : Math.max(1, Math.ceil((0x30 + length) / entrySize)) >>> 0;
        if (random.below(8) > 0) view.setUint32(entry + 0x24, random.below(8) === 0 ? number(random) : round, true);
        view.setUint32(entry + 0x28, entries, true);
        view.setUint32(entry + 0x30, random.below(16) === 0 ? number(random) : 0x03000000, true);
        view.setUint32(entry + 0x34, random.below(16) === 0 ? number(random) : 0x43505256, true);
        view.setUint32(entry + 0x38, length, true);
        view.setUint32(entry + 0x3c, number(random), true);
        if (random.below(8) > 0) sum(view, entry, length);
        view.setUint32(queue + 0x10, random.below(16) === 0 ? number(random) : (at + (entries % 63) + random.below(2)) % 63, true);
      }
      receive(one, driver, state, mode, guarded);
    }
  };
}

/** Makes the checksum of the bytes that a header tells right, where they lie in one piece. */
function sum(view: DataView, entry: number, length: number): void {
  const end = entry + 0x30 + length;
  if (length > 0xffd0 || end > view.byteLength) return;
  view.setUint32(entry + 0x20, 0, true);
  let all = 0;
  let at = entry;
  for (; at + 4 <= end; at += 4) all ^= view.getUint32(at, true);
  for (let shift = 0; at < end; at++, shift += 8) all ^= view.getUint8(at) << shift;
  view.setUint32(entry + 0x20, all, true);
}

/** The whole block with noise over it, and ends that come up on that. */
function regions(random: Random): HostileCase {
  const pairs = PROFILES.map(pair);
  return () => {
    const one = pick(random, pairs);
    const { memory, view, access, pages } = one;
    const mode = random.below(2) === 0 ? 'strict' : 'lenient';
    const { driver, state } = one.open(mode);
    for (let i = random.below(12); i > 0; i--) {
      // Headers and page table more often than entries.
      const at = (random.below(2) === 0 ? pick(random, [0, commandQueue, statusQueue]) + random.below(0x30) : random.below(size)) & ~3;
      view.setUint32(at, number(random), true);
    }
    receive(one, driver, state, mode, guarded);
    guarded(() => {
      runJob(openFirmwareEnd({ sharedMemPhysAddr: random.below(4) === 0 ? number(random) : ADDRESS, pageTableEntryCount: random.below(4) === 0 ? number(random) & 0x1fff : 129, cmdQueueOffset: random.below(4) === 0 ? number(random) : commandQueue, statQueueOffset: random.below(4) === 0 ? number(random) : statusQueue }), access);
    });
    for (const [at, page] of pages) memory.set(page, at);
  };
}

/** A block with traffic in it, damaged, whole or in part. */
function dumps(random: Random): HostileCase {
  const blocks = PROFILES.map((profile) => {
    const memory = new Uint8Array(size);
    const { arguments: args } = openDriverEnd({ memory, address: ADDRESS, profile, clock: createVirtualClock(), doorbell: () => {} });
    runJob(openFirmwareEnd(args), mapMemory(memory, ADDRESS));
    for (const queue of ['command', 'status'] as const) {
      const writer = openRingWriter({ profile, memory, queue });
      for (let i = 0; i < 20; i++) {
        const payload = random.bytes(random.below(0x1800));
        writer.put(pick(random, [47, 72, 73, 76, 103, 0x1001]), 0, i, payload, 0, payload.length);
      }
    }
    return memory;
  });
  return () => {
    const block = pick(random, blocks);
    const from = pick(random, [0, 0, 0x1000, 0x1000, random.below(size) & ~0xfff]);
    const bytes = block.slice(from, from + pick(random, [size, 2 * queueSize, queueSize, random.below(size)]));
    const view = new DataView(bytes.buffer);
    for (let i = random.below(20); i > 0 && bytes.length >= 4; i--) view.setUint32(random.below(bytes.length - 3), number(random), true);
    const dump = readDump(bytes);
    if (dump.flaws.length > 64 || dump.queues.length > 16) throw new Error(`a dump of ${dump.flaws.length} flaws and ${dump.queues.length} queues`);
  };
}

/** A recorded file, damaged. */
function traces(random: Random): HostileCase {
  const chunks: Uint8Array[] = [];
  let now = 0;
  const recorder = createRecorder({ now: () => now++, write: (bytes) => chunks.push(bytes) });
  for (const { release } of PROFILES) {
    recorder.note(release);
    for (let i = 0; i < 12; i++) recorder.tap(i % 2 === 0 ? 'command' : 'status', { function: pick(random, EDGES), result: 0, sequence: i, payload: random.bytes(random.below(60)) }, release);
  }
  const file = new Uint8Array(recorder.bytes);
  let filled = 0;
  for (const chunk of chunks) {
    file.set(chunk, filled);
    filled += chunk.length;
  }
  return () => {
    const bytes = file.slice(0, random.below(4) === 0 ? random.below(file.length) : file.length);
    for (let i = random.below(6); i > 0 && bytes.length > 0; i--) bytes[random.below(bytes.length)] = random.u32();
    guarded(() => {
      if (readTrace(bytes).entries.length > bytes.length) throw new Error('a trace with more entries than bytes');
    });
  };
}

/** Functions and events of which layouts are loaded once; others are bytes. */
const KNOWN = [4, 10, 21, 47, 54, 65, 70, 72, 73, 76, 79, 103, 0x1001, 0x1002, 0x1003, 0x1004, 0x1005, 0x1006, 0x100c, 0x1020];

async function preparedDecoder(release: string): Promise<Decoder> {
  const decoder = await openDecoder(release);
  await decoder.prepare(KNOWN.map((fn) => ({ function: fn, result: 0, sequence: 0, payload: new Uint8Array(0x40) })));
  return decoder;
}

/** Messages of every function with arbitrary payloads. */
function messages(random: Random, decoders: readonly Decoder[]): HostileCase {
  return () => {
    const payload = random.bytes(random.below(8) === 0 ? random.below(0x2000) : random.below(0x100));
    const view = new DataView(payload.buffer);
    for (let i = random.below(6); i > 0 && payload.length >= 4; i--) view.setUint32(random.below(payload.length - 3) & ~3, number(random), true);
    const message: Decodable = { function: random.below(4) === 0 ? number(random) : pick(random, KNOWN), result: number(random), sequence: number(random), payload };
    guarded(() => { pick(random, decoders).decode(message); });
  };
}
