import type { MemoryJob } from '@nova-stack/hw-model/port';
import type { LogBuffer } from './state.ts';

/**
 * The libos log buffers: word 0 counts the 64-bit words written since boot, the rest is a ring of records, each
 * its arguments, a pointer to its format, and a time stamp.
 *
 * Source: open-gpu-kernel-modules 570.144: src/common/uproc/os/common/include/libos_log.h
 */

/** What this model logs. The pointer of a record is {@link LOG_BASE} + 0x100 * index into this table. */
export const LOG_LINES = ['GSP-RM started', 'GSP-RM initialised', 'GSP-RM unloads', 'GSP-RM suspends', 'GSP-RM resumed', 'GSP-RM crashed'] as const;
export type LogLine = (typeof LOG_LINES)[number];

export const LOG_BASE: number = 0x4e4f5641_0000;
/** Pages whose addresses the driver keeps in words 1..16 until the log reaches them. */
const MIN_SIZE = 0x1000;

/** Appends a record without arguments. @returns false when the buffer cannot be written */
export function* writeLog(log: LogBuffer, line: LogLine, now: number): MemoryJob<boolean> {
  if (log.size < MIN_SIZE) return false;
  const words = log.size / 8 - 1;
  const pointer = LOG_BASE + 0x100 * LOG_LINES.indexOf(line);
  // 0 is reserved: no record has it as its time.
  for (const value of [pointer, Math.max(1, now)]) {
    const at = log.address + 8 * (1 + (log.written % words));
    if (!(yield { op: 'write', address: at, from: word(value) })) return false;
    log.written++;
  }
  return yield { op: 'write', address: log.address, from: word(log.written) };
}

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, value % 0x1_0000_0000, true);
  view.setUint32(4, Math.floor(value / 0x1_0000_0000), true);
  return bytes;
}
