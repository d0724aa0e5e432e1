import { VfioUserError } from './errors.ts';
import { BODY, MAX_TRANSFER } from './protocol.ts';

/** What a client said in its first message. */
export interface ClientVersion {
  readonly major: number;
  readonly minor: number;
  /** Most bytes of data in one message that it takes. */
  readonly maxTransfer: number;
}

/** What the protocol takes for granted where a client says nothing. */
const DEFAULT_TRANSFER = 1 << 20;

/** @throws {@link VfioUserError} `VERSION`, `PROTOCOL`. */
export function readVersion(body: DataView): ClientVersion {
  if (body.byteLength < BODY.version) throw new VfioUserError('PROTOCOL', `A version of ${body.byteLength} bytes: expected at least ${BODY.version}`);
  const major = body.getUint16(0, true);
  const minor = body.getUint16(2, true);
  if (major !== 0) throw new VfioUserError('VERSION', `The client speaks version ${major}.${minor}: this server speaks 0.0`);
  const bytes = new Uint8Array(body.buffer, body.byteOffset + BODY.version, body.byteLength - BODY.version);
  const end = bytes.indexOf(0);
  const given: unknown = parse(new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end)));
  const capabilities = member(given, 'capabilities');
  const transfer = member(capabilities, 'max_data_xfer_size');
  return { major, minor, maxTransfer: typeof transfer === 'number' && transfer >= 4096 ? Math.min(transfer, MAX_TRANSFER) : DEFAULT_TRANSFER };
}

function parse(text: string): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new VfioUserError('PROTOCOL', `The capabilities in the client's version are no JSON: ${JSON.stringify(text.slice(0, 60))}`, { cause });
  }
}

const member = (object: unknown, name: string): unknown => (typeof object === 'object' && object !== null ? (object as Record<string, unknown>)[name] : undefined);

/** The server's answer: shorter than QEMU's question, as QEMU 11.1 wants it. */
export function versionReply(descriptors: number): Uint8Array {
  const text = JSON.stringify({ capabilities: { max_msg_fds: descriptors, max_data_xfer_size: MAX_TRANSFER, write_multiple: true } });
  return Uint8Array.from([0, 0, 0, 0, ...new TextEncoder().encode(text), 0]);
}
