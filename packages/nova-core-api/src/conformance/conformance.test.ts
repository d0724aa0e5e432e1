import { describe, expect, test } from 'vitest';

import { CASES, runCase, runCases } from './index.ts';
import { memoryCoreUnderTest } from './memory-core-fixture.ts';
import { MUTANTS } from './mutants-fixture.ts';

const failures = (results: Awaited<ReturnType<typeof runCases>>): string[] => results.filter(({ outcome }) => outcome === 'failed').map(({ name, text }) => `${name}: ${text}`);

test('every case has a name of its own and says what the duty is', () => {
  expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length);
  for (const { name, duty } of CASES) expect([name, duty]).toEqual([expect.stringMatching(/^(handshake|session|memory|vgpu2?)\.[a-z-]+$/), expect.stringMatching(/^[a-z].{10,}$/)]);
});

test('the in-memory core does its duty, all of it', async () => {
  const results = await runCases(memoryCoreUnderTest);
  expect(failures(results)).toEqual([]);
  expect(results.filter(({ outcome }) => outcome === 'not-tried')).toEqual([]);
});

test('what a core does not offer, or cannot be shown, is told and not counted as done', async () => {
  const { types: _, ...less } = memoryCoreUnderTest();
  const vgpu = CASES.find(({ name }) => name === 'vgpu.refused')!;
  expect(await runCase(vgpu, () => less)).toMatchObject({ outcome: 'not-tried', text: 'whoever made the core gave no `types`' });
  const plain = memoryCoreUnderTest();
  const offer = { ...plain.endpoint.offer, interfaces: { base: plain.endpoint.offer.interfaces.base! } };
  expect(await runCase(vgpu, () => ({ ...plain, endpoint: { ...plain.endpoint, offer } }))).toMatchObject({ outcome: 'not-tried', text: 'the core does not offer vgpu 1' });
});

describe('a core that is broken in one way', () => {
  test('there is one for every case', () => {
    expect([...MUTANTS.keys()].sort()).toEqual(CASES.map(({ name }) => name).sort());
  });

  test.each([...MUTANTS])('%s is found by that case alone', async (name, make) => {
    const failed = failures(await runCases(make));
    expect(failed.map((line) => line.split(':')[0])).toEqual([name]);
  });
});
