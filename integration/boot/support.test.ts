// Boots everything that there is, and keeps the table of it in README up to date: `npx vitest run integration/boot/support.test.ts -u`
// writes both. NVIDIA's own files are booted on one chip per family, on all with NOVA_ALL_REAL_FIRMWARE=1; what was not booted keeps
// the outcome that is on record.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { CHIPS } from '@nova-stack/gpu-regs';
import { afterAll, describe, expect, test } from 'vitest';

import { realFirmwareDir } from '../../scripts/real-firmware.mjs';
import { CASES, hasFiles, judge, markdown, REPRESENTATIVES, tabulate, type Case, type Outcome, type Support } from './support.ts';

const RECORD = fileURLToPath(new URL('support.json', import.meta.url));
const README = fileURLToPath(new URL('../../README.md', import.meta.url));
const all = process.env['NOVA_ALL_REAL_FIRMWARE'] === '1';

const real = await realFirmwareDir();
const dir = 'dir' in real ? real.dir : undefined;
if (dir === undefined) console.warn(`Boots with NVIDIA's own files are SKIPPED, their outcomes are those on record: ${'skipped' in real ? real.skipped : ''}`);

const wanted = CASES.filter((one) => one.files === 'synthetic' || (dir !== undefined && hasFiles(dir, one) && (all || REPRESENTATIVES.has(one.chip))));
const record = JSON.parse(readFileSync(RECORD, 'utf8')) as Support;
const outcomes = new Map<Case, Outcome>();
let done = 0;
afterAll(() => {
  if (done === wanted.length) console.warn(`${done} boots of ${CASES.length} cases: ${wanted.filter(({ files }) => files === 'real').length} with NVIDIA's own files`);
});

describe('the support table', () => {
  test.each(Object.values(CHIPS).map(({ name }) => name))('%s with every release, synthetic and real files', async (name) => {
    for (const one of wanted.filter(({ chip }) => chip === name)) {
      outcomes.set(one, await judge(one, dir));
      done++;
    }
  });

  test('is on record, and in README', async () => {
    const support = tabulate(outcomes, record);
    await expect(`${JSON.stringify(support, undefined, 2)}\n`).toMatchFileSnapshot(RECORD);
    const readme = readFileSync(README, 'utf8');
    const [begin, end] = ['<!-- support table: from integration/boot/support.json -->\n', '\n<!-- end of the support table -->'];
    const [start, stop] = [readme.indexOf(begin) + begin.length, readme.indexOf(end)];
    expect(readme).toContain(begin);
    expect(stop).toBeGreaterThanOrEqual(start);
    await expect(readme.slice(0, start) + markdown(support) + readme.slice(stop)).toMatchFileSnapshot(README);
  });

  test('has nothing that boots with real files and not with synthetic ones', () => {
    for (const [chip, { releases }] of Object.entries(tabulate(outcomes, record))) {
      for (const [version, { synthetic, real: own }] of Object.entries(releases)) {
        for (const [mode, outcome] of Object.entries(own ?? {})) {
          if (outcome === 'boots') expect(synthetic?.[mode as keyof typeof synthetic], `${chip} ${version} ${mode}`).toBe('boots');
        }
      }
    }
  });
});
