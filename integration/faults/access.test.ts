import { ACCESS_FAULTS, randomAccessFault, type AccessFault } from '@nova-stack/hw-model';
import type { BoardName } from '@nova-stack/hw-model/boards';
import { createRandom } from '@nova-stack/timebase';
import { describe, expect, test } from 'vitest';

import { accessesOf, runCase } from './access-case.ts';

/** Set by `npm run soak -- faults`: every access and every kind, this part of so many: `0/4`. */
const PART = process.env['NOVA_FAULTS'];
const SEED = Number(process.env['NOVA_FAULTS_SEED'] ?? 1);

/** One of each way of booting: from VBIOS by ports, by DMA, with virtual functions. */
const BOARDS: readonly BoardName[] = ['rtx2080ti', 'a10', 'l40'];
const VERSION = '570.144';
/** Cases per board in an ordinary run. */
const SAMPLE = 24;

/** All kinds at one access; the bit that flips follows from the access, so that all are met. */
const everyKind = (access: number): AccessFault[] => ACCESS_FAULTS.map((kind) => ({ kind, access, value: kind === 'flip' ? (access * 7) % 32 : 3 }));

function sample(accesses: number, seed: number): AccessFault[] {
  const random = createRandom(seed).fork('sample');
  return Array.from({ length: SAMPLE }, () => randomAccessFault(random.below(2 ** 32), accesses));
}

function all(accesses: number, part: string): AccessFault[] {
  const [index = 0, count = 1] = part.split('/').map(Number);
  return Array.from({ length: accesses }, (_, i) => i + 1).filter((access) => access % count === index % count).flatMap(everyKind);
}

describe.each(BOARDS)('a fault at one access of a life on %s', (board) => {
  test('ends in time, typed, with nothing left, and the device can be used again', async () => {
    const accesses = await accessesOf(board, VERSION);
    expect(accesses).toBeGreaterThan(500);
    const cases = PART === undefined ? sample(accesses, SEED) : all(accesses, PART);
    const bad: string[] = [];
    const results = new Map<string, number>();
    for (const fault of cases) {
      const { result, wrong } = await runCase(board, VERSION, fault);
      results.set(result, (results.get(result) ?? 0) + 1);
      if (wrong.length > 0) bad.push(`${JSON.stringify(fault)} (${result}): ${wrong.join('; ')}`);
    }
    if (PART !== undefined) {
      console.info(`${board}: ${String(cases.length)} cases over ${String(accesses)} accesses`);
      for (const [result, count] of [...results].sort((a, b) => b[1] - a[1])) console.info(`  ${String(count).padStart(6)} ${result}`);
    }
    expect(bad).toEqual([]);
  }, PART === undefined ? 120_000 : 86_400_000);
});
