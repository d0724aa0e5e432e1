import type { RpcMessage } from './message.ts';
import type { FramingProfile } from './profile.ts';

/** A call on its way. */
export interface PendingCall {
  readonly function: number;
  /** 0 in a request without a number. */
  readonly sequence: number;
  reply: RpcMessage | undefined;
  /** Nobody waits any more, but the firmware may still answer. */
  abandoned: boolean;
}

/** Calls without a number that nobody waits for, kept at most. */
const MOST_ABANDONED = 64;

/**
 * Calls that wait for a reply, in the order in which they were sent. The firmware answers each exactly once and in that order, and sends
 * the request's number back.
 */
export class PendingCalls {
  readonly #profile: FramingProfile;
  #calls: PendingCall[] = [];

  constructor(profile: FramingProfile) {
    this.#profile = profile;
  }

  add(fn: number, sequence: number): PendingCall {
    const call = { function: fn, sequence, reply: undefined, abandoned: false };
    this.#calls.push(call);
    return call;
  }

  /**
   * Ends a wait. Without a number the late reply of an abandoned call would pass for the next one's, so the call keeps its place.
   *
   * @param sent - whether the firmware got it
   */
  end(call: PendingCall, sent: boolean): void {
    call.abandoned = true;
    if (call.reply === undefined && sent && call.sequence === 0 && this.#calls.length <= MOST_ABANDONED) return;
    this.#calls = this.#calls.filter((other) => other !== call);
  }

  /** The call that a reply belongs to, which is then off the list; undefined for a stale reply. */
  match({ function: fn, sequence }: RpcMessage): PendingCall | undefined {
    const unnumbered = sequence === 0 && !this.#profile.sequence.matched;
    const index = this.#calls.findIndex((call) => call.function === fn && (call.sequence === sequence || call.sequence === 0 || unnumbered));
    if (index < 0) return undefined;
    const [call] = this.#calls.splice(index, 1);
    return call!.abandoned ? undefined : call;
  }
}
