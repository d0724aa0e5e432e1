import { DmaSpace } from '@nova-stack/pci';

import { message, type Frame } from '../frames.ts';
import { BODY, COMMAND, ERRNO, FLAG, MAX_TRANSFER } from '../protocol.ts';

/** What became of a request of the server's. */
export interface Served {
  /** The reply's bytes, where one is wanted. */
  readonly reply: Uint8Array | undefined;
  /** It was an interrupt message. */
  readonly interrupt?: boolean;
  /** Why it was refused. */
  readonly refused?: { readonly op: string; readonly address: number; readonly size: number; readonly why: string };
}

/** Carries out what a server asks of its client's memory, and of nothing else. */
export class DmaServer {
  readonly #space = new DmaSpace();
  /** Where interrupt messages go. */
  messages: number | undefined;

  map(address: number, memory: SharedArrayBuffer): void {
    this.#space.map(address, new Uint8Array(memory));
  }

  unmap(address: number): void {
    this.#space.unmap(address);
  }

  serve(frame: Frame): Served {
    const { command } = frame;
    if (command !== COMMAND.dmaRead && command !== COMMAND.dmaWrite) return refuse(frame, ERRNO.ENOSYS, 'no such request to a client');
    const op = command === COMMAND.dmaRead ? 'read' : 'write';
    const { body } = frame;
    if (body.byteLength < BODY.dmaAccess) return refuse(frame, ERRNO.EINVAL, `a body of ${body.byteLength} bytes`, op);
    const [address, size] = [Number(body.getBigUint64(0, true)), Number(body.getBigUint64(8, true))];
    const no = (errno: number, why: string): Served => refuse(frame, errno, why, op, address, size);
    if (size > MAX_TRANSFER) return no(ERRNO.E2BIG, `at most ${MAX_TRANSFER} bytes were agreed on`);
    if (!Number.isSafeInteger(address + size) || size === 0) return no(ERRNO.EINVAL, 'no such range');
    const wanted = (frame.flags & FLAG.noReply) === 0;
    if (op === 'read') {
      const { bytes } = message({ id: frame.id, command, flags: FLAG.reply }, BODY.dmaAccess + size);
      bytes.set(new Uint8Array(body.buffer, body.byteOffset, BODY.dmaAccess), bytes.length - size - BODY.dmaAccess);
      if (!this.#space.perform({ op, address, into: bytes.subarray(bytes.length - size) })) return no(ERRNO.ENODEV, 'nothing is lent there');
      return { reply: wanted ? bytes : undefined };
    }
    if (body.byteLength < BODY.dmaAccess + size) return no(ERRNO.EINVAL, `${body.byteLength - BODY.dmaAccess} bytes came`);
    const interrupt = address === this.messages && size <= 4;
    const from = new Uint8Array(body.buffer, body.byteOffset + BODY.dmaAccess, size);
    if (!interrupt && !this.#space.perform({ op, address, from })) return no(ERRNO.ENODEV, 'nothing is lent there');
    if (!wanted) return { reply: undefined, interrupt };
    const { bytes } = message({ id: frame.id, command, flags: FLAG.reply }, BODY.dmaAccess);
    bytes.set(new Uint8Array(body.buffer, body.byteOffset, BODY.dmaAccess), bytes.length - BODY.dmaAccess);
    return { reply: bytes, interrupt };
  }
}

function refuse({ id, command, flags }: Frame, errno: number, why: string, op: string = `command ${command}`, address: number = 0, size: number = 0): Served {
  const reply = (flags & FLAG.noReply) === 0 ? message({ id, command, flags: FLAG.reply | FLAG.error, errno }, 0).bytes : undefined;
  return { reply, refused: { op, address, size, why } };
}
