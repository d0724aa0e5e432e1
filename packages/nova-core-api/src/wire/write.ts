import type { FrameWriter } from './frame.ts';
import { outside, refuse } from './flaw.ts';
import type { FieldPlan, StructPlan } from './plan.ts';
import type { Room } from './room.ts';
import { utf8 } from './utf8.ts';

export type Values = Readonly<Record<string, unknown>>;

/**
 * Writes a struct, and behind it what it refers to. Objects are their handles, as bigint.
 *
 * @param room - which records are wanted, for what comes out
 * @throws {ContractError} `InvalidArgument` or `Range` for a value that has no place in its field
 */
export function writeStruct(frame: FrameWriter, plan: StructPlan, values: Values, path: string, room?: Room): void {
  writeStructAt(frame, frame.take(plan.size, path), plan, values, path, room);
}

/** The same at a place that was taken before. */
export function writeStructAt(frame: FrameWriter, at: number, plan: StructPlan, values: Values, path: string, room?: Room): void {
  frame.u32(at, plan.size);
  let present = 0;
  for (const field of plan.fields) {
    const value = values[field.name];
    if (value === undefined) {
      if (field.bit === 0) refuse(`${path}.${field.member}`, 'missing', 'a value');
      continue;
    }
    present |= field.bit;
    write(frame, at, field, plan, value, `${path}.${field.member}`, room);
  }
  frame.u32(at + 4, present >>> 0);
}

function write(frame: FrameWriter, base: number, plan: FieldPlan, { position }: StructPlan, value: unknown, path: string, room?: Room): void {
  const { field, record } = plan;
  const at = base + plan.at;
  switch (field.kind) {
    case 'u8': frame.u8(at, whole(value, 0xff, path)); return;
    case 'u16': frame.u16(at, whole(value, 0xffff, path)); return;
    case 'u32': frame.u32(at, whole(value, 0xffffffff, path)); return;
    case 'size': frame.u64(at, BigInt(whole(value, Number.MAX_SAFE_INTEGER, path))); return;
    case 'token': case 'object': frame.u64(at, wide(value, path)); return;
    case 'flag': frame.u8(at, value === true ? 1 : 0); return;
    case 'enum': frame.u32(at, plan.numbers![value as string] ?? refuse(path, String(value), `one of ${Object.keys(plan.numbers!).join(', ')}`)); return;
    case 'octets': frame.put(at, sized(value as Uint8Array, field.length, path)); return;
    case 'text': {
      const bytes = utf8(value as string);
      if (bytes.length > field.length) outside(path, `${bytes.length} bytes`, `at most ${field.length}`);
      if (position === 'in') pointTo(frame, base, plan, bytes, path);
      else if (bytes.includes(0)) refuse(path, 'text with a zero', 'text without one, for zeros fill the rest of its room');
      else frame.put(at, bytes);
      return;
    }
    case 'data': pointTo(frame, base, plan, value as Uint8Array, path); return;
    case 'record':
      if (position === 'held') writeStructAt(frame, at, record!, value as Values, path);
      else if (position === 'in' || room === undefined || room.wanted.has(plan.name)) {
        frame.u32(at, frame.length);
        frame.u32(at + 4, record!.size);
        writeStruct(frame, record!, value as Values, path);
      }
      return;
    case 'list': {
      const list = value as readonly Values[];
      const { size } = record!;
      frame.u32(base + plan.beside.count!.at, list.length);
      if (list.length === 0) return;
      const start = frame.take(list.length * size, path);
      frame.u32(at, start);
      frame.u32(at + 4, list.length * size);
      list.forEach((element, i) => { writeStructAt(frame, start + i * size, record!, element, `${path}[${i}]`); });
    }
  }
}

/** Bytes behind the struct; their place and length in it. */
function pointTo(frame: FrameWriter, base: number, { at, beside }: FieldPlan, bytes: Uint8Array, path: string): void {
  const { at: lengthAt, size } = beside.length!;
  if (size === 8) frame.u64(base + lengthAt, BigInt(bytes.length));
  else frame.u32(base + lengthAt, bytes.length);
  if (bytes.length === 0) return;
  const start = frame.take(bytes.length, path);
  frame.put(start, bytes);
  frame.u32(base + at, start);
  frame.u32(base + at + 4, bytes.length);
}

/** A struct with nothing but how many bytes and elements there are, for a client that has no room for them. */
export function writeCounts(frame: FrameWriter, plan: StructPlan, values: Values): void {
  const at = frame.take(plan.size, plan.struct);
  frame.u32(at, plan.size);
  for (const { name, beside } of plan.fields) {
    const value = values[name] as { readonly length: number } | undefined;
    if (value === undefined) continue;
    if (beside.count) frame.u32(at + beside.count.at, value.length);
    else if (beside.capacity) frame.u64(at + beside.length!.at, BigInt(value.length));
  }
}

/** Tells what room there is for what comes out: sizes of records that are wanted, capacities, and otherwise zeros. */
export function writeRoom(frame: FrameWriter, plan: StructPlan, room: Room): void {
  const at = frame.take(plan.size, plan.struct);
  frame.u32(at, plan.size);
  for (const { name, at: place, field, beside, record } of plan.fields) {
    if (field.kind === 'record' && room.wanted.has(name)) frame.u32(at + place + 4, record!.size);
    const capacity = room.capacities[name] ?? 0;
    if (beside.capacity?.size === 8) frame.u64(at + beside.capacity.at, BigInt(capacity));
    else if (beside.capacity) frame.u32(at + beside.capacity.at, capacity);
  }
}

function whole(value: unknown, max: number, path: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) refuse(path, String(value), 'a whole number');
  if (value < 0 || value > max) outside(path, String(value), `0 to ${max}`);
  return value;
}

function wide(value: unknown, path: string): bigint {
  if (typeof value !== 'bigint') refuse(path, String(value), 'a bigint');
  if (value < 0n || value >= 2n ** 64n) outside(path, String(value), '64 bits');
  return value;
}

function sized(bytes: Uint8Array, length: number, path: string): Uint8Array {
  if (bytes.length !== length) outside(path, `${bytes.length} bytes`, `${length} bytes`);
  return bytes;
}

