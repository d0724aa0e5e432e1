// Structures by their generated modules: a header of 64 bytes and a nested table of 2 KiB, against code that somebody
// writes by hand with the same offsets (which checks nothing), and against the fastest libraries of npm that do the
// same. Other records are alive meanwhile, as in a driver: what is only fast alone is not fast.
import { createRequire } from "node:module";

import { array, struct, type Layout } from "@nova-stack/c-layout";
import { emitJavaScript, identifier, runtimeImport } from "@nova-stack/c-layout/emit";

import type { Measure, Suite } from "../comparison.ts";
import { perCall } from "../measures.ts";

const CALLS = 256;
const ENTRIES = 63;

interface Header {
  a: number; b: number; c: number; d: bigint; e: bigint; f: number; g: number; h: readonly number[];
}
interface Entry {
  p: number; q: number; r: bigint; s: bigint; t: readonly number[];
}
interface Table {
  head: Head; entries: readonly Entry[];
}
interface Head {
  k: number; l: number; m: bigint; n: bigint; o: bigint;
}

const declaredHeader = struct("BenchHeader", { a: "u32", b: "u16", c: "u16", d: "u64", e: "u64", f: "u32", g: "u32", h: array("u32", 8) });
const declaredHead = struct("BenchHead", { k: "u32", l: "u32", m: "u64", n: "u64", o: "u64" });
const declaredEntry = struct("BenchEntry", { p: "u32", q: "u32", r: "u64", s: "u64", t: array("u16", 4) });
const declaredTable = struct("BenchTable", { head: declaredHead, entries: array(declaredEntry, ENTRIES) });

/** The module that a build would write. */
async function generated(): Promise<Record<string, Layout<unknown>>> {
  const code = [declaredHeader, declaredHead, declaredEntry, declaredTable].map((layout) => emitJavaScript(layout, ({ name }) => identifier(name))).join("");
  const module = runtimeImport(code, import.meta.resolve("@nova-stack/c-layout/compiled")) + code;
  return (await import(`data:text/javascript,${encodeURIComponent(module)}`)) as Record<string, Layout<unknown>>;
}

const { BenchHeader, BenchTable } = (await generated()) as { BenchHeader: Layout<Header>; BenchTable: Layout<Table> };

// Words of 64 bits are addresses and sizes below 2^56. To check a bigint of 2^63 and more costs some nanoseconds above that.
const bytes = Uint8Array.from({ length: 8192 }, (_, i) => (i % 8 === 7 ? 0 : i * 7));
// Several views, as a driver has, so that none becomes a constant of the compiled code.
const views = [0, 8, 16, 24].map((shift) => new DataView(bytes.buffer, shift));
const target = new DataView(new ArrayBuffer(8192));
const headers = Array.from({ length: 64 }, (_, i) => BenchHeader.decode(views[i & 3]!, i * 8));
const tables = Array.from({ length: 16 }, (_, i) => BenchTable.decode(views[i & 3]!, i * 16));
const windows = views.map((view) => BenchHeader.view(view));
const targets = [0, 8, 16, 24].map((shift) => BenchHeader.view(new DataView(target.buffer, shift)));

let sum = 0;
await company();

/** Reads, writes and shows the records of a header of NVIDIA's, so that the runtime has seen many. */
async function company(): Promise<void> {
  const module = (await import("@nova-stack/nvrm-headers/r570_144/ctrl2080gpu")) as unknown as Record<string, unknown>;
  const records = Object.values(module).filter((value): value is Layout<Record<string, unknown>> => typeof value === "object" && value !== null && "decode" in value && (value as Layout<unknown>).size <= 2048).slice(0, 80);
  const room = new DataView(new ArrayBuffer(4096));
  for (let round = 0; round < 200; round++) {
    for (const record of records) {
      record.encode(room, 0, record.decode(room, 0));
      for (const name of Object.keys(record.offsets).slice(0, 3)) if (record.view(room)[name] !== undefined) sum++;
    }
  }
}

const byHand = {
  readHeader: (v: DataView, p: number): Header => ({
    a: v.getUint32(p, true), b: v.getUint16(p + 4, true), c: v.getUint16(p + 6, true), d: v.getBigUint64(p + 8, true), e: v.getBigUint64(p + 16, true),
    f: v.getUint32(p + 24, true), g: v.getUint32(p + 28, true),
    h: [
      v.getUint32(p + 32, true), v.getUint32(p + 36, true), v.getUint32(p + 40, true), v.getUint32(p + 44, true),
      v.getUint32(p + 48, true), v.getUint32(p + 52, true), v.getUint32(p + 56, true), v.getUint32(p + 60, true),
    ],
  }),
  writeHeader: (v: DataView, p: number, x: Header): void => {
    v.setUint32(p, x.a, true);
    v.setUint16(p + 4, x.b, true);
    v.setUint16(p + 6, x.c, true);
    v.setBigUint64(p + 8, x.d, true);
    v.setBigUint64(p + 16, x.e, true);
    v.setUint32(p + 24, x.f, true);
    v.setUint32(p + 28, x.g, true);
    for (let i = 0; i < 8; i++) v.setUint32(p + 32 + 4 * i, x.h[i]!, true);
  },
  readTable: (v: DataView, p: number): Table => {
    const head = { k: v.getUint32(p, true), l: v.getUint32(p + 4, true), m: v.getBigUint64(p + 8, true), n: v.getBigUint64(p + 16, true), o: v.getBigUint64(p + 24, true) };
    const entries: Entry[] = [];
    for (let i = 0; i < ENTRIES; i++) {
      const q = p + 32 + 32 * i;
      entries.push({
        p: v.getUint32(q, true), q: v.getUint32(q + 4, true), r: v.getBigUint64(q + 8, true), s: v.getBigUint64(q + 16, true),
        t: [v.getUint16(q + 24, true), v.getUint16(q + 26, true), v.getUint16(q + 28, true), v.getUint16(q + 30, true)],
      });
    }
    return { head, entries };
  },
  writeTable: (v: DataView, p: number, { head, entries }: Table): void => {
    v.setUint32(p, head.k, true);
    v.setUint32(p + 4, head.l, true);
    v.setBigUint64(p + 8, head.m, true);
    v.setBigUint64(p + 16, head.n, true);
    v.setBigUint64(p + 24, head.o, true);
    for (let i = 0; i < ENTRIES; i++) {
      const q = p + 32 + 32 * i;
      const entry = entries[i]!;
      v.setUint32(q, entry.p, true);
      v.setUint32(q + 4, entry.q, true);
      v.setBigUint64(q + 8, entry.r, true);
      v.setBigUint64(q + 16, entry.s, true);
      for (let j = 0; j < 4; j++) v.setUint16(q + 24 + 2 * j, entry.t[j]!, true);
    }
  },
};

// The libraries are CommonJS, without types.
interface Parser {
  endianess(order: string): Parser;
  uint32(name: string): Parser;
  uint16(name: string): Parser;
  uint64(name: string): Parser;
  array(name: string, options: object): Parser;
  nest(name: string, options: object): Parser;
  parse(from: Uint8Array): unknown;
  encode(value: unknown): Uint8Array;
}
const require = createRequire(import.meta.url);
const parsers = (["binary-parser", "binary-parser-encoder"] as const).map((name) => {
  const { Parser: Make } = require(name) as { Parser: new () => Parser };
  const begin = (): Parser => new Make().endianess("little");
  const header = begin().uint32("a").uint16("b").uint16("c").uint64("d").uint64("e").uint32("f").uint32("g").array("h", { type: "uint32le", length: 8 });
  const entry = begin().uint32("p").uint32("q").uint64("r").uint64("s").array("t", { type: "uint16le", length: 4 });
  const head = begin().uint32("k").uint32("l").uint64("m").uint64("n").uint64("o");
  return { name, header, table: begin().nest("head", { type: head }).array("entries", { type: entry, length: ENTRIES }) };
});
interface Fu {
  bytesToValue?: never;
  pack(value: unknown): Uint8Array;
}
// It has no 64-bit integer: pairs of words, which flatters it.
const fu = require("struct-fu") as Record<string, (...args: unknown[]) => unknown> & { struct(fields: readonly unknown[], count?: number): Fu };
const word = (name: string, count?: number): unknown => fu["uint32le"]!(name, count);
const half = (name: string, count?: number): unknown => fu["uint16le"]!(name, count);
const fuHeader = fu.struct([word("a"), half("b"), half("c"), word("d", 2), word("e", 2), word("f"), word("g"), word("h", 8)]);
const fuTable = fu.struct([
  (fu.struct as (...args: unknown[]) => unknown)("head", [word("k"), word("l"), word("m", 2), word("n", 2), word("o", 2)]),
  (fu.struct as (...args: unknown[]) => unknown)("entries", [word("p"), word("q"), word("r", 2), word("s", 2), half("t", 4)], ENTRIES),
]);
const pairs = (value: bigint): readonly number[] => [Number(value & 0xffff_ffffn), Number(value >> 32n)];
const fuHeaders = headers.map(({ d, e, ...rest }) => ({ ...rest, d: pairs(d), e: pairs(e) }));
const fuTables = tables.map(({ head: { m, n, o, ...head }, entries }) => ({ head: { ...head, m: pairs(m), n: pairs(n), o: pairs(o) }, entries: entries.map(({ r, s, ...entry }) => ({ ...entry, r: pairs(r), s: pairs(s) })) }));

const measure = (work: (i: number) => void): Measure => {
  const run = perCall(() => {
    for (let i = 0; i < CALLS; i++) work(i);
    return sum;
  }, { milliseconds: 30 });
  return async () => (await run()) / CALLS;
};

/** The fastest of several. */
const fastest = (...all: readonly Measure[]): Measure => async () => {
  let best = Infinity;
  for (const each of all) best = Math.min(best, await each());
  return best;
};

const pieces = views.map(({ byteOffset }) => Array.from({ length: 64 }, (_, i) => bytes.subarray(byteOffset + i, byteOffset + i + 2048)));
const ours = {
  readHeader: (i: number): void => { sum += BenchHeader.decode(views[i & 3]!, i & 63).f; },
  writeHeader: (i: number): void => { BenchHeader.encode(target, i & 63, headers[i & 63]!); },
  readTable: (i: number): void => { sum += BenchTable.decode(views[i & 3]!, i & 63).head.k; },
  writeTable: (i: number): void => { BenchTable.encode(target, i & 63, tables[i & 15]!); },
};

/** A comparison of `CALLS` calls each, every time with another view and another value. */
const against = (name: string, rival: string, atMost: number, work: (i: number) => void, other: Measure): Suite[number] => ({
  name, unit: "ns", ours: { name: "generated", measure: measure(work) }, rival: { name: rival, measure: other }, atMost,
});
const hand = (name: string, atMost: number, work: (i: number) => void, other: (i: number) => void): Suite[number] => against(name, "by hand", atMost, work, measure(other));

const parses = (kind: "header" | "table"): Measure => fastest(...parsers.map((library) => measure((i) => { if (library[kind].parse(pieces[i & 3]![i & 63]!) === undefined) sum++; })));
const encodes = (kind: "header" | "table", values: readonly unknown[], fuValues: readonly unknown[], record: Fu): Measure => fastest(
  measure((i) => { sum += parsers[1]![kind].encode(values[i % values.length]).length; }),
  measure((i) => { sum += record.pack(fuValues[i % fuValues.length]).length; }),
);

// What reaches 0.8 of the speed of code by hand costs 1 / 0.8 times as much.
export const cases: Suite = [
  hand("read 64-byte header", 1 / 0.8, ours.readHeader, (i) => { sum += byHand.readHeader(views[i & 3]!, i & 63).f; }),
  hand("write 64-byte header", 1 / 0.8, ours.writeHeader, (i) => { byHand.writeHeader(target, i & 63, headers[i & 63]!); }),
  hand("read 2 KiB table", 1 / 0.8, ours.readTable, (i) => { sum += byHand.readTable(views[i & 3]!, i & 63).head.k; }),
  hand("write 2 KiB table", 1 / 0.8, ours.writeTable, (i) => { byHand.writeTable(target, i & 63, tables[i & 15]!); }),
  hand("read 3 fields of a view", 1 / 0.9, (i) => {
    const w = windows[i & 3]!;
    sum += w.a + w.f + w.g;
  }, (i) => {
    const v = views[i & 3]!;
    sum += v.getUint32(0, true) + v.getUint32(24, true) + v.getUint32(28, true);
  }),
  hand("write 3 fields of a view", 1 / 0.9, (i) => {
    const w = targets[i & 3]!;
    w.a = i;
    w.f = i + 1;
    w.g = i + 2;
  }, (i) => {
    const v = views[i & 3]!;
    v.setUint32(0, i, true);
    v.setUint32(24, i + 1, true);
    v.setUint32(28, i + 2, true);
  }),
  against("read 64-byte header", "npm", 1 / 3, ours.readHeader, parses("header")),
  against("write 64-byte header", "npm", 1 / 3, ours.writeHeader, encodes("header", headers, fuHeaders, fuHeader)),
  against("read 2 KiB table", "npm", 1 / 1.5, ours.readTable, parses("table")),
  against("write 2 KiB table", "npm", 1 / 3, ours.writeTable, encodes("table", tables, fuTables, fuTable)),
];
