import { createServer, type Socket } from 'node:net';

import { CLOSED_BY_CLIENT, READS_NOTHING, type Accept, type Carrier, type Conversation } from './carrier.ts';
import { BATCH, MAX_BACKLOG, MAX_WAITING, Outbox } from './outbox.ts';
import { BODY, HEADER, PIECE } from './protocol.ts';

/** Longest that is sent at once: a piece of a reply with the reply's head. */
const LONGEST = HEADER.size + BODY.regionAccess + PIECE;
/** Buffers of that size that one connection keeps. */
const SPARE = 8;

/** Node's own sockets; the kernel drops descriptors that nobody asks for. */
export const nodeCarrier: Carrier = {
  descriptors: undefined,
  listen: (path, accept) => new Promise((resolve, reject) => {
    const server = createServer((socket) => { converse(socket, accept); });
    server.once('error', reject);
    server.listen(path, () => {
      resolve({ close: () => new Promise((closed) => { server.close(() => { closed(); }); }) });
    });
  }),
};

function converse(socket: Socket, accept: Accept): void {
  let why = CLOSED_BY_CLIENT;
  const end = (reason: string): void => {
    why = reason;
    socket.destroy();
  };
  const spare: Buffer[] = [];
  const outbox = new Outbox((bytes, length) => {
    if (socket.destroyed) return length;
    // Node keeps what it cannot write at once. Memory for much of it costs more than its copy, so that is used again.
    const kept = length > BATCH ? (spare.pop() ?? Buffer.allocUnsafeSlow(Math.max(LONGEST, length))) : Buffer.allocUnsafe(length);
    kept.set(length === bytes.length ? bytes : bytes.subarray(0, length));
    socket.write(kept.subarray(0, length), () => { if (kept.length === LONGEST && spare.length < SPARE) spare.push(kept); });
    if (socket.writableLength > MAX_WAITING) end(READS_NOTHING);
    return length;
  });
  const congested = (): boolean => socket.writableLength > MAX_BACKLOG;
  const given = accept({
    get congested() { return congested(); },
    send: (bytes, length, last) => { outbox.send(bytes, length, last); },
    close: () => { socket.destroy(); },
  });
  // Until somebody listens for data, no more is read than a stream's own buffer holds.
  socket.on('error', (error) => { why = error.message; });
  const begin = (conversation: Conversation): void => {
    /** What a read brought is answered in one write. */
    const work = (step: () => void): void => {
      outbox.hold();
      try {
        step();
      } catch (error) {
        end(error instanceof Error ? error.message : String(error));
      }
      outbox.release();
      if (congested()) socket.pause();
    };
    socket.on('data', (bytes: Buffer) => { work(() => { conversation.receive(bytes, bytes.length, []); }); });
    socket.on('drain', () => {
      work(() => { if (conversation.resume()) socket.resume(); });
    });
    if (socket.destroyed) setImmediate(() => { conversation.gone(why); });
    else socket.on('close', () => { conversation.gone(why); });
  };
  if (given instanceof Promise) void given.then(begin);
  else begin(given);
}
