import type { RpcMessage } from '../message.ts';
import type { Direction } from '../tap.ts';

/** A message in a trace. */
export interface MessageEntry extends RpcMessage {
  readonly kind: 'message';
  /** Nanoseconds on the recorder's clock. */
  readonly time: number;
  readonly direction: Direction;
  /** Firmware release that was spoken, `570.144`. */
  readonly release: string;
}

/** A line that somebody put between the messages. */
export interface NoteEntry {
  readonly kind: 'note';
  readonly time: number;
  readonly text: string;
}

export type TraceEntry = MessageEntry | NoteEntry;

/** The messages of a trace, notes left out. */
export function messagesOf(entries: readonly TraceEntry[]): MessageEntry[] {
  return entries.filter((entry) => entry.kind === 'message');
}
