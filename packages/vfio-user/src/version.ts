import { VfioUserError } from './errors.ts';
import { BODY, MAX_DMA_MAPS, MAX_TRANSFER } from './protocol.ts';

/** What the other end said in its first message. */
export interface PeerVersion {
  readonly major: number;
  readonly minor: number;
  /** Most bytes of data in one message that it takes. */
  readonly maxTransfer: number;
  /** Most DMA ranges at a time. */
  readonly maxMaps: number;
  /** Many small writes may come in one message. */
  readonly writeMultiple: boolean;
}

/** What the protocol takes for granted where a client says nothing. */
const DEFAULT_TRANSFER = 1 << 20;

/**
 * @param peer - who says it, for errors
 * @throws {@link VfioUserError} `VERSION`, `PROTOCOL`.
 */
export function readVersion(body: DataView, peer: 'client' | 'server'): PeerVersion {
  if (body.byteLength < BODY.version) throw new VfioUserError('PROTOCOL', `A version of ${body.byteLength} bytes: expected at least ${BODY.version}`);
  const major = body.getUint16(0, true);
  const minor = body.getUint16(2, true);
  // A server's answer says what is spoken from here on; a client's question only how far it would go.
  if (major !== 0 || (peer === 'server' && minor !== 0)) throw new VfioUserError('VERSION', `The ${peer} speaks version ${major}.${minor}: expected 0.0`);
  const bytes = new Uint8Array(body.buffer, body.byteOffset + BODY.version, body.byteLength - BODY.version);
  const end = bytes.indexOf(0);
  const given: unknown = parse(new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end)), peer);
  const capabilities = member(given, 'capabilities');
  const transfer = member(capabilities, 'max_data_xfer_size');
  const maps = member(capabilities, 'max_dma_maps');
  return {
    major, minor,
    maxTransfer: typeof transfer === 'number' && transfer >= 1 ? Math.min(Math.floor(transfer), MAX_TRANSFER) : DEFAULT_TRANSFER,
    maxMaps: typeof maps === 'number' && maps >= 0 ? Math.min(Math.floor(maps), MAX_DMA_MAPS) : MAX_DMA_MAPS,
    writeMultiple: member(capabilities, 'write_multiple') === true,
  };
}

function parse(text: string, peer: string): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new VfioUserError('PROTOCOL', `The capabilities in the ${peer}'s version are no JSON: ${JSON.stringify(text.slice(0, 60))}`, { cause });
  }
}

const member = (object: unknown, name: string): unknown => (typeof object === 'object' && object !== null ? (object as Record<string, unknown>)[name] : undefined);

/** The server's answer: shorter than QEMU's question, as QEMU 11.1 wants it. */
export function versionReply(descriptors: number): Uint8Array {
  return versionBody({ max_msg_fds: descriptors, max_data_xfer_size: MAX_TRANSFER, write_multiple: true });
}

/** A client's question. */
export function versionRequest(): Uint8Array {
  return versionBody({ max_msg_fds: 0, max_data_xfer_size: MAX_TRANSFER, max_dma_maps: MAX_DMA_MAPS, pgsizes: 4096, write_multiple: true });
}

function versionBody(capabilities: Readonly<Record<string, number | boolean>>): Uint8Array {
  return Uint8Array.from([0, 0, 0, 0, ...new TextEncoder().encode(JSON.stringify({ capabilities })), 0]);
}
