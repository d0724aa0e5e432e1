import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { hostileCases } from './hostile-fixture.ts';

// `npm run soak -- SECONDS [SEED]` runs the same for as long as somebody likes.
const SECONDS = Number(process.env['NOVA_SOAK_SECONDS'] ?? 20);
const SEED = Number(process.env['NOVA_SOAK_SEED'] ?? 1);
/** Bytes that may stay: what the compiler and lazily made views take, which does not depend on how long it runs. */
const LEFT = 8e6;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function held(): number {
  collect();
  return getHeapStatistics().used_heap_size;
}

test(`${SECONDS} seconds of arbitrary bytes: typed errors only, an end to every case, no growth`, async () => {
  const cases = Object.entries(await hostileCases(SEED));
  const done = Object.fromEntries(cases.map(([name]) => [name, 0]));
  const began = performance.now();
  const spell = (milliseconds: number): void => {
    for (const [name, run] of cases) {
      const until = performance.now() + milliseconds / cases.length;
      while (performance.now() < until) {
        try {
          run();
        } catch (error) {
          throw new Error(`${name}, case ${done[name]!} of seed ${SEED}`, { cause: error });
        }
        done[name]!++;
      }
    }
  };
  // Everything has been seen, compiled and kept once.
  spell(Math.min(4000, SECONDS * 200));
  const before = held();
  while (performance.now() - began < SECONDS * 1000) {
    spell(500);
    await new Promise((resolve) => setTimeout(resolve));
  }
  expect(held() - before).toBeLessThan(LEFT);
  expect(Object.values(done).every((count) => count > 0)).toBe(true);
  if (process.env['NOVA_SOAK_SECONDS'] !== undefined) console.log(Object.entries(done).map(([name, count]) => `${count} × ${name}`).join(', '));
}, SECONDS * 1000 + 60_000);
