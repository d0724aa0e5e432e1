import type { Socket } from 'node:net';

import type { CoreEndpoint } from '@nova-stack/nova-core-api';

import { Conversation } from './conversation.ts';
import { FrameStream } from './frame-stream.ts';

/** Bytes that are read ahead while a request is served; so the end of a client that waits is seen at once. */
const READ_AHEAD = 65536;

/**
 * Serves a client on a socket until either goes: cuts the stream into frames and hands them over one by one.
 *
 * @returns resolves when the client is gone and nothing of it is left, with why it went
 */
export async function converse(socket: Socket, endpoint: CoreEndpoint): Promise<string> {
  let why = 'it closed the connection';
  const conversation = new Conversation(endpoint, (bytes) => { if (!socket.destroyed) socket.write(bytes); });
  const stream = new FrameStream();
  let busy = false;
  const fail = (error: unknown): void => {
    why = error instanceof Error ? error.message : String(error);
    socket.destroy();
  };

  const pump = (): void => {
    if (socket.destroyed) return;
    if (busy) {
      if (stream.waiting > READ_AHEAD) socket.pause();
      return;
    }
    // A client that does not read its answers gets no more of them.
    if (socket.writableNeedDrain) {
      socket.pause();
      return;
    }
    let frame: Uint8Array | undefined;
    try {
      frame = stream.next();
    } catch (error) {
      fail(error);
      return;
    }
    socket.resume();
    if (!frame) return;
    busy = true;
    conversation.request(frame).then(() => {
      busy = false;
      pump();
    }, fail);
  };

  socket.on('data', (bytes: Buffer) => {
    stream.push(bytes);
    pump();
  });
  socket.on('drain', pump);
  socket.on('error', (error) => { why = error.message; });
  await new Promise((resolve) => socket.once('close', resolve));
  await conversation.close();
  return why;
}
