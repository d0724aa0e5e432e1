// Structures by their generated modules, against code that a driver would write by hand with the same offsets. Writing
// checks every value before the first byte; the rival checks nothing.
import {
  NV2080_CTRL_CMD_GSP_GET_LIBOS_HEAP_STATS_PARAMS as HeapStats,
  type NV2080_CTRL_GSP_LIBOS_POOL_STATS as PoolStats,
} from "@nova-stack/nvrm-headers/r570_144/ctrl2080gsp";
import { msgqTxHeader as TxHeader } from "@nova-stack/nvrm-headers/r570_144/msgq_priv";

import type { Suite } from "../comparison.ts";
import { perCall } from "../measures.ts";

const CALLS = 256;
const POOLS = 64;

const bytes = Uint8Array.from({ length: 4096 }, (_, i) => i * 7);
// Several views, as a driver has, so that none becomes a constant of the compiled code.
const views = [0, 8, 16, 24].map((shift) => new DataView(bytes.buffer, shift));
const target = new DataView(new ArrayBuffer(4096));

const headers = Array.from({ length: 64 }, (_, i) => TxHeader.decode(views[i & 3]!, i * 4));
const tables = Array.from({ length: 16 }, (_, i) => HeapStats.decode(views[i & 3]!, i * 16));
const windows = views.map((view) => TxHeader.view(view));

const byHand = {
  readHeader: (v: DataView, p: number): TxHeader => ({
    version: v.getUint32(p, true), size: v.getUint32(p + 4, true), msgSize: v.getUint32(p + 8, true), msgCount: v.getUint32(p + 12, true),
    writePtr: v.getUint32(p + 16, true), flags: v.getUint32(p + 20, true), rxHdrOff: v.getUint32(p + 24, true), entryOff: v.getUint32(p + 28, true),
  }),
  writeHeader: (v: DataView, p: number, x: TxHeader): void => {
    v.setUint32(p, x.version, true);
    v.setUint32(p + 4, x.size, true);
    v.setUint32(p + 8, x.msgSize, true);
    v.setUint32(p + 12, x.msgCount, true);
    v.setUint32(p + 16, x.writePtr, true);
    v.setUint32(p + 20, x.flags, true);
    v.setUint32(p + 24, x.rxHdrOff, true);
    v.setUint32(p + 28, x.entryOff, true);
  },
  readTable: (v: DataView, p: number): HeapStats => {
    const poolStats: PoolStats[] = [];
    for (let i = 0; i < POOLS; i++) {
      const q = p + 16 * i;
      poolStats.push({ allocations: v.getUint32(q, true), peakAllocations: v.getUint32(q + 4, true), objectSize: v.getBigUint64(q + 8, true) });
    }
    return { poolStats, totalHeapSize: v.getBigUint64(p + 1024, true), poolCount: v.getUint8(p + 1032) };
  },
  writeTable: (v: DataView, p: number, x: HeapStats): void => {
    for (let i = 0; i < POOLS; i++) {
      const q = p + 16 * i;
      const pool = x.poolStats[i]!;
      v.setUint32(q, pool.allocations, true);
      v.setUint32(q + 4, pool.peakAllocations, true);
      v.setBigUint64(q + 8, pool.objectSize, true);
    }
    v.setBigUint64(p + 1024, x.totalHeapSize, true);
    v.setUint8(p + 1032, x.poolCount);
  },
};

let sum = 0;

/** A comparison of `CALLS` calls each, every time with another view and another value. */
const pair = (name: string, atMost: number, ours: (i: number) => void, hand: (i: number) => void): Suite[number] => {
  const measure = (work: (i: number) => void): (() => number | Promise<number>) => {
    const run = perCall(() => {
      for (let i = 0; i < CALLS; i++) work(i);
      return sum;
    }, { milliseconds: 40 });
    return async () => (await run()) / CALLS;
  };
  return { name, unit: "ns", ours: { name: "generated", measure: measure(ours) }, rival: { name: "by hand", measure: measure(hand) }, atMost };
};

export const cases: Suite = [
  pair("read 32-byte header", 1.25, (i) => { sum += TxHeader.decode(views[i & 3]!, i & 63).size; }, (i) => { sum += byHand.readHeader(views[i & 3]!, i & 63).size; }),
  pair("read 1 KiB table", 1.25, (i) => { sum += HeapStats.decode(views[i & 3]!, i & 63).poolCount; }, (i) => { sum += byHand.readTable(views[i & 3]!, i & 63).poolCount; }),
  pair("write 32-byte header", 2, (i) => { TxHeader.encode(target, i & 63, headers[i & 63]!); }, (i) => { byHand.writeHeader(target, i & 63, headers[i & 63]!); }),
  pair("write 1 KiB table", 2, (i) => { HeapStats.encode(target, i & 63, tables[i & 15]!); }, (i) => { byHand.writeTable(target, i & 63, tables[i & 15]!); }),
  pair("3 fields of a view", 1.4, (i) => {
    const w = windows[i & 3]!;
    sum += w.size + w.writePtr + w.entryOff;
  }, (i) => {
    const v = views[i & 3]!;
    sum += v.getUint32(4, true) + v.getUint32(16, true) + v.getUint32(28, true);
  }),
];
