// The frames in which the contract crosses a byte stream: no pointer, no callback, the same structs as in memory.
import type { Struct } from './form.ts';
import { Placer, type Unplaced } from './place.ts';

/** `NOVA` in the order of the bytes. */
export const FRAME_MAGIC = 0x41564f4e;
/** Version of the frames themselves; a peer of another one is refused. */
export const FRAME_VERSION = 1;
/** Bytes of the longest frame, head included. */
export const MAX_FRAME: number = 16 * 2 ** 20;
/** Sessions that one connection can have. */
export const MAX_SESSIONS = 16;
/** Everything in a frame lies at a multiple of this. */
export const FRAME_ALIGN = 8;

export type FrameField = 'call' | 'status' | 'iface' | 'major' | 'slot' | 'session' | 'object';

export interface FrameRow {
  readonly number: number;
  /** Who sends it. */
  readonly from: 'client' | 'core';
  /** Members of the head that say something; the others are zero. */
  readonly uses: readonly FrameField[];
  readonly text: string;
}

const frames = {
  offer: { number: 1, from: 'client', uses: ['call'], text: 'Begins the conversation, with magic and version; answered with the offer.' },
  attach: { number: 2, from: 'client', uses: ['call'], text: 'A hello; answered with the agreement.' },
  call: { number: 3, from: 'client', uses: ['call', 'iface', 'major', 'slot', 'session', 'object'], text: 'What a function takes, and what room there is for what it gives; answered with the latter.' },
  detach: { number: 4, from: 'client', uses: ['call', 'session'], text: 'Ends a session.' },
  event: { number: 5, from: 'core', uses: ['session'], text: 'An event. The next one of the session comes when it was acknowledged.' },
  'event-ack': { number: 6, from: 'client', uses: ['call', 'session'], text: 'The event was delivered; answered when the next one, if one waits, was sent.' },
  reply: { number: 7, from: 'core', uses: ['call', 'status'], text: 'The answer to the frame of this call; with a status other than 0 an error.' },
} as const;
export type FrameType = keyof typeof frames;
/** Kinds of frames. A client sends one and waits for its reply; events come at any time. */
export const FRAMES: Readonly<Record<FrameType, FrameRow>> = frames;

const placer = new Placer();
const integer = (name: string, width: 'u16' | 'u32' | 'u64', text: string): Unplaced => ({ name, type: { kind: 'integer', integer: width }, text });

/** What every frame begins with. */
export const FRAME_HEAD: Struct = placer.lay('frame', 'What every frame begins with. What it is followed by lies at multiples of 8 bytes, without gaps but zeros.', [
  integer('length', 'u32', 'Bytes of the frame, this head included; a multiple of 8.'),
  integer('type', 'u16', 'What the frame is.'),
  integer('major', 'u16', 'Major of the interface.'),
  integer('iface', 'u32', 'Interface of the function.'),
  integer('slot', 'u32', "Place of the function in the interface's table, from 0."),
  integer('call', 'u32', "The client's number of its request; its reply has the same."),
  integer('status', 'u32', 'Of a reply: 0, or which error.'),
  integer('session', 'u64', 'The session, or 0.'),
  integer('object', 'u64', 'The object that the function is called on, or 0.'),
]);

/** What `offer` carries. */
export const FRAME_GREETING: Struct = placer.lay('frame_greeting', 'What a client says first.', [
  integer('magic', 'u32', 'That these are frames of the contract.'), integer('version', 'u32', 'Version of the frames.'),
]);

/** What stands in a struct of a frame where in memory there is a pointer. */
export const FRAME_POINTER: Struct = placer.lay('frame_pointer', 'Stands in a frame in the place of a pointer; zero for none.', [
  integer('offset', 'u32', 'From the start of the frame.'), integer('length', 'u32', 'Bytes that lie there; of a record that is to come out, bytes that there is room for.'),
]);
