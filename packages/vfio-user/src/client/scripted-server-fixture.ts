// For tests: a thread that answers as it is told, rightly or wrongly.
import { createServer } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

import { FrameReader, message, type Frame } from '../frames.ts';
import { BODY, COMMAND, DEVICE_FLAG, FLAG, IRQ, REGION } from '../protocol.ts';

/** What is done instead of the right answer. */
export interface Twist {
  /** The command that it is about. */
  readonly command: number;
  /** Of that command's requests, the first one that it is about; default 0. */
  readonly from?: number;
  readonly errno?: number;
  readonly body?: Uint8Array;
  /** Sent as it is, instead of a reply. */
  readonly raw?: Uint8Array;
  /** Sent before the right reply. */
  readonly before?: Uint8Array;
  /** No answer; end of the conversation; no more reading. */
  readonly how?: 'silent' | 'close' | 'deaf';
}

export interface Script {
  readonly path: string;
  readonly twists: readonly Twist[];
}

/** An empty device with a BAR of 4 KiB whose registers keep what is written, and nothing else. */
const memory = new Uint8Array(4096);
const config = new Uint8Array(256);

function right({ command, body }: Frame): Uint8Array {
  const reply = (size: number, ...words: readonly number[]): Uint8Array => {
    const bytes = new Uint8Array(size);
    const view = new DataView(bytes.buffer);
    [size, ...words].forEach((word, index) => { view.setUint32(4 * index, word, true); });
    return bytes;
  };
  const head = new Uint8Array(body.buffer, body.byteOffset, Math.min(body.byteLength, BODY.regionAccess));
  switch (command) {
    case COMMAND.version: return Uint8Array.from([0, 0, 0, 0, ...new TextEncoder().encode('{}'), 0]);
    case COMMAND.deviceInfo: return reply(BODY.deviceInfo, DEVICE_FLAG.pci, REGION.count, IRQ.count);
    case COMMAND.irqInfo: return reply(BODY.irqInfo, 0, body.getUint32(8, true), 1);
    case COMMAND.regionInfo: {
      const index = body.getUint32(8, true);
      return reply(BODY.regionInfo, 3, index, 0, index === 0 ? 4096 : index === REGION.config ? 256 : 0);
    }
    case COMMAND.regionRead: case COMMAND.regionWrite: {
      const [at, region, count] = [body.getUint32(0, true), body.getUint32(8, true), body.getUint32(12, true)];
      const bytes = (region === REGION.config ? config : memory).subarray(at, at + count);
      if (command === COMMAND.regionRead) return Uint8Array.from([...head, ...bytes]);
      bytes.set(new Uint8Array(body.buffer, body.byteOffset + BODY.regionAccess, count));
      return head;
    }
    default: return new Uint8Array(0);
  }
}

const { path, twists } = workerData as Script;
const seen = new Map<number, number>();
createServer((socket) => {
  const frames = new FrameReader();
  socket.on('error', () => undefined);
  socket.on('data', (bytes: Buffer) => {
    frames.push(bytes, (frame) => {
      const { id, command, flags } = frame;
      if ((flags & FLAG.typeMask) === FLAG.reply) return;
      const count = seen.get(command) ?? 0;
      seen.set(command, count + 1);
      const twist = twists.find((one) => one.command === command && count >= (one.from ?? 0));
      if (twist?.how === 'close') socket.destroy();
      if (twist?.how === 'deaf') socket.pause();
      if (twist?.before) socket.write(twist.before);
      if (twist?.raw) socket.write(twist.raw);
      if (twist?.how ?? twist?.raw ?? flags & FLAG.noReply) return;
      const body = twist?.errno ? new Uint8Array(0) : twist?.body ?? right(frame);
      const reply = message({ id, command, flags: FLAG.reply | (twist?.errno ? FLAG.error : 0), errno: twist?.errno ?? 0 }, body.length);
      reply.bytes.set(body, reply.bytes.length - body.length);
      socket.write(reply.bytes);
    });
  });
}).listen(path, () => { parentPort?.postMessage('ready'); });
