import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { PlacementPlanner, type SizeMode, type Taken } from './planner.ts';
import { equalSpots, mixedSpots, type Footprint } from './spots.ts';

const CHANNELS = 2048;
const footprint = (units: number, maxInstances: number, more: Partial<Footprint> = {}): Footprint => ({
  units, maxInstances, channels: 2 ** Math.floor(Math.log2(CHANNELS / maxInstances)), named: [], fullGiB: units === 1, ...more,
});
const starts = (spots: readonly { readonly start: number }[]): number[] => spots.map(({ start }) => start);
const multiples = (step: number, count: number): number[] => Array.from({ length: count }, (_, i) => i * step);

/** Size, instances of one size, and first units where sizes are mixed, for a GPU of 48 units: worked out apart from this code. */
const OF_48: readonly (readonly [units: number, max: number, mixed: readonly number[]])[] = [
  [1, 32, [0, 5, 6, 11, 12, 17, 18, 23, 24, 29, 30, 35, 36, 41, 42, 47]],
  [2, 24, [0, 4, 6, 10, 12, 16, 18, 22, 24, 28, 30, 34, 36, 40, 42, 46]],
  [3, 16, multiples(3, 16)],
  [4, 12, [0, 8, 12, 20, 24, 32, 36, 44]],
  [6, 8, multiples(6, 8)],
  [8, 6, [0, 16, 24, 40]],
  [12, 4, [0, 12, 24, 36]],
  [16, 3, [0, 32]],
  [24, 2, [0, 24]],
  [48, 1, [0]],
];

describe('places of a GPU of 48 units', () => {
  const board = { units: 48, channels: CHANNELS };
  it.each(OF_48)('%i units: %i of one size, and mixed', (units, max, mixed) => {
    const type = footprint(units, max);
    expect(starts(equalSpots(board, type))).toEqual(multiples(units, max));
    expect(starts(mixedSpots(board, type))).toEqual(mixed);
  });
});

describe('places of a GPU of 80 units', () => {
  const board = { units: 80, channels: CHANNELS };
  it.each<[number, number, number[] | number]>([
    [8, 10, [0, 12, 20, 32, 40, 52, 60, 72]], [16, 5, [0, 24, 40, 64]], [4, 20, 16], [5, 16, 16], [10, 8, 8], [20, 4, 4], [40, 2, 2], [80, 1, 1],
  ])('%i units of at most %i, mixed', (units, max, mixed) => {
    const found = starts(mixedSpots(board, footprint(units, max)));
    expect(typeof mixed === 'number' ? found.length : found).toEqual(mixed);
  });
});

it('believes the places that a type names', () => {
  expect(starts(equalSpots({ units: 48, channels: CHANNELS }, footprint(4, 2, { named: [0, 8, 16] })))).toEqual([0, 8]);
});

it('places of one type never overlap, in units and in channels, and lie on the GPU', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 96 }), fc.integer({ min: 1, max: 48 }), fc.boolean(), (units, size, fullGiB) => {
    fc.pre(size <= units);
    const board = { units, channels: CHANNELS };
    const type = footprint(size, Math.min(32, Math.floor(units / size)), { fullGiB });
    for (const spots of [equalSpots(board, type), mixedSpots(board, type)]) {
      const [unitsTaken, channelsTaken] = [new Set<number>(), new Set<number>()];
      for (const spot of spots) {
        expect(spot.start >= 0 && spot.start + spot.units <= units && spot.firstChannel >= 0 && spot.firstChannel + spot.channels <= CHANNELS).toBe(true);
        for (let i = 0; i < spot.units; i++) unitsTaken.add(spot.start + i);
        for (let i = 0; i < spot.channels; i++) channelsTaken.add(spot.firstChannel + i);
      }
      expect([unitsTaken.size, channelsTaken.size]).toEqual([spots.length * size, spots.reduce((sum, { channels }) => sum + channels, 0)]);
    }
  }), { numRuns: 200 });
});

/** The most instances that can be had of a type beside what is taken: every subset of its places is tried, on maps of units and channels. */
function bruteForce(planner: PlacementPlanner, type: Footprint): number {
  if (planner.mode === 'equal' && planner.taken.some((one) => one.type.units !== type.units)) return 0;
  const spots = planner.spots(type);
  const bits = (from: number, count: number): bigint => ((1n << BigInt(count)) - 1n) << BigInt(from);
  const maps = spots.map((spot) => bits(spot.start, spot.units) | (bits(spot.firstChannel, spot.channels) << 64n));
  const used = planner.taken.reduce((all, one) => all | bits(one.start, one.units) | (bits(one.firstChannel, one.channels) << 64n), 0n);
  const most = planner.mode === 'equal' ? spots.length - planner.taken.length : Infinity;
  let best = 0;
  const search = (at: number, all: bigint, count: number): void => {
    best = Math.max(best, Math.min(count, most));
    if (at === maps.length || count + maps.length - at <= best) return;
    if ((all & maps[at]!) === 0n) search(at + 1, all | maps[at]!, count + 1);
    search(at + 1, all, count);
  };
  search(0, used, 0);
  return Math.max(0, best);
}

const SIZES = [1, 2, 3, 4, 6, 8, 12] as const;
type Step = { readonly kind: 'take'; readonly size: number; readonly which: number | undefined } | { readonly kind: 'give'; readonly which: number } | { readonly kind: 'mode'; readonly mode: SizeMode };
const steps = fc.array(fc.oneof<fc.Arbitrary<Step>[]>(
  fc.record({ kind: fc.constant('take' as const), size: fc.constantFrom(...SIZES), which: fc.option(fc.nat({ max: 12 }), { nil: undefined }) }),
  fc.record({ kind: fc.constant('give' as const), which: fc.nat({ max: 12 }) }),
  fc.record({ kind: fc.constant('mode' as const), mode: fc.constantFrom<SizeMode>('equal', 'mixed') }),
), { maxLength: 25 });

it('a planner gives what brute force finds possible, and nothing twice', () => {
  fc.assert(fc.property(fc.constantFrom(6, 8, 12, 13), steps, (units, all) => {
    // Channels enough for the types of a small GPU, in one map.
    const channels = 64;
    const type = (size: number): Footprint => {
      const max = Math.max(1, Math.floor(units / size));
      return { units: size, maxInstances: max, channels: 2 ** Math.floor(Math.log2(channels / max)), named: [], fullGiB: false };
    };
    const sizes = SIZES.filter((size) => size <= units);
    const planner = new PlacementPlanner({ units, channels });
    const held: Taken[] = [];
    for (const step of all) {
      if (step.kind === 'mode') {
        const before = planner.mode;
        expect(planner.setMode(step.mode)).toBe(held.length === 0 || before === step.mode);
        expect(planner.mode).toBe(held.length === 0 ? step.mode : before);
      } else if (step.kind === 'give') {
        const [gone] = held.splice(step.which % Math.max(1, held.length), 1);
        if (gone) planner.give(gone);
      } else if (step.size <= units) {
        const free = planner.free(type(step.size));
        const possible = bruteForce(planner, type(step.size));
        const wanted = step.which === undefined ? undefined : free[step.which % Math.max(1, free.length)]?.start;
        const taken = planner.take(type(step.size), wanted);
        expect(typeof taken === 'object').toBe(possible > 0);
        if (typeof taken === 'object') {
          if (wanted !== undefined) expect(taken.start).toBe(wanted);
          held.push(taken);
        }
      }
      expect(planner.taken).toHaveLength(held.length);
      for (const size of sizes) {
        const creatable = planner.creatable(type(size));
        expect(creatable).toBe(bruteForce(planner, type(size)));
        expect(planner.obstacle(type(size)) === undefined).toBe(creatable > 0);
      }
      const unitsTaken = held.flatMap(({ start, units: count }) => Array.from({ length: count }, (_, i) => start + i));
      expect(new Set(unitsTaken).size).toBe(unitsTaken.length);
    }
  }), { numRuns: 150 });
});

it('tells why there is no place', () => {
  const planner = new PlacementPlanner({ units: 48, channels: CHANNELS });
  const [four, twelve] = [footprint(4, 12), footprint(12, 4)];
  for (let i = 0; i < 12; i++) expect(planner.take(four)).toMatchObject({ start: 4 * i });
  expect([planner.take(four), planner.take(twelve)]).toEqual(['no-capacity', 'other-size']);
  expect(planner.setMode('mixed')).toBe(false);
  for (const one of planner.taken) planner.give(one);
  expect(planner.setMode('mixed')).toBe(true);
  // What the vendor's code says of 8 units at 0 beside 1 unit at 8 cannot come about.
  expect(planner.take(footprint(8, 6), 0)).toMatchObject({ start: 0 });
  expect(starts(planner.free(footprint(1, 32)))).not.toContain(8);
  expect(planner.take(twelve)).toMatchObject({ start: 12 });
  expect(planner.take(twelve, 12)).toBe('no-placement');
  expect(planner.take(footprint(48, 1))).toBe('no-placement');
  // A type of which so many fit that no sixteenth is an end of theirs has no places where sizes are mixed.
  expect(planner.take({ ...footprint(1, 32), maxInstances: 64, channels: 32 })).toBe('other-mode');
});
