import { fc } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';

import { BOARDS, type Board } from '../boards.ts';
import { acquireWords, copyWords, HostRig, LINEAR, LINES, methods, releaseWords, SYSTEM, VIDEO, VIDEO_SIZE } from './rig-fixture.ts';

const MIB = 2 ** 20;
const hopper: Board = { ...BOARDS.h100, vramSize: 512 * MIB, bar1Size: 2 ** 30 };
const HOPPER = { class: 0xc86f, copyClass: 0xc8b5 };

const noise = (length: number, seed: number): Uint8Array => {
  let state = seed | 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state >>> 24;
  });
};

/** Compares long arrays fast. */
const same = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;

describe('a host channel', () => {
  test('copies what a pushbuffer says, and says how far it came', () => {
    const rig = new HostRig();
    const channel = rig.channel(1);
    const bytes = noise(10_000, 1);
    rig.poke(VIDEO + 0x1003, bytes);
    channel.submit([...channel.bind(), ...copyWords({ from: VIDEO + 0x1003, to: SYSTEM + 0x777, length: bytes.length, launch: LINEAR })]);
    expect(rig.peek(SYSTEM + 0x777, bytes.length)).toEqual(bytes);
    channel.submit(copyWords({ from: SYSTEM + 0x777, to: VIDEO + 0x20_0001, length: bytes.length, launch: LINEAR }));
    expect(rig.peek(VIDEO + 0x20_0001, bytes.length)).toEqual(bytes);
    expect([channel.fetched, channel.faulted]).toEqual([2, false]);
  });

  test('runs from system memory, page tables of the third format, and a job at a time', () => {
    const rig = new HostRig(hopper);
    const channel = rig.channel(1, { ...HOPPER, inSystem: true });
    rig.test.deferJobs = true;
    rig.poke(SYSTEM, noise(5000, 2));
    channel.put([...channel.bind(), ...copyWords({ from: SYSTEM, to: VIDEO, length: 5000, launch: LINEAR }), ...releaseWords(SYSTEM + 0x8000, 7)]);
    channel.ring();
    expect(rig.word(SYSTEM + 0x8000)).toBe(0);
    rig.test.runJobs();
    rig.run();
    expect(rig.peek(VIDEO, 5000)).toEqual(noise(5000, 2));
    expect([rig.word(SYSTEM + 0x8000), channel.fetched]).toEqual([7, 1]);
  });

  test('waits for a semaphore until another channel, or the CPU, has written it', () => {
    const rig = new HostRig();
    const [waiting, other] = [rig.channel(1), rig.channel(2)];
    waiting.submit([...acquireWords(VIDEO, 1), ...releaseWords(VIDEO + 0x10, 11), ...acquireWords(SYSTEM, 2), ...releaseWords(VIDEO + 0x20, 22)]);
    expect([rig.word(VIDEO + 0x10), rig.word(VIDEO + 0x20)]).toEqual([0, 0]);
    other.submit(releaseWords(VIDEO, 1));
    expect([rig.word(VIDEO + 0x10), rig.word(VIDEO + 0x20)]).toEqual([11, 0]);
    rig.poke(SYSTEM, Uint8Array.of(2));
    rig.run(10_000_000);
    expect(rig.word(VIDEO + 0x20)).toBe(22);
  });

  test('writes a time with its semaphore, and notifies', () => {
    const rig = new HostRig();
    const channel = rig.channel(1);
    channel.submit([...methods(0, 0x5c, VIDEO, 0, 5, 6, 1 | 1 << 24 | 1 << 25), ...methods(0, 0x20, 0)]);
    const [payload, time] = new BigUint64Array(rig.peek(VIDEO, 16).buffer);
    expect(payload).toBe(0x6_0000_0005n);
    expect(Math.abs(Number(time) - rig.test.clock.now)).toBeLessThan(2_000_000);
    // Vector 3 is pending in the first leaf.
    expect(rig.test.read({ address: 0xb8_1000, name: '', fields: {}, space: 'bar0', access: 'rw', doc: '', source: '' }) & 8).toBe(8);
  });

  test.each([
    ['a method without an object', [...methods(3, 0x300, 0)]],
    ['an object that was not allocated', [...methods(0, 0, 0xc7c0)]],
    ['a host method that there is not', [...methods(0, 0xf0, 0)]],
    ['the illegal method', [...methods(0, 4, 0)]],
    ['a reserved operation', [0xc000_0000]],
    ['a semaphore that is not aligned', [...methods(0, 0x5c, VIDEO + 4, 0, 0, 0, 1 | 1 << 25)]],
    ['an invalidation without the right to it', [...methods(0, 0x28, 0, 0, 0, 0x4800_0000)]],
    ['a place where nothing is mapped', releaseWords(0x10, 1)],
    ['a physical address without the right to it', [...methods(0, 0, 0xc7b5), ...copyWords({ from: 0, to: VIDEO, length: 4, launch: LINEAR | 1 << 12 })]],
  ])('dies of %s, and others go on', (_, words) => {
    const rig = new HostRig();
    const [bad, good] = [rig.channel(1), rig.channel(2)];
    bad.submit([...words, ...releaseWords(VIDEO + 0x40, 1)]);
    good.submit(releaseWords(VIDEO + 0x50, 2));
    expect([bad.faulted, good.faulted, rig.word(VIDEO + 0x40), rig.word(VIDEO + 0x50)]).toEqual([true, false, 0, 2]);
    bad.submit(releaseWords(VIDEO + 0x40, 1));
    expect(rig.word(VIDEO + 0x40)).toBe(0);
  });

  test('neither reads nor writes protected memory', () => {
    const rig = new HostRig();
    const channel = rig.channel(1, { privileged: true });
    const start = rig.physical(VIDEO + 0x10_0000);
    rig.test.firmware.hardware.setWpr2(start, start + 0x10_0000);
    channel.submit([...channel.bind(), ...copyWords({ from: start, to: SYSTEM, length: 16, launch: LINEAR | 1 << 12 })]);
    expect(channel.faulted).toBe(true);
  });

  test('shares time with others by what it takes, whatever it asks for', () => {
    const rig = new HostRig();
    const [long, short] = [rig.channel(1), rig.channel(2)];
    long.put([...long.bind(), ...copyWords({ from: VIDEO, to: VIDEO + VIDEO_SIZE / 2, length: VIDEO_SIZE / 2, launch: LINEAR }), ...releaseWords(SYSTEM, 1)]);
    long.ring();
    short.put(releaseWords(SYSTEM + 0x10, 1));
    short.ring();
    rig.run(500_000);
    expect([rig.word(SYSTEM), rig.word(SYSTEM + 0x10)]).toEqual([0, 1]);
    rig.run(10_000_000);
    expect(rig.word(SYSTEM)).toBe(1);
  });

  test('gives a group no more time than a lone channel', () => {
    const rig = new HostRig();
    const mates = [1, 2, 3].map((id) => rig.channel(id, { group: 99 }));
    const alone = rig.channel(4);
    const work = (at: number): number[] => Array.from({ length: 8 }, (_, i) => copyWords({ from: VIDEO, to: VIDEO + 32 * MIB, length: 2 * MIB, launch: LINEAR }).concat(releaseWords(SYSTEM + at, i + 1))).flat();
    rig.host.stop(true);
    for (const [index, channel] of [...mates, alone].entries()) {
      channel.put([...channel.bind(), ...work(16 * index)]);
      channel.ring();
    }
    rig.host.stop(false);
    while (rig.word(SYSTEM + 48) < 6) rig.run(rig.test.gpu.nextDue()! - rig.test.clock.now);
    const done = mates.reduce((sum, _, index) => sum + rig.word(SYSTEM + 16 * index), 0);
    expect(done).toBeGreaterThanOrEqual(4);
    expect(done).toBeLessThanOrEqual(7);
  });

  test('stops while all are stopped, and when it is closed in the middle of a copy', () => {
    const rig = new HostRig();
    const channel = rig.channel(1);
    rig.host.stop(true);
    channel.submit(releaseWords(VIDEO, 1));
    expect(rig.word(VIDEO)).toBe(0);
    rig.host.stop(false);
    rig.run();
    expect(rig.word(VIDEO)).toBe(1);
    rig.test.deferJobs = true;
    channel.put([...channel.bind(), ...copyWords({ from: SYSTEM, to: VIDEO + MIB, length: 4096, launch: LINEAR }), ...releaseWords(VIDEO + 0x10, 1)]);
    channel.ring();
    channel.close();
    rig.test.runJobs();
    rig.run();
    expect(rig.word(VIDEO + 0x10)).toBe(0);
  });

  test('goes on from a snapshot as the original does', () => {
    const rig = new HostRig();
    const channel = rig.channel(1);
    const picture = new Uint8Array(20 * MIB).fill(0x5a);
    picture.set(noise(100_000, 3), 19 * MIB);
    rig.poke(VIDEO, picture);
    channel.put([...channel.bind(), ...copyWords({ from: VIDEO, to: VIDEO + 32 * MIB, length: 20 * MIB, launch: LINEAR }), ...acquireWords(VIDEO + 60 * MIB, 1), ...releaseWords(VIDEO + 61 * MIB, 9)]);
    channel.ring();
    const state = rig.test.gpu.snapshot();
    const finish = (): { readonly released: number; readonly copied: boolean } => {
      rig.run(10_000_000);
      rig.poke(VIDEO + 60 * MIB, Uint8Array.of(1, 0, 0, 0));
      rig.run(10_000_000);
      return { released: rig.word(VIDEO + 61 * MIB), copied: same(rig.peek(VIDEO + 32 * MIB, picture.length), picture) };
    };
    expect(finish()).toEqual({ released: 9, copied: true });
    rig.test.clock.now = 2_000_000;
    rig.test.gpu.restore(state);
    expect(rig.word(VIDEO + 61 * MIB)).toBe(0);
    expect(rig.peek(VIDEO + 51 * MIB, 1)[0]).toBe(0);
    expect(finish()).toEqual({ released: 9, copied: true });
  });
});

describe('semaphores', () => {
  test('let every channel go on in the end, in whatever order it was rung, and never before what it waits for', () => {
    const step = fc.record({ channel: fc.nat(4), waits: fc.nat() });
    fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }), fc.boolean(), fc.boolean(), (steps, order, together, inSystem) => {
      const rig = new HostRig();
      const channels = order.map((_, id) => rig.channel(id, { group: together ? 1 : id, runlist: 1 + (id % 2) }));
      const slot = (i: number): number => (inSystem ? SYSTEM : VIDEO) + 16 * i;
      // Each step waits for an earlier one, of any channel, and says when it was done.
      for (const [i, { channel, waits }] of steps.entries()) {
        const before = i === 0 ? [] : [...methods(0, 0x5c, slot(waits % i), 0, 1, 0, waits % 2 === 0 ? 0 : 2)];
        channels[channel]!.put([...before, ...methods(0, 0x5c, slot(i), 0, 1, 0, 1 | 1 << 25)]);
      }
      for (const id of order) channels[id]!.ring();
      rig.run(100_000_000);
      const done = steps.map((_, i) => rig.word(slot(i)));
      expect(done).toEqual(steps.map(() => 1));
      const time = (i: number): number => rig.word(slot(i) + 8);
      for (const [i, { waits }] of steps.entries()) if (i > 0) expect(time(i)).toBeGreaterThanOrEqual(time(waits % i));
    }), { numRuns: 60 });
  });
});

describe('copies', () => {
  /** Sources lie below targets: what copies of overlapping lines give, nobody says. */
  const from = fc.record({ system: fc.boolean(), at: fc.nat(100_000) });
  const to = fc.record({ system: fc.boolean(), at: fc.integer({ min: 160_000, max: 240_000 }) });
  const address = ({ system, at }: { readonly system: boolean; readonly at: number }): number => (system ? SYSTEM : VIDEO) + at;

  test('do what the same copies do in a plain array, however they are cut into lines', () => {
    fc.assert(fc.property(fc.array(fc.record({
      from, to, length: fc.integer({ min: 1, max: 3000 }), lines: fc.integer({ min: 1, max: 12 }), pitchIn: fc.integer({ min: 0, max: 4000 }), pitchOut: fc.integer({ min: 3000, max: 5000 }),
    }), { minLength: 1, maxLength: 12 }), fc.boolean(), (copies, third) => {
      const rig = new HostRig(third ? hopper : undefined);
      const channel = rig.channel(1, third ? HOPPER : {});
      const size = 310_000;
      const flat = { system: noise(size, 5), video: noise(size, 6) };
      rig.poke(SYSTEM, flat.system);
      rig.poke(VIDEO, flat.video);
      channel.submit(channel.bind());
      for (const { from, to, length, lines, pitchIn, pitchOut } of copies) {
        channel.submit(copyWords({ from: address(from), to: address(to), length, lines, pitchIn, pitchOut, launch: LINES }));
        const [source, target] = [from.system ? flat.system : flat.video, to.system ? flat.system : flat.video];
        for (let line = 0; line < lines; line++) target.set(source.slice(from.at + line * pitchIn, from.at + line * pitchIn + length), to.at + line * pitchOut);
      }
      expect(channel.faulted).toBe(false);
      expect(same(rig.peek(SYSTEM, size), flat.system)).toBe(true);
      expect(same(rig.peek(VIDEO, size), flat.video)).toBe(true);
    }), { numRuns: 40 });
  });

  test('of elements put components where they are told, and constants between', () => {
    const rig = new HostRig();
    const channel = rig.channel(1);
    rig.poke(VIDEO, Uint8Array.of(1, 2, 3, 4, 5, 6));
    // Two components of a byte to four: y, x, constant A, left alone.
    rig.poke(VIDEO + 0x100, new Uint8Array(12).fill(0xee));
    channel.submit([...channel.bind(), ...methods(0, 0x700, 0xaa, 0xbb, 0x0310_6401), ...copyWords({ from: VIDEO, to: VIDEO + 0x100, length: 3, launch: LINEAR | 1 << 10 })]);
    expect([...rig.peek(VIDEO + 0x100, 12)]).toEqual([2, 1, 0xaa, 0xee, 4, 3, 0xaa, 0xee, 6, 5, 0xaa, 0xee]);
    // A word of constant B, over and over.
    channel.submit([...methods(0, 0x704, 0x1234_5678, 0x0003_0005), ...copyWords({ from: 0, to: VIDEO + 0x200, length: 100_000, launch: LINEAR | 1 << 10 })]);
    expect(new Uint32Array(rig.peek(VIDEO + 0x200, 400_000).buffer).every((word) => word === 0x1234_5678)).toBe(true);
    expect(rig.word(VIDEO + 0x200 + 400_000)).toBe(0);
  });

  test('to blocks and back bring every byte back, and lay them as NVIDIA has it', () => {
    const rig = new HostRig();
    const channel = rig.channel(1);
    const [width, height] = [200, 40];
    const picture = noise(width * height, 8);
    rig.poke(VIDEO, picture);
    // Two GOBs high.
    const blocks = methods(0, 0x70c, 0x1010, 256, height, 1, 0, 0);
    channel.submit([...channel.bind(), ...blocks, ...copyWords({ from: VIDEO, to: VIDEO + MIB, length: width, lines: height, launch: 0x282 })]);
    const tiled = rig.peek(VIDEO + MIB, 256 * 48);
    // Line 0: 16 bytes, 16 more in the second 32, the other half of the GOB 256 bytes on; line 1 is 16 bytes on; line 8 is the next GOB down; byte 64 is the next block.
    for (const [x, y, at] of [[0, 0, 0], [16, 0, 32], [32, 0, 256], [0, 1, 16], [0, 2, 64], [0, 8, 512], [64, 0, 1024], [0, 16, 4096]] as const) expect(tiled[at]).toBe(picture[y * width + x]);
    const source = methods(0, 0x728, 0x1010, 256, height, 1, 0, 0);
    channel.submit([...source, ...copyWords({ from: VIDEO + MIB, to: VIDEO + 2 * MIB, length: width, lines: height, launch: 0x302 })]);
    expect(rig.peek(VIDEO + 2 * MIB, picture.length)).toEqual(picture);
  });

  test('of bare memory are for the privileged', () => {
    const rig = new HostRig();
    const channel = rig.channel(1, { privileged: true });
    rig.poke(VIDEO + 0x3000, noise(100, 9));
    channel.submit([...channel.bind(), ...methods(0, 0x260, 0, 0), ...copyWords({ from: rig.physical(VIDEO + 0x3000), to: rig.physical(VIDEO + 0x9000), length: 100, launch: LINEAR | 3 << 12 })]);
    expect(rig.peek(VIDEO + 0x9000, 100)).toEqual(noise(100, 9));
  });

  test.each([
    ['what Blackwell unpacks', { class: 0xc96f, copyClass: 0xc9b5 }, LINEAR | 1 << 11, true],
    ['the same bit before', {}, LINEAR | 1 << 11, false],
    ['a prefetch', {}, 0x183, true],
    ['a prefetch on GB20x', { class: 0xca6f, copyClass: 0xcab5 }, 0x183, false],
    ['encryption', { class: 0xc86f, copyClass: 0xc8b5 }, LINEAR | 1 << 20, true],
  ])('refuse %s where it is so', (_, options, launch, faulted) => {
    const rig = new HostRig(hopper);
    const channel = rig.channel(1, options);
    channel.submit([...channel.bind(), ...copyWords({ from: VIDEO, to: VIDEO + MIB, length: 16, launch })]);
    expect(channel.faulted).toBe(faulted);
  });
});

describe('graphics and compute', () => {
  const COMPUTE = { classes: [0xc7c0, 0xc797] };
  const compute = methods(1, 0, 0xc7c0);

  test('report, and take inline data', () => {
    const rig = new HostRig();
    const channel = rig.channel(1, COMPUTE);
    channel.submit([...compute, ...methods(1, 0x1b00, 0, VIDEO, 7, 1 << 28), ...methods(1, 0x158, 1, 2, VIDEO + 0x10, 0, 0x1010)]);
    expect([...new Uint32Array(rig.peek(VIDEO, 24).buffer)]).toEqual([7, 0, 0, 0, 1, 2]);
    channel.submit([...methods(1, 0x180, 6, 1, 0, VIDEO + 0x40), ...methods(1, 0x1b0, 0x41), ...methods(1, 0x1b4, 0x0403_0201), ...methods(1, 0x1b4, 0x0807_0605)]);
    expect([...rig.peek(VIDEO + 0x40, 8)]).toEqual([1, 2, 3, 4, 5, 6, 0, 0]);
    expect(channel.faulted).toBe(false);
  });

  test.each([['a kernel', compute, methods(1, 0x2bc, 3)], ['a draw', methods(1, 0, 0xc797), methods(1, 0x1618, 4)], ['a macro', methods(1, 0, 0xc797), methods(1, 0x3800, 0)]])(
    'refuse %s: nothing pretends to have run', (_, bind, launch) => {
      const rig = new HostRig();
      const channel = rig.channel(1, COMPUTE);
      channel.submit([...bind, ...launch, ...releaseWords(VIDEO, 1)]);
      expect([channel.faulted, rig.word(VIDEO)]).toEqual([true, 0]);
    });
});

describe('whatever is in a pushbuffer', () => {
  test('the device lives, other channels work, and nothing outside of their space is touched', () => {
    const word = fc.oneof(
      { weight: 3, arbitrary: fc.integer({ min: 0, max: 0xffff_ffff }) },
      { weight: 3, arbitrary: fc.tuple(fc.constantFrom(1, 3, 4, 5), fc.nat(8), fc.nat(7), fc.nat(0x1fff)).map(([operation, count, subchannel, method]) => ((operation << 29) | (count << 16) | (subchannel << 13) | (method >> 2)) >>> 0) },
      { weight: 2, arbitrary: fc.constantFrom(0xc7b5, 0xc7c0, VIDEO, VIDEO + 0x100, SYSTEM, ...methods(0, 0, 0xc7b5), ...methods(0, 0x300, LINEAR), ...methods(0, 0x6c, 1)) },
    );
    fc.assert(fc.property(fc.array(fc.array(word, { minLength: 1, maxLength: 64 }), { minLength: 1, maxLength: 6 }), (pieces) => {
      const rig = new HostRig();
      const bad = rig.channel(1, { classes: [0xc7c0, 0xc797] });
      const good = rig.channel(2);
      const outside = rig.test.gpu.peekVram(0, 8 * MIB);
      for (const piece of pieces) bad.submit(piece);
      good.submit(releaseWords(SYSTEM + 0xb_0000, 3));
      rig.run(100_000_000);
      expect(rig.word(SYSTEM + 0xb_0000)).toBe(3);
      expect(same(rig.test.gpu.peekVram(0, 8 * MIB), outside)).toBe(true);
    }), { numRuns: 150 });
  });
});
