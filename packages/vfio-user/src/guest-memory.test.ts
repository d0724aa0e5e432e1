import { describe, expect, test } from 'vitest';

import { DmaMap } from './dma-map.ts';
import { FrameReader, type Frame } from './frames.ts';
import { messageMemory, type GuestMemory } from './guest-memory.ts';
import { COMMAND, ERRNO } from './protocol.ts';

interface Asked {
  readonly id: number;
  readonly address: number;
  readonly count: number;
}

interface Talk {
  readonly memory: GuestMemory;
  readonly ranges: DmaMap;
  readonly asked: Asked[];
  /** Answers the oldest question with zeros, or with an error. */
  readonly answer: (errno?: number) => void;
  /** What a read came to, once it did. */
  readonly outcomes: boolean[];
  readonly read: (address: number, length: number) => void;
}

/** Pages of 4 KiB from 1 MiB on, each a range of its own. */
function talk(pages: number): Talk {
  const ranges = new DmaMap();
  for (let i = 0; i < pages; i++) ranges.map({ address: 0x10_0000 + i * 0x1000, size: 0x1000, offset: 0, readable: true, writable: true });
  const asked: Asked[] = [];
  const frames = new FrameReader();
  const memory = messageMemory((bytes) => {
    frames.push(bytes, ({ id, body }: Frame) => { asked.push({ id, address: Number(body.getBigUint64(0, true)), count: Number(body.getBigUint64(8, true)) }); });
  });
  const outcomes: boolean[] = [];
  return {
    memory, ranges, asked, outcomes,
    answer: (errno = 0) => {
      const { id, count } = asked.shift()!;
      memory.answered!(id, COMMAND.dmaRead, errno, new DataView(new ArrayBuffer(errno ? 0 : 16 + count)));
    },
    read: (address, length) => {
      memory.perform({ op: 'read', address, into: new Uint8Array(length) }, ranges, (done) => { outcomes.push(done); });
    },
  };
}

describe('a request to memory by messages', () => {
  test('is cut where one of the client\'s ranges ends', () => {
    const { read, asked, answer, outcomes } = talk(3);
    read(0x10_0ff0, 0x1020);
    expect(asked.map(({ address, count }) => [address, count])).toEqual([[0x10_0ff0, 0x10], [0x10_1000, 0x1000], [0x10_2000, 0x10]]);
    for (let i = 0; i < 3; i++) answer();
    expect(outcomes).toEqual([true]);
  });

  test('keeps to what the client takes at once', () => {
    const { memory, ranges, read, asked, answer, outcomes } = talk(0);
    ranges.map({ address: 0x10_0000, size: 0x10_0000, offset: 0, readable: true, writable: true });
    const counts = (): number[] => asked.map(({ count }) => count);
    read(0x10_0000, 20_000);
    expect(counts()).toEqual([16_384, 3616]);
    answer();
    answer();
    memory.limit!(1500);
    read(0x10_0000, 4000);
    expect(counts()).toEqual([1500, 1500, 1000]);
    for (let i = 0; i < 3; i++) answer();
    memory.limit!(1 << 20);
    read(0x10_0000, 20_000);
    expect([counts(), outcomes]).toEqual([[16_384, 3616], [true, true]]);
  });

  test('asks for nothing that was taken away meanwhile, and fails once its last answer is there', () => {
    const { read, ranges, asked, answer, outcomes } = talk(34);
    read(0x10_0000, 34 * 0x1000);
    expect(asked).toHaveLength(32);
    ranges.unmap(0x10_0000 + 33 * 0x1000, 0x1000);
    answer();
    answer();
    expect(asked.at(-1)?.address).toBe(0x10_0000 + 32 * 0x1000);
    while (asked.length > 0) {
      expect(outcomes).toEqual([]);
      answer();
    }
    expect(outcomes).toEqual([false]);
  });

  test('fails at once when everything was taken away and nothing is under way', () => {
    const { read, ranges, asked, answer, outcomes } = talk(40);
    read(0x10_0000, 0x1000);
    read(0x10_1000, 33 * 0x1000);
    ranges.clear();
    while (asked.length > 0) answer();
    expect(outcomes).toEqual([true, false]);
    read(0x10_0000, 4);
    expect([outcomes.at(-1), asked]).toEqual([false, []]);
  });

  test('that one answer refuses asks no more, and fails once', () => {
    const { read, asked, answer, outcomes } = talk(40);
    read(0x10_0000, 40 * 0x1000);
    answer(ERRNO.ENODEV);
    expect(asked).toHaveLength(31);
    while (asked.length > 0) answer();
    expect(outcomes).toEqual([false]);
  });
});
