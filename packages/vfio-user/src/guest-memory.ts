import { closeSync, openSync, readSync, writeSync } from 'node:fs';

import type { DmaRequest } from '@nova-stack/pci';

import type { DmaMap } from './dma-map.ts';
import { message } from './frames.ts';
import { BODY, COMMAND, FLAG } from './protocol.ts';

/** Tells, now or later, whether a request was carried out. */
export type Done = (carriedOut: boolean) => void;

/** How a server reaches the memory of its client. */
export interface GuestMemory {
  /** `file` or `messages`, for the trace: how a range is reached that brings no memory of its own. */
  readonly how: string;
  perform(request: DmaRequest, ranges: DmaMap, done: Done): void;
  /** The client takes at most so many bytes of data in one message. */
  limit?(bytes: number): void;
  /** What a client answered to a message of this memory's; undefined when it is no such answer. */
  answered?(id: number, command: number, errno: number, body: DataView): boolean;
  close(): void;
}

const bufferOf = (request: DmaRequest): Uint8Array => (request.op === 'read' ? request.into : request.from);

/**
 * Memory that is a file with a name (QEMU: `memory-backend-file,share=on,mem-path=…`): each request is one or a few system
 * calls, done before `perform` returns.
 */
export function fileMemory(path: string): GuestMemory {
  let file: number | undefined;
  return {
    how: 'file',
    perform(request, ranges, done) {
      const buffer = bufferOf(request);
      const parts = ranges.cut(request.address, buffer.length, request.op);
      if (parts === undefined) {
        done(false);
        return;
      }
      file ??= openSync(path, 'r+');
      let moved = true;
      for (const { range, at, start, length } of parts) {
        const position = range.offset + at;
        const count = request.op === 'read' ? readSync(file, buffer, start, length, position) : writeSync(file, buffer, start, length, position);
        if (count !== length) moved = false;
      }
      done(moved);
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

/** Memory that clients pass range by range; `other` reaches the ranges that bring none. */
export function passedMemory(other: GuestMemory): GuestMemory {
  return {
    ...other,
    perform(request, ranges, done) {
      const parts = ranges.cut(request.address, bufferOf(request).length, request.op);
      if (parts?.every(({ range }) => range.memory) !== true) {
        other.perform(request, ranges, done);
        return;
      }
      let moved = true;
      for (const { range, at, start, length } of parts) {
        const done = request.op === 'read' ? range.memory?.read(at, request.into, start, length) : range.memory?.write(at, request.from, start, length);
        if (done !== true) moved = false;
      }
      done(moved);
    },
  };
}

/** Most bytes in one message: QEMU 11.1 breaks its stream when a reply does not fit its socket's buffer in one piece. */
const PIECE = 16_384;
/** Messages under way at a time. */
const WINDOW = 32;

interface Transfer {
  readonly request: DmaRequest;
  readonly ranges: DmaMap;
  readonly done: Done;
  /** Bytes asked for, and bytes that were answered. */
  asked: number;
  settled: number;
  failed: boolean;
}

/**
 * Memory reached by asking the client for it. Answers come later, and the client answers them only while it does not
 * wait for the server: nobody may wait for one before answering a request.
 */
export function messageMemory(send: (bytes: Uint8Array, length: number) => void): GuestMemory {
  const waiting: Transfer[] = [];
  const under = new Map<number, { readonly transfer: Transfer; readonly start: number; readonly length: number }>();
  let piece = PIECE;
  let nextId = 0;

  const ask = (transfer: Transfer): void => {
    const { request, ranges, asked: start } = transfer;
    const buffer = bufferOf(request);
    // Of one range at a time, for a client may look for all of a message in one. The range may have gone since the request began.
    const first = ranges.cut(request.address + start, 1, request.op)?.[0];
    if (first === undefined) {
      transfer.failed = true;
      if (transfer.settled === start) {
        waiting.shift();
        transfer.done(false);
      }
      return;
    }
    const length = Math.min(piece, buffer.length - start, first.range.size - first.at);
    const reading = request.op === 'read';
    while (under.has(nextId)) nextId = (nextId + 1) & 0xffff;
    const { bytes, body } = message({ id: nextId, command: reading ? COMMAND.dmaRead : COMMAND.dmaWrite, flags: FLAG.request }, BODY.dmaAccess + (reading ? 0 : length));
    body.setBigUint64(0, BigInt(request.address + start), true);
    body.setBigUint64(8, BigInt(length), true);
    if (!reading) bytes.set(buffer.subarray(start, start + length), bytes.length - length);
    under.set(nextId, { transfer, start, length });
    nextId = (nextId + 1) & 0xffff;
    transfer.asked += length;
    send(bytes, bytes.length);
  };
  const askOn = (): void => {
    for (let transfer = waiting[0]; transfer && under.size < WINDOW; transfer = waiting[0]) {
      if (transfer.failed || transfer.asked === bufferOf(transfer.request).length) waiting.shift();
      else ask(transfer);
    }
  };

  return {
    how: 'messages',
    perform(request, ranges, done) {
      const { length } = bufferOf(request);
      if (length === 0 || ranges.cut(request.address, length, request.op) === undefined) {
        done(length === 0);
        return;
      }
      waiting.push({ request, ranges, done, asked: 0, settled: 0, failed: false });
      askOn();
    },
    limit(bytes) {
      piece = Math.min(PIECE, bytes);
    },
    answered(id, command, errno, body) {
      const one = under.get(id);
      if (one === undefined) return false;
      const { transfer, start, length } = one;
      const reading = transfer.request.op === 'read';
      if (command !== (reading ? COMMAND.dmaRead : COMMAND.dmaWrite)) return false;
      under.delete(id);
      transfer.settled += length;
      // An answer with less than what was asked for is a bus error too.
      if (errno !== 0 || (reading && body.byteLength < BODY.dmaAccess + length)) transfer.failed = true;
      else if (transfer.request.op === 'read') transfer.request.into.set(new Uint8Array(body.buffer, body.byteOffset + BODY.dmaAccess, length), start);
      if (transfer.settled === transfer.asked && (transfer.failed || transfer.asked === bufferOf(transfer.request).length)) {
        if (waiting[0] === transfer) waiting.shift();
        transfer.done(!transfer.failed);
      }
      askOn();
      return true;
    },
    close() {
      waiting.length = 0;
      under.clear();
    },
  };
}
