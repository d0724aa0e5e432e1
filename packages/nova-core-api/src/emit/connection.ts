// The structs that every version shares: how a client and a core meet, what an error and an event look like. What crosses before there is a
// version to agree on never moves; more may come behind what was there from the first.
import type { MemberType, Signature } from './form.ts';
import type { Placer, Unplaced } from './place.ts';

const u8 = (count?: number): MemberType => ({ kind: 'integer', integer: 'u8', ...(count !== undefined && { count }) });
const u16: MemberType = { kind: 'integer', integer: 'u16' };
const u32: MemberType = { kind: 'integer', integer: 'u32' };
const u64 = (count?: number): MemberType => ({ kind: 'integer', integer: 'u64', ...(count !== undefined && { count }) });
const chars = (length: number): MemberType => ({ kind: 'chars', length });
const held = (struct: string, count?: number): MemberType => ({ kind: 'struct', struct, ...(count !== undefined && { count }) });
export const pointer = (struct: string, writable: boolean): MemberType => ({ kind: 'pointer', to: { struct }, writable });

const member = (name: string, type: MemberType, text: string): Unplaced => ({ name, type, text });
const SIZE = member('struct_size', u32, '');

/** Bytes of an event's payload. */
export const PAYLOAD_BYTES = 64;
/** Bytes of what an error is about. */
export const SUBJECT_BYTES = 64;
/** Interfaces that one session can have. */
export const AGREED = 4;

/** A function of a core: what it is called with besides what the contract says. */
export function coreFunction(parameters: Signature['parameters']): Signature {
  return {
    parameters: [{ name: 'core', type: pointer('core', true) }, ...parameters, { name: 'error', type: pointer('error', true) }],
    returns: 'status',
  };
}

export const SESSION: Signature['parameters'][number] = { name: 'session', type: u64() };
const fn = (name: string, parameters: Signature['parameters'], text: string): Unplaced => ({ name, type: { kind: 'function', signature: coreFunction(parameters) }, text });

/** Lays out the handshake, errors and events, in that order. */
export function layConnection(placer: Placer): void {
  placer.lay('iface_offer', 'A major that a core has of an interface.', [
    member('iface', u32, 'Which interface.'), member('major', u16, 'A major that the core has.'), member('minor', u16, 'Its highest minor.'),
    member('flags', u32, 'Preferred, deprecated, required.'), member('reserved', u32, ''),
  ]);
  placer.lay('offer', 'What a core has. It stays where it is as long as the core.', [
    SIZE, member('count', u32, 'Interfaces at one major each.'), member('ifaces', pointer('iface_offer', false), 'What is offered.'),
    member('epoch', u64(), 'Changes with every reset of the device.'), member('flags', u32, 'Zero.'), member('stride', u32, 'Bytes from one entry to the next.'),
    member('support_id', { kind: 'pointer', to: 'chars', writable: false }, 'Text with a zero at its end, for bug reports; programs do not read it.'),
    member('caps', u64(4), 'Capabilities that can be granted, a bit each; a core that does not tell says none.'),
  ]);
  placer.lay('iface_want', 'A range of versions that a client speaks.', [
    member('iface', u32, 'Which interface.'), member('major', u16, 'A major that the client speaks.'), member('min_minor', u16, 'The least minor that is of use.'),
    member('max_minor', u16, 'The highest minor that it knows.'), member('flags', u16, 'Optional.'), member('reserved', u32, ''),
  ]);
  placer.lay('event', 'Something that happened. Its payload is the struct of its kind.', [
    SIZE, member('kind', u32, 'What happened.'), member('sequence', u64(), 'Counts the events of the session; a gap means loss.'),
    member('subject', u64(), 'The object that it is about, or 0.'), member('time_ns', u64(), 'When, in nanoseconds, never going back.'),
    member('severity', u32, 'How grave it is.'), member('flags', u32, 'Zero.'), member('payload_len', u32, 'Bytes of the payload.'), member('reserved', u32, ''),
    member('payload', u8(PAYLOAD_BYTES), 'A struct of the kind.'),
  ]);
  placer.lay('error', 'Why a call failed. The text is for people.', [
    SIZE, member('code', u32, 'Which error.'), member('category', u32, 'Which family of errors; a code that is not known is handled by it.'), member('retry', u32, 'When trying again can help.'),
    member('subject', u64(), 'The object that it is about, or 0.'), member('reason', u32, 'Which of several reasons it has, or 0; who does not know the number goes by the code.'), member('reserved', u32, ''),
    member('text', chars(PAYLOAD_BYTES), 'What happened, in words.'),
    member('about', chars(SUBJECT_BYTES), 'What it is about: the path of a field, the name of a capability or interface; empty for nothing in particular.'),
  ]);
  placer.lay('hello', 'What a client is and speaks.', [
    SIZE, member('kind', u32, 'What the client is.'), member('name', chars(32), 'Name of the client, for people; not empty.'),
    member('want_count', u32, 'Ranges of versions.'), member('stride', u32, 'Bytes from one range to the next.'), member('wants', pointer('iface_want', false), 'What the client speaks.'),
    member('required', u64(4), 'Capabilities that it cannot work without, a bit each.'), member('optional', u64(4), 'Capabilities that it would like to have.'),
    member('ctx', { kind: 'pointer', to: 'void', writable: true }, "The client's own, handed back with each event."),
    member('on_event', {
      kind: 'function',
      signature: { parameters: [{ name: 'ctx', type: { kind: 'pointer', to: 'void', writable: true } }, { name: 'event', type: pointer('event', false) }], returns: 'nothing' },
    }, 'Told of events, one at a time; it may call what does not block, and not detach. May be absent.'),
    member('epoch', u64(), 'Epoch of the offer that it answers.'),
  ]);
  placer.lay('agreed', 'The version of an interface that a session has.', [
    member('iface', u32, 'Which interface.'), member('major', u16, 'Major agreed on.'), member('minor', u16, 'Minor agreed on.'),
  ]);
  placer.lay('agreement', 'What a session has; it never changes.', [
    SIZE, member('count', u32, 'Interfaces that the session has.'), member('session', u64(), 'Names the session in every call.'),
    member('caps', u64(4), 'Capabilities that were granted, a bit each.'), member('agreed', held('agreed', AGREED), 'The versions.'),
    member('epoch', u64(), 'Epoch that the agreement holds in.'), member('flags', u32, 'Deprecated: some version will go away.'), member('reserved', u32, ''),
  ]);
}

/** The struct that a client is given of a core: how to attach, and a table of functions for each interface. */
export function layCore(placer: Placer, tables: readonly Unplaced[]): void {
  placer.lay('core', 'A core, as a client sees it. A table that is null, or a function that is null or behind the end of its table, is not there.', [
    SIZE, member('reserved', u32, ''), member('ctx', { kind: 'pointer', to: 'void', writable: true }, "The core's own."),
    fn('offer', [{ name: 'offer', type: pointer('offer', true) }], 'Tells what the core has.'),
    fn('attach', [{ name: 'hello', type: pointer('hello', false) }, { name: 'agreement', type: pointer('agreement', true) }], 'Begins a session.'),
    fn('detach', [SESSION], 'Ends a session and gives back what it holds. When it returns, no event is delivered any more.'),
    fn('dispatch', [SESSION, { name: 'timeout_ms', type: u32 }], 'Delivers the events that wait, after waiting for the first of them at most that long.'),
    ...tables,
  ]);
}


