import { HEADER_WORDS, queueHeader } from '../queue-header.ts';
import { SHARED_MEMORY } from '../shared-memory.ts';

/** Fields of a queue's header page by their 32-bit word. */
export const HEADER_FIELDS: typeof HEADER_WORDS = HEADER_WORDS;

export type HeaderField = keyof typeof HEADER_WORDS;

/** A queue's header as it was found. */
export interface DumpHeader {
  readonly fields: Readonly<Record<HeaderField, number>>;
  /** Entries that are in the dump; what the header says, where that can be. */
  readonly entries: number;
  readonly flaws: readonly string[];
}

const { entrySize } = SHARED_MEMORY;
const CHECKED = ['version', 'size', 'msgSize', 'msgCount', 'flags', 'rxHdrOff', 'entryOff'] as const;

/** @param room - bytes of the dump from the header to the next queue or the end */
export function readQueueHeader(words: Int32Array, offset: number, room: number): DumpHeader {
  const fields = Object.fromEntries(Object.entries(HEADER_WORDS).map(([name, index]) => [name, words[offset / 4 + index]! >>> 0])) as Record<HeaderField, number>;
  const flaws: string[] = [];
  if (Object.values(fields).every((value) => value === 0)) flaws.push('header is all zero: its owner has not come up');
  else {
    const usable = fields.size >= 2 * entrySize && fields.size % entrySize === 0;
    const expected = queueHeader(usable ? fields.size : SHARED_MEMORY.queueSize);
    for (const name of CHECKED) {
      const allowed = expected[HEADER_WORDS[name]]! >>> 0;
      if (fields[name] !== allowed) flaws.push(`${name} is 0x${fields[name].toString(16)} instead of 0x${allowed.toString(16)}`);
    }
  }
  const there = Math.max(0, Math.floor(room / entrySize) - 1);
  const entries = fields.msgCount > 0 && fields.msgCount <= there ? fields.msgCount : Math.min(there, SHARED_MEMORY.entries);
  if (fields.msgCount > there) flaws.push(`${fields.msgCount} entries declared, ${there} in the dump`);
  if (fields.writePtr >= Math.max(1, entries)) flaws.push(`writePtr is ${fields.writePtr}, outside 0..${Math.max(0, entries - 1)}`);
  return { fields, entries, flaws };
}
