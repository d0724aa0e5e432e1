// What the contract costs on top of the core behind it: sessions, checks of what goes in and out, copies.
import type { Hello } from "@nova-stack/nova-core-api";
import { createMemoryCore } from "@nova-stack/nova-core-api/testing";

import type { Measure, Suite } from "../comparison.ts";
import { perCall } from "../measures.ts";

const core = createMemoryCore();
const hello: Hello = {
  kind: "diagnostic", name: "bench", epoch: core.endpoint.offer.epoch, required: [], optional: core.endpoint.offer.capabilities,
  wants: [{ interface: "base", major: 1, minMinor: 0, maxMinor: 1 }, { interface: "vgpu", major: 1, minMinor: 0, maxMinor: 1 }],
};
const session = await core.endpoint.attach(hello);
const { region } = await session.base.allocate({ size: 4096 });
const { base } = core.backend;
const direct = (await base.allocate({ size: 4096 })).region;
const bytes = new Uint8Array(64);

/** What one costs more than the other, in nanoseconds. */
const beyond = (through: () => unknown, straight: () => unknown): Measure => {
  const [ours, theirs] = [perCall(through, { milliseconds: 30 }), perCall(straight, { milliseconds: 30 })];
  return async () => Math.max(0, (await ours()) - (await theirs()));
};
const call = (name: string, through: () => unknown, straight: () => unknown, atMost: number = 1): Suite[number] => ({
  name: `a call through the contract, ${name}`, unit: "ns", ours: { name: "what it adds", measure: beyond(through, straight) }, rival: { name: "1 µs", measure: () => 1000 }, atMost,
});

/** Bytes that ten thousand sessions leave behind, one after the other, each with a region. */
async function leftBehind(): Promise<number> {
  const cycle = async (): Promise<void> => {
    const one = await core.endpoint.attach(hello, () => undefined);
    await one.base.allocate({ size: 1 });
    await one.detach();
  };
  for (let i = 0; i < 2000; i++) await cycle();
  const live = (): number => {
    for (let i = 0; i < 3; i++) globalThis.gc?.();
    return process.memoryUsage().heapUsed;
  };
  const before = live();
  for (let i = 0; i < 10_000; i++) await cycle();
  return Math.max(0, live() - before);
}

export const cases: Suite = [
  call("a number", () => { region.write({ offset: 0, bytes }); }, () => { direct.write({ offset: 0, bytes }); }),
  call("bytes", () => region.read({ offset: 0, length: 64 }), () => direct.read({ offset: 0, length: 64 })),
  call("a record of ten fields", () => session.base.limits(), () => base.limits()),
  // Each record is copied, and frozen, name by name: two in one cost more than a microsecond.
  call("a record in a record", () => session.base.deviceInfo(), () => base.deviceInfo(), 1.5),
  // What the compiler keeps of its first meetings is no leak: that would grow each time.
  { name: "memory after 10 000 sessions more", unit: "bytes", rounds: 3, ours: { name: "growth", measure: leftBehind }, rival: { name: "100 kB", measure: () => 100_000 }, atMost: 1 },
];
