import type { DecodedEntry, DecodedMessage } from './decoder.ts';

/** A request with its reply, or an event. */
export interface Call {
  /** Index among the messages of the trace. */
  readonly index: number;
  /** What is called, the same in every release: `GSP_RM_CONTROL NV2080_CTRL_CMD_…`, `event OS_ERROR_LOG`. */
  readonly key: string;
  /** Undefined for an event, and for a reply whose request is not in the trace. */
  readonly request: DecodedMessage | undefined;
  /** The reply or the event; undefined for a request without. */
  readonly answer: DecodedMessage | undefined;
}

function keyOf({ event, name, subject }: DecodedMessage): string {
  return [event ? `event ${name}` : name, subject].filter((part) => part !== undefined).join(' ');
}

/** Requests and their replies, events between them, in the order in which they began. */
export function callsOf(entries: readonly DecodedEntry[]): Call[] {
  const calls: { index: number; key: string; request: DecodedMessage | undefined; answer: DecodedMessage | undefined }[] = [];
  const waiting: (typeof calls)[number][] = [];
  entries.filter((entry) => entry.kind === 'message').forEach((message, index) => {
    if (message.direction === 'command') {
      const call = { index, key: keyOf(message), request: message, answer: undefined };
      calls.push(call);
      waiting.push(call);
      // A request that nothing answers must not gather for ever.
      if (waiting.length > MAX_WAITING) waiting.shift();
      return;
    }
    const fits = (call: (typeof calls)[number]): boolean => call.request?.function === message.function;
    let at = message.event ? -1 : waiting.findIndex((call) => fits(call) && call.request?.sequence === message.sequence);
    if (at < 0 && !message.event) at = waiting.findIndex(fits);
    if (at < 0) calls.push({ index, key: keyOf(message), request: undefined, answer: message });
    else waiting.splice(at, 1)[0]!.answer = message;
  });
  return calls;
}

const MAX_WAITING = 1024;
