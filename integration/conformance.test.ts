// The contract's duties, tried on the real core over the modelled GPU, under every firmware version. That the cases find what is broken is shown
// where they are.
import { CASES, runCase, type CaseResult, type ConformanceCase } from '@nova-stack/nova-core-api/conformance';
import { describe, expect, test } from 'vitest';

import { HOSTING, novaCore } from './nova-core-under-test.ts';

/** What it does not offer: instances of different sizes side by side, and moving instances. */
const NOT_OFFERED: readonly string[] = ['vgpu.mixed-sizes', 'vgpu.migration.stop-copy'];
const isNotTried = ({ interfaces = [], capabilities = [] }: ConformanceCase, version: string): boolean =>
  (interfaces.some((one) => one.startsWith('vgpu')) && !HOSTING.includes(version)) || capabilities.some((one) => NOT_OFFERED.includes(one));

describe.each(['535.113.01', '570.144', '580.105.08'])('nova-core with firmware %s', (version) => {
  test.each(CASES.map((one) => [one.name, one] as const))('%s', async (_, one) => {
    const { outcome, text }: CaseResult = await runCase(one, () => novaCore(version));
    expect(outcome, text).toBe(isNotTried(one, version) ? 'not-tried' : 'passed');
  });
});
