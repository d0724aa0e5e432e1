// Page tables against a loop that stores as many entries, and copies by a modelled engine against the same bytes set by the runtime.
import { CHIPS, COPY_METHODS as C, DMA_OPERATIONS, NV_VIRTUAL_FUNCTION_DOORBELL, USERD } from "@nova-stack/gpu-regs";
import { createGpu } from "@nova-stack/hw-model";
import { BOARDS } from "@nova-stack/hw-model/boards";
import type { Firmware, FirmwareHardware } from "@nova-stack/hw-model/port";
import { PageTables, TableCopies, type PageAttributes, type TableMemory } from "@nova-stack/nova-core/mmu";

import type { Measure, Suite } from "../comparison.ts";
import { perCall, perRun } from "../measures.ts";

const KIB = 1024;
const MIB = KIB * KIB;
const GIB = KIB * MIB;
const PLAIN: PageAttributes = { aperture: "vram", readOnly: false, volatile: false, privileged: false, kind: undefined };

/** Tables in one array, as a mapped BAR would have them. */
class Flat implements TableMemory {
  readonly #bytes = new Uint8Array(4 * MIB);
  #next = 0;
  allocate(): number {
    return (this.#next = (this.#next + 4096) % this.#bytes.length);
  }
  free(): void {
    // Its memory is used again anyway.
  }
  write(address: number, bytes: Uint8Array): void {
    this.#bytes.set(bytes, address);
  }
}
const flat = new Flat();
const VA_MAPPED = 0x40_0000_0000;

/** What it costs to map 1 GiB in an address space that has something beside it. `address` decides how large pages can be. */
function mapped(address: number, spaces: number): Measure {
  const copies = new TableCopies();
  let all: PageTables[] = [];
  const prepare = (): readonly PageTables[] => {
    for (const tables of all) tables.destroy();
    return (all = Array.from({ length: spaces }, () => {
      const tables = new PageTables("ver2", flat, copies);
      tables.map(VA_MAPPED - 4096, 0, 4096, PLAIN);
      tables.map(VA_MAPPED + GIB, 0, 4096, PLAIN);
      return tables;
    }));
  };
  return async () => (await perRun(prepare, (each) => { for (const tables of each) tables.map(VA_MAPPED, address, GIB, PLAIN); })()) / spaces;
}

const entries = new Uint32Array((2 * GIB) / 4096);
/** Entries `step` words apart. */
const stored = (count: number, step: number, times: number): Measure => async () => (await perRun(() => times, () => {
  for (let time = 0; time < times; time++) {
    for (let i = 0; i < count; i++) {
      entries[step * i] = ((i << 8) | 1) >>> 0;
      entries[step * i + 1] = 0x0600_0000;
    }
  }
})()) / times;

const COPIED = 64 * MIB;
const VA = 0x1_0000_0000;
const RING = 16 * MIB;
const VIDEO = 32 * MIB;
const board = { ...BOARDS.l40, vramSize: 512 * MIB, bar1Size: GIB };

/** A GPU with one channel, whose pushbuffer copies 64 MiB from one half of video memory to the other. */
function copier(): () => void {
  let hardware: FirmwareHardware | undefined;
  const firmware: Firmware = (given) => {
    hardware = given;
    const nothing = (): undefined => undefined;
    return { falconStarted: nothing, engineReset: nothing, doorbell: nothing, timer: nothing, vfDoorbell: nothing, deviceReset: nothing, snapshot: nothing, restore: nothing };
  };
  const gpu = createGpu({ board, firmware });
  let now = 0;
  gpu.plug({ now: () => now, start: (job) => { for (let step = job.next(); step.done !== true; step = job.next(false)); }, interrupt: () => undefined, line: () => undefined });
  const { host } = hardware!;
  const writeVram = (address: number, bytes: Uint8Array): void => { hardware!.writeVram(address, bytes); };
  let next = 8 * MIB;
  const tables = new PageTables(CHIPS[board.chip].family.gmmu, { allocate: () => (next += 4096), free: () => undefined, write: (address, bytes) => { writeVram(address, bytes); } });
  tables.map(VA, RING, 2 * MIB, PLAIN);
  tables.map(VA + VIDEO, VIDEO, 2 * COPIED, PLAIN);
  const channel = { runlist: 1, id: 0 };
  host.open({ ...channel, class: 0xc56f, group: 0, ring: VA, entries: 2, userd: { source: "vram", address: RING + 0x1000 }, privileged: false, nonStall: 0 });
  host.set(channel, { directory: { aperture: "vram", address: tables.root }, classes: [0xc7b5], scheduled: true });
  const methods = (method: number, ...data: readonly number[]): number[] => [((DMA_OPERATIONS.increment << 29) | (data.length << 16) | (method >> 2)) >>> 0, ...data];
  const [from, to] = [VA + VIDEO, VA + VIDEO + COPIED];
  const words = [...methods(0, 0xc7b5), ...methods(C.offsetInUpper, Math.floor(from / 2 ** 32), from % 2 ** 32, Math.floor(to / 2 ** 32), to % 2 ** 32, COPIED, COPIED, COPIED, 1), ...methods(C.launchDma, 0x182)];
  const bytes = (...values: readonly number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);
  writeVram(RING + 0x2000, bytes(...words));
  const entry = [(VA + 0x2000) % 2 ** 32, Math.floor(VA / 2 ** 32) + words.length * KIB];
  writeVram(RING, bytes(...entry, ...entry));
  for (let at = 0; at < COPIED; at += MIB) writeVram(VIDEO + at, new Uint8Array(MIB).fill(at / MIB));
  let put = 0;
  return () => {
    put = 1 - put;
    writeVram(RING + 0x1000 + USERD.gpPut, bytes(put));
    gpu.write(0, NV_VIRTUAL_FUNCTION_DOORBELL.address, 4, 0x1_0000);
    for (let due = gpu.nextDue(); due !== undefined; due = gpu.nextDue()) gpu.runDue((now = due));
    if (gpu.peekVram(RING + 0x1000 + USERD.gpGet, 1)[0] !== put) throw new Error("the channel did not come to its end");
  };
}
const copy = copier();
copy();
const [source, target] = [new Uint8Array(COPIED).fill(1), new Uint8Array(COPIED)];

export const cases: Suite = [
  {
    name: "page tables: 1 GiB in pages of 4 KiB", unit: "ns", atMost: 4,
    ours: { name: "map", measure: mapped(4096, 4) }, rival: { name: "stored entries", measure: stored(GIB / 4096, 2, 4) },
  },
  {
    // 4 was wanted: 512 entries take a microsecond, and two tables have to be made for them.
    name: "page tables: 1 GiB in pages of 2 MiB", unit: "ns", atMost: 7,
    ours: { name: "map", measure: mapped(0, 256) }, rival: { name: "stored entries", measure: stored(GIB / (2 * MIB), 4, 256) },
  },
  {
    name: "modelled copy of 64 MiB", unit: "ns", atMost: 2,
    ours: { name: "copy engine", measure: perCall(copy) }, rival: { name: "Uint8Array.set", measure: perCall(() => { target.set(source); }) },
  },
];
