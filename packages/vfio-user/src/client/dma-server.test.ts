import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { message, FrameReader, type Frame } from '../frames.ts';
import { COMMAND, FLAG } from '../protocol.ts';
import { DmaServer } from './dma-server.ts';

const BASE = 0x10_0000;

function request(command: number, address: bigint, count: bigint, data: Uint8Array = new Uint8Array(0), flags: number = 0): Frame {
  const { bytes, body } = message({ id: 7, command, flags }, 16 + data.length);
  body.setBigUint64(0, address, true);
  body.setBigUint64(8, count, true);
  bytes.set(data, bytes.length - data.length);
  let frame: Frame | undefined;
  new FrameReader().push(bytes, (one) => { frame = one; });
  return frame!;
}

function server(): { readonly dma: DmaServer; readonly memory: Uint8Array } {
  const dma = new DmaServer();
  const shared = new SharedArrayBuffer(8192);
  dma.map(BASE, shared);
  return { dma, memory: new Uint8Array(shared) };
}

test('reads and writes what was lent', () => {
  const { dma, memory } = server();
  memory.set([1, 2, 3], 100);
  const read = dma.serve(request(COMMAND.dmaRead, BigInt(BASE + 100), 3n));
  expect([...read.reply!.subarray(32)]).toEqual([1, 2, 3]);
  const written = dma.serve(request(COMMAND.dmaWrite, BigInt(BASE + 8190), 2n, Uint8Array.from([8, 9])));
  expect([written.reply!.length, memory[8190], memory[8191]]).toEqual([32, 8, 9]);
  expect(dma.serve(request(COMMAND.dmaWrite, BigInt(BASE), 1n, Uint8Array.from([5]), FLAG.noReply)).reply).toBeUndefined();
  expect(memory[0]).toBe(5);
});

describe('interrupt messages', () => {
  test('are those to their address alone, and change no memory', () => {
    const { dma, memory } = server();
    dma.messages = BASE + 64;
    expect(dma.serve(request(COMMAND.dmaWrite, BigInt(BASE + 64), 4n, Uint8Array.from([1, 0, 0, 0]))).interrupt).toBe(true);
    expect(dma.serve(request(COMMAND.dmaWrite, BigInt(BASE + 68), 4n, Uint8Array.from([1, 0, 0, 0]))).interrupt).toBe(false);
    expect([memory[64], memory[68]]).toEqual([0, 1]);
  });
});

test('whatever is asked, only what was lent is touched, and each request has one reply of its own form', () => {
  fc.assert(fc.property(
    fc.constantFrom(COMMAND.dmaRead, COMMAND.dmaWrite, COMMAND.dmaMap, 0, 999),
    fc.oneof(fc.bigInt({ min: BigInt(BASE) - 20n, max: BigInt(BASE) + 8212n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
    fc.oneof(fc.bigInt({ min: 0n, max: 40n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom(0, FLAG.noReply),
    (command, address, count, data, flags) => {
      const { dma, memory } = server();
      const { reply, refused } = dma.serve(request(command, address, count, data, flags));
      expect(reply === undefined).toBe(flags === FLAG.noReply);
      const inside = address >= BigInt(BASE) && address + count <= BigInt(BASE + 8192) && count > 0n;
      const known = command === COMMAND.dmaRead || (command === COMMAND.dmaWrite && BigInt(data.length) >= count);
      expect(refused === undefined).toBe(inside && known);
      const touched = (at: number): boolean => command === COMMAND.dmaWrite && BigInt(BASE + at) >= address && BigInt(BASE + at) < address + count;
      expect(memory.findIndex((byte, at) => byte !== 0 && !touched(at))).toBe(-1);
    },
  ));
});
