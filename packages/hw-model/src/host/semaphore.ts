import { REDUCTIONS, SEM_OPERATIONS } from '@nova-stack/gpu-regs';

import type { MemoryJob } from '../port.ts';
import { pushbufferFault } from './fault.ts';
import type { MemoryView } from './memory.ts';

/** What a channel waits for. Plain data. */
export interface Acquire {
  readonly address: number;
  readonly operation: number;
  readonly payload: bigint;
  readonly wide: boolean;
}

/** What is written when something is done. */
export interface Release {
  readonly address: number;
  readonly payload: bigint;
  /** 64 bits instead of 32. */
  readonly wide: boolean;
  /** Time in nanoseconds at offset 8, or none. */
  readonly time: number | undefined;
}

export interface Reduction {
  readonly address: number;
  readonly payload: bigint;
  readonly wide: boolean;
  readonly operation: number;
  readonly unsigned: boolean;
}

const bits = (wide: boolean): number => (wide ? 64 : 32);

function check(address: number, size: number): void {
  if (address % size !== 0) throw pushbufferFault(`a semaphore of ${size} bytes at 0x${address.toString(16)}`);
}

/** Whether what is in memory satisfies an acquire. Source: open-gpu-doc: manuals/ampere/ga100/dev_pbdma.ref.txt (SEM_EXECUTE) */
export function satisfied({ operation, payload, wide }: Omit<Acquire, 'address'>, value: bigint): boolean {
  switch (operation) {
    case SEM_OPERATIONS.acquire: return value === payload;
    case SEM_OPERATIONS.acquireStrictGeq: return value >= payload;
    case SEM_OPERATIONS.acquireCircularGeq: return BigInt.asIntN(bits(wide), value - payload) >= 0n;
    case SEM_OPERATIONS.acquireAnd: return (value & payload) !== 0n;
    default: return BigInt.asUintN(bits(wide), ~(value | payload)) !== 0n;
  }
}

/** Reads the semaphore; true when the channel may go on. */
export function* tryAcquire(view: MemoryView, acquire: Acquire): MemoryJob<boolean> {
  return satisfied(acquire, yield* load(view, acquire.address, acquire.wide));
}

/** Writes payload and, in 16 bytes, the time. */
export function* release(view: MemoryView, { address, payload, wide, time }: Release): MemoryJob {
  const size = time === undefined ? bits(wide) / 8 : 16;
  check(address, size);
  const bytes = new Uint8Array(size);
  const data = new DataView(bytes.buffer);
  if (wide || time !== undefined) data.setBigUint64(0, payload, true);
  else data.setUint32(0, Number(payload), true);
  if (time !== undefined) data.setBigUint64(8, BigInt(Math.floor(time)), true);
  yield* view.write(address, bytes);
}

/** Replaces what is in memory by what it makes together with the payload. */
export function* reduce(view: MemoryView, { address, payload, wide, operation, unsigned }: Reduction): MemoryJob {
  const old = yield* load(view, address, wide);
  yield* release(view, { address, payload: reduced({ payload, wide, operation, unsigned }, old), wide, time: undefined });
}

/** Operations of 64 bits that memory cannot do. */
const NARROW: ReadonlySet<number> = new Set([REDUCTIONS.inc, REDUCTIONS.dec]);

/** What a reduction makes of a value. Source: open-gpu-doc: manuals/ampere/ga100/dev_pbdma.ref.txt (semaphore reduction operations) */
export function reduced({ payload, wide, operation, unsigned }: Omit<Reduction, 'address'>, old: bigint): bigint {
  const width = bits(wide);
  if ((wide && (NARROW.has(operation) || (operation === REDUCTIONS.add && !unsigned))) || (NARROW.has(operation) && !unsigned)) {
    throw pushbufferFault(`reduction ${operation} has no ${unsigned ? 'unsigned' : 'signed'} form of ${width} bits`);
  }
  return BigInt.asUintN(width, combine(operation, old, payload, unsigned ? (each) => each : (each) => BigInt.asIntN(width, each)));
}

function combine(operation: number, old: bigint, payload: bigint, read: (value: bigint) => bigint): bigint {
  switch (operation) {
    case REDUCTIONS.min: return read(payload) < read(old) ? payload : old;
    case REDUCTIONS.max: return read(payload) > read(old) ? payload : old;
    case REDUCTIONS.xor: return old ^ payload;
    case REDUCTIONS.and: return old & payload;
    case REDUCTIONS.or: return old | payload;
    case REDUCTIONS.add: return old + payload;
    // Counters that go round at the payload.
    case REDUCTIONS.inc: return old >= payload ? 0n : old + 1n;
    case REDUCTIONS.dec: return old === 0n || old > payload ? payload : old - 1n;
    default: throw pushbufferFault(`there is no reduction ${operation}`);
  }
}

function* load(view: MemoryView, address: number, wide: boolean): MemoryJob<bigint> {
  check(address, bits(wide) / 8);
  const bytes = new Uint8Array(bits(wide) / 8);
  yield* view.read(address, bytes);
  const data = new DataView(bytes.buffer);
  return wide ? data.getBigUint64(0, true) : BigInt(data.getUint32(0, true));
}
