import { expect, test } from 'vitest';

import { loadFacts } from '../cli/facts-files.ts';
import { VERSIONS } from '../index.ts';
import { DESCRIBED, describeStatus } from './descriptions.ts';

test('what is described exists, in the oldest version already but for what came later', () => {
  const known = VERSIONS.map((version) => loadFacts(version).status);
  expect(DESCRIBED.filter((name) => !known.at(-1)!.has(name))).toEqual([]);
  expect(DESCRIBED.filter((name) => !known[0]!.has(name))).toEqual([
    'NV_ERR_QUEUE_TASK_SLOT_NOT_AVAILABLE', 'NV_ERR_KEY_ROTATION_IN_PROGRESS', 'NV_ERR_SECURE_BOOT_FAILED', 'NV_ERR_NVLINK_FABRIC_NOT_READY', 'NV_ERR_NVLINK_FABRIC_FAILURE', 'NV_ERR_GPU_MEMORY_ONLINING_FAILURE',
    'NV_ERR_BUFFER_FULL', 'NV_ERR_BUFFER_EMPTY', 'NV_ERR_DMA_XFER_FAILED',
  ]);
});

test('a code without a description has none', () => {
  expect([describeStatus('NV_ERR_TIMEOUT'), describeStatus('NV_ERR_HOT_SWITCH'), describeStatus('toString')]).toEqual(['No answer in the time allowed.', undefined, undefined]);
});
