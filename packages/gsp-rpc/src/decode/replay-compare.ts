import { PENDING } from '../record.ts';
import type { MessageEntry } from '../trace/entry.ts';
import { compareBytes, type CompareMessages, type Divergence } from '../trace/replay.ts';
import type { Decoder } from './decoder.ts';
import { diffMessages, type DiffOptions } from './diff.ts';
import { formatMessage } from './text.ts';

/**
 * A comparison by field for a replay: what the options leave out may differ. The decoder must be prepared with the recorded messages.
 */
export function compareFields(decoder: Decoder, options: DiffOptions = {}): CompareMessages {
  return (expected, actual) => {
    const raw = compareBytes(expected, actual);
    if (raw.length === 0 || expected.function !== actual.function) return raw;
    const now = { ...actual, direction: 'command' as const };
    // A call that the recording never made differs for sure; its layouts need not be there.
    if (!decoder.prepared(expected) || !decoder.prepared(now)) return raw;
    return diffMessages(decoder.decode(expected), decoder.decode(now), 'request', options).map(({ path, a, b }) => `${path} is ${b ?? 'not there'} instead of ${a ?? 'not there'}`);
  };
}

/** Where a driver left the recording, both sides decoded. */
export async function formatDivergence(divergence: Divergence, decoder: Decoder): Promise<string[]> {
  const { index, expected, actual, differences } = divergence;
  const now = { ...actual, result: PENDING, direction: 'command' as const };
  const both: (MessageEntry | typeof now)[] = expected === undefined ? [now] : [expected, now];
  await decoder.prepare(both);
  return [
    `message ${index} differs from the recording:`,
    ...differences.map((line) => `  ${line}`),
    'recorded:', ...(expected === undefined ? ['  nothing more'] : formatMessage(decoder.decode(expected)).map((line) => `  ${line}`)),
    'now:', ...formatMessage(decoder.decode(now)).map((line) => `  ${line}`),
  ];
}
