import type { RpcMessage } from './message.ts';
import type { FramingProfile } from './profile.ts';

/** Messages kept per direction. */
export const HISTORY_DEPTH: number = 128;

/** One message in the history; the same columns as the tables in public bug reports. Times in nanoseconds. */
export interface HistoryEntry {
  readonly function: number;
  readonly sequence: number;
  readonly data0: number;
  readonly data1: number;
  readonly start: number;
  /** When the reply came (calls) or the handlers were done (events); undefined while under way. */
  readonly end: number | undefined;
}

/** Last {@link HISTORY_DEPTH} messages of one direction. */
export interface History {
  /** Newest first. */
  entries(): readonly HistoryEntry[];
}

export interface HistoryRecorder extends History {
  /** @returns a token for {@link finish} */
  begin(message: Pick<RpcMessage, 'function' | 'sequence' | 'payload'>, now: number): number;
  finish(token: number, now: number): void;
}

/** An empty history; `profile.notable` says which two payload words stand for a message. */
export function createHistory(profile: FramingProfile): HistoryRecorder {
  const slots: { function: number; sequence: number; data0: number; data1: number; start: number; end: number }[] = [];
  let next = 0;
  return {
    begin(message, now) {
      const token = next++;
      const at = token % HISTORY_DEPTH;
      const notable = profile.notable[message.function];
      const slot = (slots[at] ??= { function: 0, sequence: 0, data0: 0, data1: 0, start: 0, end: 0 });
      slot.function = message.function;
      slot.sequence = message.sequence;
      slot.data0 = notable === undefined ? 0 : wordAt(message.payload, notable[0]);
      slot.data1 = notable === undefined ? 0 : wordAt(message.payload, notable[1]);
      slot.start = now;
      slot.end = -1;
      return token;
    },
    finish(token, now) {
      if (token >= next - HISTORY_DEPTH) slots[token % HISTORY_DEPTH]!.end = now;
    },
    entries() {
      const result: HistoryEntry[] = [];
      for (let token = next - 1; token >= 0 && token >= next - HISTORY_DEPTH; token--) {
        const slot = slots[token % HISTORY_DEPTH]!;
        result.push({ ...slot, end: slot.end < 0 ? undefined : slot.end });
      }
      return result;
    },
  };
}

function wordAt(payload: Uint8Array, at: number): number {
  if (at + 4 > payload.length) return 0;
  return (payload[at]! | (payload[at + 1]! << 8) | (payload[at + 2]! << 16) | (payload[at + 3]! << 24)) >>> 0;
}

/**
 * The history as lines in the shape of OpenRM's, newest first: entry, function, name, the two data words, start,
 * end and duration in microseconds.
 *
 * Source: open-gpu-kernel-modules 570.144: src/nvidia/src/kernel/gpu/gsp/kernel_gsp.c
 */
export function formatHistory(history: History, nameOf: (fn: number) => string, depth: number = 8): string[] {
  const us = (t: number): string => `0x${Math.floor(t / 1000).toString(16).padStart(16, '0')}`;
  const data = (value: number): string => `0x${value.toString(16).padStart(16, '0')}`;
  return history.entries().slice(0, depth).map((entry, index) => {
    const name = nameOf(entry.function).padEnd(24);
    const duration = entry.end === undefined ? 'y' : `${Math.round((entry.end - entry.start) / 1000)}us`;
    const end = entry.end === undefined ? us(0) : us(entry.end);
    return `${String(index === 0 ? 0 : -index).padStart(4)}  ${String(entry.function).padStart(4)} ${name} `
      + `${data(entry.data0)} ${data(entry.data1)} ${us(entry.start)} ${end} ${duration}`;
  });
}
