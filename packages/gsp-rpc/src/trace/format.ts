import type { Direction } from '../tap.ts';
import { TraceError } from './errors.ts';

/**
 * The file. Little endian, written front to back and never changed afterwards, so a file that was cut is good up to the cut.
 *
 *     header   magic[8]  version u16  headerSize u16  zero u32
 *     record   size u32  kind u16  zero u16  time u64      and `size - 16` bytes of body
 *
 *     kind 1   release   the firmware release of the messages that follow, ASCII
 *     kind 2   command   function u32  result u32  sequence u32  payload
 *     kind 3   status    the same
 *     kind 4   note      ASCII
 *
 * `size` counts the whole record, `time` nanoseconds. Readers pass over kinds that they do not know and over what a longer header
 * holds; a change that they could not pass over is a new version. The first bytes show a transfer that changed line ends.
 */
export const MAGIC: readonly number[] = [0x89, 0x47, 0x53, 0x50, 0x0d, 0x0a, 0x1a, 0x0a];
export const FORMAT_VERSION: number = 1;

export const HEADER_SIZE: number = 16;
export const RECORD_HEADER_SIZE: number = 16;
/** Function, result and sequence before a payload. */
export const MESSAGE_HEADER_SIZE: number = 12;

export const KINDS = { release: 1, command: 2, status: 3, note: 4 } as const;

/** Largest payload that a record holds, in bytes: well above any message. */
export const MAX_PAYLOAD: number = 0x100_0000;
/** Longest release name or note, in characters. */
export const MAX_TEXT: number = 4096;
export const MAX_RECORD: number = RECORD_HEADER_SIZE + MESSAGE_HEADER_SIZE + MAX_PAYLOAD;

/** The first bytes of a trace. */
export function fileHeader(): Uint8Array {
  const bytes = new Uint8Array(HEADER_SIZE);
  bytes.set(MAGIC);
  const view = new DataView(bytes.buffer);
  view.setUint16(8, FORMAT_VERSION, true);
  view.setUint16(10, HEADER_SIZE, true);
  return bytes;
}

function record(kind: number, time: number, body: number): { readonly bytes: Uint8Array; readonly view: DataView } {
  if (!Number.isSafeInteger(time) || time < 0) throw new TraceError('RECORD', `a time is a number of nanoseconds from 0 to 2^53 - 1, not ${time}`);
  const bytes = new Uint8Array(RECORD_HEADER_SIZE + body);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, kind, true);
  view.setUint32(8, time % 0x1_0000_0000, true);
  view.setUint32(12, Math.floor(time / 0x1_0000_0000), true);
  return { bytes, view };
}

/** @throws {@link TraceError} `RECORD` for an impossible time, `TOO_LARGE` for an impossible message. */
export function messageRecord(
  direction: Direction, time: number, message: { readonly function: number; readonly result: number; readonly sequence: number; readonly payload: Uint8Array },
): Uint8Array {
  const { payload } = message;
  if (payload.length > MAX_PAYLOAD) throw new TraceError('TOO_LARGE', `a payload of ${payload.length} bytes; the format ends at ${MAX_PAYLOAD}`);
  const { bytes, view } = record(KINDS[direction], time, MESSAGE_HEADER_SIZE + payload.length);
  view.setUint32(16, message.function, true);
  view.setUint32(20, message.result, true);
  view.setUint32(24, message.sequence, true);
  bytes.set(payload, RECORD_HEADER_SIZE + MESSAGE_HEADER_SIZE);
  return bytes;
}

/** A text longer than {@link MAX_TEXT} is cut; what is not printable ASCII becomes a question mark. */
export function textRecord(kind: 'release' | 'note', time: number, text: string): Uint8Array {
  const cut = text.slice(0, MAX_TEXT);
  const { bytes } = record(KINDS[kind], time, cut.length);
  for (let i = 0; i < cut.length; i++) {
    const code = cut.charCodeAt(i);
    bytes[RECORD_HEADER_SIZE + i] = code >= 0x20 && code < 0x7f ? code : 0x3f;
  }
  return bytes;
}
