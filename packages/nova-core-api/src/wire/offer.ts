import { FRAME_MAGIC, FRAME_VERSION } from '../emit/frame-form.ts';
import { ContractError } from '../errors.ts';
import type { Offer, OfferedMajor } from '../handshake.ts';
import { INTERFACES, type InterfaceName } from '../schema/interface.ts';
import { refuse } from './flaw.ts';
import type { FrameReader, FrameWriter } from './frame.ts';
import { CAPABILITIES } from '../capabilities.ts';
import { readCapabilities, writeCapabilities } from './capability-bits.ts';
import { Laid, namesOf, sharedNumbers } from './laid.ts';
import { textOf, utf8 } from './utf8.ts';

const OFFER = new Laid('offer');
const ENTRY = new Laid('iface_offer');
const FLAGS = Object.entries(sharedNumbers('offer')) as readonly (readonly ['preferred' | 'deprecated' | 'required', number])[];
const NAMES = namesOf(INTERFACES);

/** What a client says first: that it speaks these frames. */
export function writeGreeting(frame: FrameWriter): void {
  const at = frame.take(8, 'greeting');
  frame.u32(at, FRAME_MAGIC);
  frame.u32(at + 4, FRAME_VERSION);
}

/** @throws {ContractError} `InvalidArgument` (no client of the contract), `VersionMismatch` (other frames) */
export function readGreeting(frame: FrameReader): void {
  const bytes = frame.next(8, 'greeting');
  frame.end();
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  const [magic, version] = [view.getUint32(0, true), view.getUint32(4, true)];
  if (magic !== FRAME_MAGIC) refuse('greeting.magic', `0x${magic.toString(16)}`, `0x${FRAME_MAGIC.toString(16)}`);
  if (version !== FRAME_VERSION) throw new ContractError('VersionMismatch', `The frames are of version ${version}: expected ${FRAME_VERSION}`, { subject: 'greeting.version' });
}

export function writeOffer(frame: FrameWriter, { epoch, interfaces, supportId, capabilities }: Offer): void {
  const all = Object.entries(interfaces).flatMap(([name, majors]) => majors.map((one) => ({ iface: INTERFACES[name as InterfaceName], one })));
  const at = OFFER.write(frame, { count: all.length, epoch, stride: ENTRY.size });
  const list = OFFER.point(frame, at, 'ifaces', all.length * ENTRY.size);
  all.forEach(({ iface, one }, i) => {
    const flags = FLAGS.reduce((sum, [name, bit]) => (one[name] ? sum | bit : sum), 0);
    ENTRY.writeAt(frame, list + i * ENTRY.size, { iface, major: one.major, minor: one.minor, flags });
  });
  const support = utf8(`${supportId}\0`);
  frame.put(OFFER.point(frame, at, 'support_id', support.length), support);
  writeCapabilities(frame, at + OFFER.place('caps').at, capabilities);
}

/** Interfaces, flags and capabilities that are not known here are passed by. */
export function readOffer(frame: FrameReader): Offer {
  const offer = OFFER.read(frame, OFFER.place('caps').at);
  const list = offer.pointed(frame, 'ifaces');
  const support = offer.pointed(frame, 'support_id');
  frame.end();
  if (support.at(-1) !== 0) refuse('offer.support_id', 'without an end', 'text with a zero behind it');
  const interfaces: Partial<Record<InterfaceName, OfferedMajor[]>> = {};
  for (const one of ENTRY.rows(list, offer.number('count'), offer.number('stride'), 'offer.ifaces')) {
    const name = NAMES.get(one.number('iface'));
    if (name === undefined) continue;
    const flags = Object.fromEntries(FLAGS.filter(([, bit]) => (one.number('flags') & bit) !== 0).map(([flag]) => [flag, true]));
    (interfaces[name] ??= []).push({ major: one.number('major'), minor: one.number('minor'), ...flags });
  }
  const capabilities = readCapabilities(offer, 'caps').filter((name) => name in CAPABILITIES);
  return { epoch: offer.wide('epoch'), interfaces, capabilities, supportId: textOf(support.subarray(0, -1)) ?? refuse('offer.support_id', 'no text', 'UTF-8') };
}
