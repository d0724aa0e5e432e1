// What a register of the model costs beside the memory that holds it, and whether the next GPU costs what the first did.
import { createAuxBus } from "@nova-stack/aux-bus";
import { syntheticPack } from "@nova-stack/firmware-files";
import { createGspRm } from "@nova-stack/gsp-rm";
import { createGpu } from "@nova-stack/hw-model";
import { createNovaCore } from "@nova-stack/nova-core";
import { createBus } from "@nova-stack/pci";
import { createVirtualClock } from "@nova-stack/timebase";
import { noTrace } from "@nova-stack/trace";

import type { Measure, Suite } from "../comparison.ts";
import { perCall } from "../measures.ts";

/** Registers that hold a value: scratch of PBUS, 64 of them. */
const FIRST = 0x1400;
const COUNT = 64;
const ROUNDS = 16;
const READS = COUNT * ROUNDS;

const gpu = createGpu({ board: "rtx4090", firmware: createGspRm() });
for (let i = 0; i < COUNT; i++) gpu.write(0, FIRST + 4 * i, 4, i);
const words = new Uint32Array(0x1000).map((_, i) => i & 63);

/** The least that a device could be: one method, memory behind it. */
interface Readable {
  read(bar: number, offset: number, size: number): number;
}
class Plain implements Readable {
  readonly #words: Uint32Array = words;
  read(_bar: number, offset: number, _size: number): number {
    return this.#words[offset >>> 2]!;
  }
}
const plain: Readable = new Plain();

function throughArray(): number {
  let sum = 0;
  for (let round = 0; round < ROUNDS; round++) for (let i = 0; i < COUNT; i++) sum = (sum + words[(FIRST + 4 * i) >>> 2]!) | 0;
  return sum;
}
function throughModel(): number {
  let sum = 0;
  for (let round = 0; round < ROUNDS; round++) for (let i = 0; i < COUNT; i++) sum = (sum + gpu.read(0, FIRST + 4 * i, 4)) | 0;
  return sum;
}
function throughInterface(): number {
  let sum = 0;
  for (let round = 0; round < ROUNDS; round++) for (let i = 0; i < COUNT; i++) sum = (sum + plain.read(0, FIRST + 4 * i, 4)) | 0;
  return sum;
}
if (throughModel() !== throughArray() || throughInterface() !== throughArray()) throw new Error("the contestants do not read the same");

const each = (work: () => number): Measure => {
  const measure = perCall(work);
  return async () => (await measure()) / READS;
};

const MANY = 64;
const FEW = 8;
const pack = syntheticPack({ chip: "ad102", version: "570.144" });

/** Below 4 GiB there is room for the registers of 61 GPUs on a bus. */
const ON_A_BUS = 8;

/** So many GPUs, all booted and kept. */
async function booted(count: number): Promise<unknown[]> {
  const kept: unknown[] = [];
  for (let first = 0; first < count; first += ON_A_BUS) {
    const clock = createVirtualClock({ seed: 1 });
    const pci = createBus({ clock });
    const core = createNovaCore({ clock, trace: noTrace, auxBus: createAuxBus(), firmware: pack });
    for (let i = 0; i < ON_A_BUS; i++) pci.plug(createGpu({ board: "rtx4090", firmware: createGspRm(), seed: first + i + 1 }));
    for (const device of pci.find({ vendor: 0x10de, baseClass: 0x03 })) kept.push([pci, await core.probe(device)]);
  }
  if (kept.length !== count) throw new Error(`${kept.length} of ${count} GPUs booted`);
  return kept;
}

/** Nanoseconds for one of so many. */
const time = (count: number): Measure => async () => {
  const started = performance.now();
  await booted(count);
  return ((performance.now() - started) * 1e6) / count;
};

/** Bytes that one of so many holds on to. */
const memory = (count: number): Measure => async () => {
  const used = (): number => {
    for (let i = 0; i < 3; i++) globalThis.gc?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = used();
  const kept = await booted(count);
  const bytes = (used() - before) / count;
  if (kept.length === 0) throw new Error("nothing was kept");
  return bytes;
};

export const cases: Suite = [
  {
    name: "register read through the model",
    unit: "ns",
    ours: { name: "gpu.read", measure: each(throughModel) },
    rival: { name: "typed array", measure: each(throughArray) },
    atMost: 10,
  },
  {
    name: "register read through the model, beside one call",
    unit: "ns",
    ours: { name: "gpu.read", measure: each(throughModel) },
    rival: { name: "a method on a typed array", measure: each(throughInterface) },
    atMost: 5,
  },
  {
    name: `boot of a GPU, one of ${MANY} in a process`,
    unit: "ns",
    ours: { name: `of ${MANY}`, measure: time(MANY) },
    rival: { name: `of ${FEW}`, measure: time(FEW) },
    atMost: 1.2,
    rounds: 3,
  },
  {
    name: `memory of a GPU, one of ${MANY} in a process`,
    unit: "bytes",
    ours: { name: `of ${MANY}`, measure: memory(MANY) },
    rival: { name: `of ${FEW}`, measure: memory(FEW) },
    atMost: 1.1,
    rounds: 3,
  },
];
