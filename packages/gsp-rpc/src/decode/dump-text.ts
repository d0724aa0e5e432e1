import type { Dump, DumpQueue } from '../trace/dump.ts';
import { guessRelease, type DumpMessage } from '../trace/dump-ring.ts';
import type { Direction } from '../tap.ts';
import { openDecoder, type DecodedMessage, type Decoder, type DecoderOptions } from './decoder.ts';
import { formatHeadline, formatMessage, formatNumber, type FormatOptions } from './text.ts';

export interface FormatDumpOptions extends DecoderOptions {
  /** Which fields of messages in flight are shown; default those that are not zero. What was read already gets its headline. */
  readonly fields?: FormatOptions['fields'];
  /** Firmware release; by default what the messages themselves give away, else 570.144. */
  readonly release?: string;
}

/** The release that is decoded when neither caller nor messages tell one: drivers ask for it first. */
const FALLBACK = '570.144';

/**
 * A dump as lines: headers, pointers, what is in flight, what was, and everything that is wrong.
 *
 * @throws TraceError `RELEASE` for a release without tables
 */
export async function formatDump(dump: Dump, options: FormatDumpOptions = {}): Promise<string[]> {
  const messages = dump.queues.flatMap(({ messages: each }) => each);
  const guessed = options.release ?? guessRelease(messages);
  const decoder = await openDecoder(guessed ?? FALLBACK, options);
  await decoder.prepare(messages);
  const lines = [`${formatNumber(dump.size)} bytes, firmware ${decoder.release}${options.release === undefined ? (guessed === undefined ? ' (assumed)' : ' (by the size of its messages)') : ''}`];
  const { pageTable } = dump;
  if (pageTable !== undefined) {
    lines.push(`page table: ${pageTable.pages.length} pages from ${formatNumber(pageTable.pages[0] ?? 0)}, ${pageTable.contiguous ? 'contiguous' : 'scattered'}`);
  }
  for (const flaw of dump.flaws) lines.push(`wrong: ${flaw}`);
  for (const queue of dump.queues) lines.push(...formatQueue(queue, decoder, options.fields ?? 'set'));
  return lines;
}

function formatQueue(queue: DumpQueue, decoder: Decoder, fields: NonNullable<FormatOptions['fields']>): string[] {
  const { role, offset, header, readPtr, inFlight, messages } = queue;
  const { version, size, msgSize, msgCount, writePtr, flags, rxHdrOff, entryOff, readPtr: other } = header.fields;
  const lines = [
    `${role} queue at ${formatNumber(offset)}`,
    `  header: version ${version}, size ${formatNumber(size)}, ${msgCount} entries of ${formatNumber(msgSize)}, flags ${formatNumber(flags)}, read pointer at ${formatNumber(rxHdrOff)}, entries at ${formatNumber(entryOff)}`,
    `  written up to ${writePtr}, read up to ${readPtr ?? 'nobody knows where: that stands in the other queue'}; its owner has read the other queue up to ${other}`,
  ];
  const held = inFlight.reduce((sum, { entries }) => sum + entries, 0);
  lines.push(`  in flight: ${inFlight.length} records in ${held} entries`);
  for (const message of messages) if (message.state === 'in flight') lines.push(...describe(message, role, decoder, fields));
  const past = messages.filter(({ state }) => state === 'past');
  lines.push(`  ${readPtr === undefined ? 'in the ring' : 'read already'}: ${past.length} messages, oldest first`);
  for (const message of past) lines.push(...describe(message, role, decoder, 'none'));
  return lines;
}

function describe(message: DumpMessage, role: DumpQueue['role'], decoder: Decoder, fields: NonNullable<FormatOptions['fields']>): string[] {
  const decoded: DecodedMessage = decoder.decode(role === 'unknown' ? message : { ...message, direction: role satisfies Direction });
  const where = `entry ${String(message.entry).padStart(2)}, element ${message.seqNum}`;
  const [, ...body] = fields === 'none' ? [''] : formatMessage(decoded, { fields });
  // A dump has no times.
  const headline = formatHeadline(decoded).replace(/^ *[\d.]+ ms {2}/, '');
  return [`    ${where}  ${headline}`, ...message.flaws.map((flaw) => `      wrong: ${flaw}`), ...body.map((line) => `    ${line}`)];
}
