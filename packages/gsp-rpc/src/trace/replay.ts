import type { RpcMessage } from '../message.ts';
import type { FramingProfile } from '../profile.ts';
import { messagesOf, type MessageEntry, type TraceEntry } from './entry.ts';

/** Where a driver left the recording. */
export interface Divergence {
  /** Index among the messages of the trace. */
  readonly index: number;
  /** What the recorded driver sent; undefined when it sent nothing more. */
  readonly expected: MessageEntry | undefined;
  /** What this driver sent. */
  readonly actual: RpcMessage;
  /** What differs, one line each. */
  readonly differences: readonly string[];
}

/** What differs between a recorded message and one that came now, a line each; empty when they count as the same. */
export type CompareMessages = (expected: MessageEntry, actual: RpcMessage) => readonly string[];

export interface ReplayOptions {
  readonly profile: FramingProfile;
  /** Default: every byte counts. `@nova-stack/gsp-rpc/decode` compares by field. */
  readonly compare?: CompareMessages;
}

/** An answer of the replay. */
export interface ReplayedMessage extends RpcMessage {
  /** Nanoseconds between the recorded driver's last message and this one. */
  readonly after: number;
}

/**
 * A recorded firmware: takes a driver's messages, gives the recorded replies and events. It knows the queues alone: what the recorded
 * firmware did to registers and memory is not in a trace.
 */
export interface Replay {
  /** What the firmware said before the driver did. */
  begin(): readonly ReplayedMessage[];
  /**
   * What the firmware said between this message of the driver's and its next. Nothing once the driver has left the recording.
   */
  take(request: RpcMessage): readonly ReplayedMessage[];
  /** The first message that differed. */
  readonly divergence: Divergence | undefined;
  /** Messages of the recorded driver that are still due. */
  readonly remaining: number;
}

/** A replay of `entries` from the first message on. */
export function createReplay(entries: readonly TraceEntry[], options: ReplayOptions): Replay {
  return new RecordedFirmware(messagesOf(entries), options);
}

class RecordedFirmware implements Replay {
  readonly #messages: readonly MessageEntry[];
  readonly #profile: FramingProfile;
  readonly #compare: CompareMessages;
  #next: number = 0;
  /** Numbers that this driver gave to requests, by the recorded ones. */
  readonly #sequences = new Map<number, number>();
  divergence: Divergence | undefined;
  remaining: number;

  constructor(messages: readonly MessageEntry[], options: ReplayOptions) {
    this.#messages = messages;
    this.#profile = options.profile;
    this.#compare = options.compare ?? compareBytes;
    this.remaining = messages.filter(({ direction }) => direction === 'command').length;
  }

  begin(): readonly ReplayedMessage[] {
    return this.#next === 0 ? this.#untilCommand(this.#messages[0]?.time ?? 0) : [];
  }

  take(request: RpcMessage): readonly ReplayedMessage[] {
    if (this.divergence !== undefined) return [];
    const early = this.begin();
    const expected = this.#messages[this.#next];
    const differences = expected === undefined ? ['the recording has ended'] : this.#compare(expected, request);
    if (expected === undefined || differences.length > 0) {
      this.divergence = { index: this.#next, expected, actual: { ...request, payload: request.payload.slice() }, differences };
      return [];
    }
    this.#sequences.set(expected.sequence, request.sequence);
    this.#next++;
    this.remaining--;
    return [...early, ...this.#untilCommand(expected.time)];
  }

  #untilCommand(since: number): ReplayedMessage[] {
    const out: ReplayedMessage[] = [];
    for (; this.#messages[this.#next]?.direction === 'status'; this.#next++) {
      const entry = this.#messages[this.#next]!;
      const { function: fn, result, payload } = entry;
      const event = fn >= this.#profile.events.first;
      // A reply carries the number of the request it answers, whatever that was when the trace was made.
      const sequence = event ? entry.sequence : this.#sequences.get(entry.sequence) ?? entry.sequence;
      out.push({ function: fn, result, sequence, payload, after: Math.max(0, entry.time - since) });
    }
    return out;
  }
}

const hex = (value: number): string => `0x${value.toString(16)}`;

/** Function and payload, byte by byte. */
export function compareBytes(expected: MessageEntry, actual: RpcMessage): readonly string[] {
  if (expected.function !== actual.function) return [`function ${hex(actual.function)} instead of ${hex(expected.function)}`];
  const { payload: was } = expected;
  const { payload: is } = actual;
  if (was.length !== is.length) return [`${is.length} bytes instead of ${was.length}`];
  const at = was.findIndex((byte, i) => byte !== is[i]);
  return at < 0 ? [] : [`byte ${hex(at)} of the payload is ${hex(is[at]!)} instead of ${hex(was[at]!)}`];
}
