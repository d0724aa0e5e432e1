import type { Interface } from '../schema/interface.ts';
import { FRAME_ALIGN, MAX_FRAME } from '../emit/frame-form.ts';
import { snake } from '../emit/form.ts';
import { HEAD_BYTES, type FrameReader, type FrameWriter } from './frame.ts';
import { outside, refuse } from './flaw.ts';
import { planOf, type SlotPlan, type StructPlan } from './plan.ts';
import { readRoom, readStruct } from './read.ts';
import { shortOf, type Room } from './room.ts';
import { writeCounts, writeRoom, writeStruct, type Values } from './write.ts';

/** What a client calls a function with. */
export interface CallBody {
  /** Undefined for a function that takes nothing. Objects do not go in. */
  readonly in: Values | undefined;
  readonly room: Room;
}

/** One function of an interface, in frames. */
export interface SlotCodec extends Pick<SlotPlan, 'name' | 'member' | 'object' | 'operation'> {
  /** Fields of the answer that are objects, with the kind of each. */
  readonly gives: Readonly<Record<string, string>>;
  writeCall(frame: FrameWriter, body: CallBody): void;
  /** @throws {ContractError} `InvalidArgument` or `Range`, with the member's path: `in.label_length` */
  readCall(frame: FrameReader): CallBody;
  /**
   * The field of which a call asks for more than the caller has room for, as far as what goes in says how much comes out; so nothing is
   * made that could not be told.
   *
   * @throws {ContractError} `Range` when it asks for more than there is room for in any frame
   */
  askedTooMuch(body: CallBody): { readonly member: string; readonly counts: Values } | undefined;
  /** The field for which a caller has too little room, or undefined. */
  shortOf(out: Values, room: Room): string | undefined;
  /** Objects are their handles. @throws {ContractError} `InvalidArgument` or `Range` for an answer that has no place in its frame */
  writeReply(frame: FrameWriter, out: Values, room: Room): void;
  /** Only how much there is, for a caller that has too little room. */
  writeCounts(frame: FrameWriter, out: Values): void;
  /** Undefined for a function that gives nothing; a record that was not wanted is not there. */
  readReply(frame: FrameReader): Values | undefined;
}

const NO_ROOM: Room = { wanted: new Set(), capacities: {} };

/**
 * The functions of an interface in the order of their slots.
 *
 * @param schema - at the minor of the session: what came later is not known, and must be zero
 */
export function slotsInFrames(schema: Interface): readonly SlotCodec[] {
  return planOf(schema).slots.map((plan) => ({
    name: plan.name, member: plan.member, object: plan.object, operation: plan.operation,
    gives: Object.fromEntries((plan.out?.fields ?? []).flatMap(({ name, field }) => (field.kind === 'object' ? [[name, field.object]] : []))),
    writeCall(frame, { in: values, room }) {
      if (plan.in) writeStruct(frame, plan.in, values ?? {}, 'in');
      if (plan.out) writeRoom(frame, plan.out, room);
    },
    readCall(frame) {
      const values = plan.in && readStruct(frame, plan.in, 'in');
      const room = plan.out ? readRoom(frame, plan.out, 'out') : NO_ROOM;
      frame.end();
      return { in: values, room };
    },
    askedTooMuch: (body) => plan.out && askedTooMuch(plan.out, body),
    shortOf: (out, room) => plan.out && shortOf(plan.out, out, room),
    writeReply(frame, out, room) {
      if (plan.out) writeStruct(frame, plan.out, out, 'out', room);
    },
    writeCounts(frame, out) {
      if (plan.out) writeCounts(frame, plan.out, out);
    },
    readReply(frame) {
      const values = plan.out && readStruct(frame, plan.out, 'out');
      frame.end();
      return values;
    },
  }));
}

function askedTooMuch(out: StructPlan, { in: values = {}, room }: CallBody): ReturnType<SlotCodec['askedTooMuch']> {
  for (const { name, member, field } of out.fields) {
    const wanted = field.kind === 'data' && field.sizedBy !== undefined ? values[field.sizedBy] : undefined;
    if (typeof wanted !== 'number') continue;
    const most = MAX_FRAME - HEAD_BYTES - out.size - FRAME_ALIGN;
    if (wanted > most) outside(`in.${snake((field as { readonly sizedBy: string }).sizedBy)}`, String(wanted), `at most ${most}, for there is no longer frame than ${MAX_FRAME} bytes`);
    if (wanted > (room.capacities[name] ?? 0)) return { member, counts: { [name]: { length: wanted } } };
  }
  return undefined;
}

/** Room for everything that a function can give, with so many bytes and elements. */
export function roomFor(slot: SlotCodec, capacity: number): Room {
  const fields = Object.entries(slot.operation?.out ?? {});
  if (capacity < 0) outside('capacity', String(capacity), 'at least 0');
  return {
    wanted: new Set(fields.filter(([, { kind }]) => kind === 'record').map(([name]) => name)),
    capacities: Object.fromEntries(fields.filter(([, { kind }]) => kind === 'list' || kind === 'data').map(([name]) => [name, capacity])),
  };
}

/** The slot of a call. @throws {ContractError} `InvalidArgument` */
export function slotAt(slots: readonly SlotCodec[], slot: number): SlotCodec {
  return slots[slot] ?? refuse('frame.slot', String(slot), `0 to ${slots.length - 1}`);
}
