import type { Agreement, Hello, Want } from '../handshake.ts';
import { CLIENT_KINDS } from '../schema/handshake.ts';
import { INTERFACES, type InterfaceName } from '../schema/interface.ts';
import { readCapabilities, writeCapabilities } from './capability-bits.ts';
import { outside, refuse } from './flaw.ts';
import type { FrameReader, FrameWriter } from './frame.ts';
import { Laid, namesOf, sharedNumbers } from './laid.ts';
import { textOf, utf8 } from './utf8.ts';

const HELLO = new Laid('hello');
const WANT = new Laid('iface_want');
const AGREEMENT = new Laid('agreement');
const AGREED = new Laid('agreed');
const AGREED_ROOM = AGREEMENT.place('agreed').room / AGREED.size;
const OPTIONAL = sharedNumbers('want')['optional']!;
/** Flag of an agreement: some version will go away. */
const DEPRECATED = 1;
const INTERFACE_NAMES = namesOf(INTERFACES);
const KIND_NAMES = namesOf(CLIENT_KINDS);

/** A hello, and whether its client wants to be told of events. */
export interface HelloFrame {
  readonly hello: Hello;
  readonly events: boolean;
}

export function writeHello(frame: FrameWriter, { hello, events }: HelloFrame): void {
  // A callback is no address here: only whether there is one.
  const at = HELLO.write(frame, { kind: CLIENT_KINDS[hello.kind], want_count: hello.wants.length, stride: WANT.size, on_event: events ? 1n : 0n, epoch: hello.epoch });
  HELLO.put(frame, at, 'name', utf8(hello.name));
  writeCapabilities(frame, at + HELLO.place('required').at, hello.required);
  writeCapabilities(frame, at + HELLO.place('optional').at, hello.optional);
  const list = HELLO.point(frame, at, 'wants', hello.wants.length * WANT.size);
  hello.wants.forEach((want, i) => {
    WANT.writeAt(frame, list + i * WANT.size, { iface: INTERFACES[want.interface], major: want.major, min_minor: want.minMinor, max_minor: want.maxMinor, flags: want.optional ? OPTIONAL : 0 });
  });
}

/**
 * Interfaces and capabilities that are not known here keep a name of their own (`interface 9`, `capability 200`), for the handshake to
 * judge.
 *
 * @throws {ContractError} `InvalidArgument` or `Range`, with the member's path
 */
export function readHello(frame: FrameReader): HelloFrame {
  const hello = HELLO.read(frame);
  const list = hello.pointed(frame, 'wants');
  frame.end();
  hello.only('ctx', 0n);
  hello.only('on_event', 1n);
  const wants = WANT.rows(list, hello.number('want_count'), hello.number('stride'), 'hello.wants').map((want): Want => {
    want.only('flags', BigInt(OPTIONAL));
    const iface = want.number('iface');
    return {
      interface: INTERFACE_NAMES.get(iface) ?? (`interface ${iface}` as InterfaceName), major: want.number('major'), minMinor: want.number('min_minor'), maxMinor: want.number('max_minor'),
      ...(want.number('flags') === OPTIONAL && { optional: true }),
    };
  });
  const kind = KIND_NAMES.get(hello.number('kind')) ?? refuse('hello.kind', String(hello.number('kind')), `one of ${[...KIND_NAMES.keys()].join(', ')}`);
  return {
    events: hello.wide('on_event') === 1n,
    hello: { kind, name: nameOf(hello.raw('name')), wants, required: readCapabilities(hello, 'required'), optional: readCapabilities(hello, 'optional'), epoch: hello.wide('epoch') },
  };
}

function nameOf(room: Uint8Array): string {
  const end = !room.includes(0) ? room.length : room.indexOf(0);
  if (room.subarray(end).some((byte) => byte !== 0)) refuse('hello.name', 'followed by more than zeros', 'zeros behind its end');
  return textOf(room.subarray(0, end)) ?? refuse('hello.name', 'no text', 'UTF-8');
}

/**
 * @param session - what the session is called in frames
 * @throws {ContractError} `Range` for more interfaces than there is room for in C
 */
export function writeAgreement(frame: FrameWriter, { epoch, interfaces, capabilities: granted }: Agreement, session: bigint): void {
  const all = Object.entries(interfaces).sort(([a], [b]) => INTERFACES[a as InterfaceName] - INTERFACES[b as InterfaceName]);
  if (all.length > AGREED_ROOM) outside('agreement.agreed', `${all.length} interfaces`, `at most ${AGREED_ROOM}`);
  const at = AGREEMENT.write(frame, { count: all.length, session, epoch, flags: all.some(([, { deprecated }]) => deprecated) ? DEPRECATED : 0 });
  writeCapabilities(frame, at + AGREEMENT.place('caps').at, granted);
  all.forEach(([name, { major, minor }], i) => {
    AGREED.writeAt(frame, at + AGREEMENT.place('agreed').at + i * AGREED.size, { iface: INTERFACES[name as InterfaceName], major, minor });
  });
}

/** `deprecated` is told of all versions together. */
export function readAgreement(frame: FrameReader): { readonly session: bigint; readonly agreement: Agreement } {
  const agreement = AGREEMENT.read(frame);
  frame.end();
  const count = agreement.number('count');
  if (count > AGREED_ROOM) outside('agreement.count', String(count), `at most ${AGREED_ROOM}`);
  const deprecated = (agreement.number('flags') & DEPRECATED) !== 0;
  const interfaces = AGREED.rows(agreement.raw('agreed').subarray(0, count * AGREED.size), count, AGREED.size, 'agreement.agreed').map((one) => {
    const name = INTERFACE_NAMES.get(one.number('iface')) ?? refuse('agreement.agreed', String(one.number('iface')), 'interfaces that were asked for');
    return [name, { major: one.number('major'), minor: one.number('minor'), deprecated }] as const;
  });
  return { session: agreement.wide('session'), agreement: { epoch: agreement.wide('epoch'), interfaces: Object.fromEntries(interfaces), capabilities: readCapabilities(agreement, 'caps') } };
}
