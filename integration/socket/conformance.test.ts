// The contract's duties, tried through a socket: on the in-memory core and on the real one, from a client in TypeScript that cannot tell them
// from cores of its own process.
import { CASES, runCase, type ConformanceCase } from '@nova-stack/nova-core-api/conformance';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { HOSTING } from '../nova-core-under-test.ts';
import { CoresOverSockets } from './cores-over-sockets.ts';

const cores = new CoresOverSockets();
beforeAll(() => cores.start());
afterAll(() => cores.stop());

const notOffered: readonly string[] = ['vgpu.mixed-sizes', 'vgpu.migration.stop-copy'];
const isNotTried = ({ capabilities = [] }: ConformanceCase, kind: string): boolean => kind !== 'memory' && capabilities.some((one) => notOffered.includes(one));

describe.each(['memory', ...HOSTING])('over a socket, %s', (kind) => {
  test.each(CASES.map((one) => [one.name, one] as const))('%s', async (_, one) => {
    const { outcome, text } = await runCase(one, async () => (await cores.make(kind)).core);
    expect(outcome, text).toBe(isNotTried(one, kind) ? 'not-tried' : 'passed');
  });
});
