import type { FrameReader } from './frame.ts';
import { outside, refuse } from './flaw.ts';
import { STRUCT_HEAD, type FieldPlan, type StructPlan } from './plan.ts';
import type { Room } from './room.ts';
import { textOf } from './utf8.ts';

/** A struct's bytes, as many as the reader knows. */
interface Known {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/**
 * Reads the struct that comes next, and what it refers to. What its writer does not know counts as zero; what the reader does not know must
 * be zero.
 *
 * @throws {ContractError} `InvalidArgument` or `Range`, with the member's path
 */
export function readStruct(frame: FrameReader, plan: StructPlan, path: string): Record<string, unknown> {
  return fieldsOf(frame, plan, known(frame.struct(path), plan, path), path);
}

/** Reads a struct that refers to nothing, from as many bytes as it says. */
export function readHeld(bytes: Uint8Array, plan: StructPlan, path: string): Record<string, unknown> {
  sameSize(bytes, `${path}.struct_size`);
  return fieldsOf(undefined, plan, known(bytes, plan, path), path);
}

/**
 * Cuts or fills up a struct to the size that is known.
 *
 * @param bytes - as many as its `struct_size` says
 */
function known(bytes: Uint8Array, plan: StructPlan, path: string, tail: 'zero' | 'any' = 'zero'): Known {
  let all = bytes;
  if (bytes.length < plan.size) {
    all = new Uint8Array(plan.size);
    all.set(bytes);
  } else if (bytes.length > plan.size) {
    const more = bytes.subarray(plan.size).findIndex((byte) => byte !== 0);
    if (tail === 'zero' && more >= 0) refuse(`${path}.struct_size`, `${bytes.length}, and byte ${plan.size + more} is not zero`, `zeros behind the ${plan.size} bytes that are known`);
    all = bytes.subarray(0, plan.size);
  }
  return { bytes: all, view: new DataView(all.buffer, all.byteOffset, all.byteLength) };
}

/** @param frame - where its pointers lead; what is held in another struct has none */
function fieldsOf(frame: FrameReader | undefined, plan: StructPlan, struct: Known, path: string): Record<string, unknown> {
  const { view, bytes } = struct;
  const present = view.getUint32(4, true);
  if ((present & ~plan.bits) !== 0) refuse(`${path}.present`, `0x${present.toString(16)}`, `no bits but 0x${plan.bits.toString(16)}`);
  for (const [at, size] of plan.gaps) zero(bytes, at, size, `${path}.reserved`);
  const values: Record<string, unknown> = {};
  for (const field of plan.fields) {
    const there = field.bit === 0 || (present & field.bit) !== 0;
    if (there) values[field.name] = read(frame, field, plan, struct, `${path}.${field.member}`);
    else absent(field, bytes, `${path}.${field.member}`);
  }
  return values;
}

function read(frame: FrameReader | undefined, plan: FieldPlan, { position }: StructPlan, { view, bytes }: Known, path: string): unknown {
  const { field, at, record } = plan;
  switch (field.kind) {
    case 'u8': return view.getUint8(at);
    case 'u16': return view.getUint16(at, true);
    case 'u32': return view.getUint32(at, true);
    case 'size': return size(view.getBigUint64(at, true), path);
    case 'token': case 'object': return view.getBigUint64(at, true);
    case 'flag': {
      const value = view.getUint8(at);
      return value > 1 ? refuse(path, String(value), '0 or 1') : value === 1;
    }
    case 'enum': {
      const number = view.getUint32(at, true);
      return plan.names!.get(number) ?? refuse(path, String(number), `one of ${[...plan.names!.keys()].join(', ')}`);
    }
    case 'octets': return bytes.slice(at, at + field.length);
    case 'text': return text(position === 'in' ? pointed(frame!, plan, view, path) : padded(bytes.subarray(at, at + field.length), path), path);
    case 'data': return pointed(frame!, plan, view, path).slice();
    case 'record': {
      if (position === 'held') return fieldsOf(frame, record!, whole(bytes.subarray(at, at + record!.size), record!, path), path);
      const [offset, length] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
      if (length < STRUCT_HEAD) {
        // Who did not want a record that comes out gets none.
        if (position === 'out' && length === 0 && offset === 0) return undefined;
        outside(`${path}.length`, String(length), `at least ${STRUCT_HEAD}`);
      }
      const block = frame!.block(offset, length, path);
      sameSize(block, `${path}.struct_size`);
      return fieldsOf(frame, record!, known(block, record!, path), path);
    }
    case 'list': return elements(frame!, plan, view, path);
  }
}

function elements(frame: FrameReader, { at, beside, record }: FieldPlan, view: DataView, path: string): unknown[] {
  const count = view.getUint32(beside.count!.at, true);
  const block = frame.block(view.getUint32(at, true), view.getUint32(at + 4, true), path);
  if (count === 0 ? block.length > 0 : block.length % count !== 0 || block.length / count < STRUCT_HEAD) outside(`${path}_count`, String(count), `elements of at least ${STRUCT_HEAD} bytes each in ${block.length}`);
  const stride = block.length / count;
  return Array.from({ length: count }, (_, i) => {
    const where = `${path}[${i}]`;
    const element = block.subarray(i * stride, (i + 1) * stride);
    sameSize(element, `${where}.struct_size`);
    return fieldsOf(frame, record!, known(element, record!, where), where);
  });
}

/** A struct inside another cannot have another size than its place has. */
function whole(bytes: Uint8Array, plan: StructPlan, path: string): Known {
  sameSize(bytes, `${path}.struct_size`);
  return known(bytes, plan, path);
}

function sameSize(bytes: Uint8Array, path: string): void {
  const says = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
  if (says !== bytes.length) outside(path, String(says), `${bytes.length}, as much as there is`);
}

function pointed(frame: FrameReader, { at, beside }: FieldPlan, view: DataView, path: string): Uint8Array {
  const length = view.getUint32(at + 4, true);
  const { at: lengthAt, size: width } = beside.length!;
  const said = width === 8 ? view.getBigUint64(lengthAt, true) : BigInt(view.getUint32(lengthAt, true));
  if (said !== BigInt(length)) outside(`${path}_length`, String(said), `${length}, as many as are in the frame`);
  return frame.block(view.getUint32(at, true), length, path);
}

/** Text in the struct itself: behind its end there are zeros. */
function padded(bytes: Uint8Array, path: string): Uint8Array {
  const end = bytes.indexOf(0);
  if (end < 0) return bytes;
  zero(bytes, end, bytes.length - end, path);
  return bytes.subarray(0, end);
}

function text(bytes: Uint8Array, path: string): string {
  return textOf(bytes) ?? refuse(path, `${bytes.length} bytes that are no text`, 'UTF-8');
}

function size(value: bigint, path: string): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) outside(path, String(value), `0 to ${Number.MAX_SAFE_INTEGER}`);
  return Number(value);
}

function zero(bytes: Uint8Array, at: number, length: number, path: string): void {
  const wrong = bytes.subarray(at, at + length).findIndex((byte) => byte !== 0);
  if (wrong >= 0) refuse(path, `0x${bytes[at + wrong]!.toString(16)} at byte ${at + wrong}`, 'zeros');
}

function absent({ at, size: length, beside }: FieldPlan, bytes: Uint8Array, path: string): void {
  for (const part of [{ at, size: length }, ...Object.values(beside)]) zero(bytes, part.at, part.size, `${path}, which is not present,`);
}

/**
 * Reads what room a client has. Nothing else may stand there; what lies behind the part that is known would be filled with zeros by its
 * owner, so it does not matter.
 */
export function readRoom(frame: FrameReader, plan: StructPlan, path: string): Room {
  const { bytes, view } = known(frame.struct(path), plan, path, 'any');
  const wanted = new Set<string>();
  const capacities: Record<string, number> = {};
  const rest = bytes.slice();
  rest.fill(0, 0, 4);
  for (const { name, member, at, field, beside } of plan.fields) {
    if (field.kind === 'record') {
      const room = view.getUint32(at + 4, true);
      if (room === 0) continue;
      if (room < STRUCT_HEAD) outside(`${path}.${member}.length`, String(room), `0, or at least ${STRUCT_HEAD}`);
      wanted.add(name);
      rest.fill(0, at + 4, at + 8);
    } else if (beside.capacity) {
      const { at: capacityAt, size: width } = beside.capacity;
      capacities[name] = width === 8 ? size(view.getBigUint64(capacityAt, true), `${path}.${member}_capacity`) : view.getUint32(capacityAt, true);
      rest.fill(0, capacityAt, capacityAt + width);
    }
  }
  zero(rest, 0, rest.length, path);
  return { wanted, capacities };
}

