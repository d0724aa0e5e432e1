// A message through a queue and out again (written, summed, published; taken, checked, copied to the receiver) against the
// same in C, compiled in this run. Both ends are ours here; memory of this thread alone, and memory that threads share.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { createRecord, initSharedMemory, openRingReader, openRingWriter, PENDING, PROFILE_570_144 as profile, SHARED_MEMORY } from "@nova-stack/gsp-rpc";

import type { Measure, Suite } from "../comparison.ts";
import { perCall } from "../measures.ts";

const SOURCE = fileURLToPath(new URL("../../native/rings.c", import.meta.url));
const MESSAGES = 512;
/** Short spells, and many of them: on a busy machine a long one is never undisturbed. */
const SPELL = { milliseconds: 0.5 };
const ROUNDS = 200;
const CONTROL = 76;

let sum = 0;

/** Nanoseconds of one message with `length` payload bytes through a queue in memory that `allocate` gives. */
function ours(length: number, allocate: (bytes: number) => ArrayBufferLike): Measure {
  let round = 0;
  let queue = messages(length, allocate(SHARED_MEMORY.size));
  return async () => {
    // Which lines of the caches two buffers share is luck, and stays as it is for as long as they live: now and then there are new ones.
    if (++round % 20 === 0) queue = messages(length, allocate(SHARED_MEMORY.size));
    // As in the C program, the first half is for the caches: between two rounds another process ran.
    await queue();
    return (await queue()) / MESSAGES;
  };
}

function messages(length: number, buffer: ArrayBufferLike): Measure {
  const memory = new Uint8Array(buffer);
  initSharedMemory(memory, 0x10_0000);
  const ring = { profile, memory, queue: "command" } as const;
  const writer = openRingWriter(ring);
  const reader = openRingReader(ring);
  const record = createRecord();
  const outgoing = Object.assign(createRecord(), { function: CONTROL, result: PENDING, length });
  outgoing.bytes.set(Uint8Array.from({ length }, (_, i) => i * 31 + 1));
  return perCall(() => {
    for (let i = 0; i < MESSAGES; i++) {
      outgoing.bytes[i & (length - 1)]!++;
      if (!writer.fits(length)) throw new Error("the queue is full");
      writer.putRecord(outgoing);
      if (!reader.readRecord(record)) throw new Error("the queue is empty");
      sum += record.bytes[i & (length - 1)]!;
    }
    return sum;
  }, SPELL);
}

/** The program for `work`, or undefined without a compiler, which is said aloud. */
function compiled(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "nova-bench-"));
  process.on("exit", () => { rmSync(folder, { recursive: true, force: true }); });
  const program = join(folder, "rings");
  try {
    execFileSync("gcc", ["-O2", "-o", program, SOURCE], { stdio: ["ignore", "ignore", "inherit"] });
    return program;
  } catch (error) {
    console.error(`benchmarks of the queues: skipped, gcc does not run (${String(error)})`);
    return undefined;
  }
}

const program = compiled();

/** The same in C: a process of its own, about as long at work as ours. */
function inC(length: number, memory: "own" | "shared"): Measure {
  const messages = length > 1000 ? 600 : 8_000;
  return () => Number(execFileSync(program!, [String(length), String(messages), memory], { encoding: "utf8" }).split(" ")[0]);
}

// What reaches 0.5 of the speed of C costs twice as much.
export const cases: Suite = program === undefined ? [] : [64, 4096].flatMap((length) => [
  {
    name: `${length} bytes through a queue`,
    unit: "ns" as const,
    ours: { name: "own memory", measure: ours(length, (bytes) => new ArrayBuffer(bytes)) },
    rival: { name: "gcc -O2", measure: inC(length, "own") },
    atMost: 1 / 0.5,
    rounds: ROUNDS,
  },
  {
    name: `${length} bytes through a queue`,
    unit: "ns" as const,
    ours: { name: "shared memory", measure: ours(length, (bytes) => new SharedArrayBuffer(bytes)) },
    rival: { name: "gcc -O2", measure: inC(length, "shared") },
    atMost: 1 / 0.4,
    rounds: ROUNDS,
  },
]);
