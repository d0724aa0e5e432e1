import { readFileSync } from 'node:fs';

import { expect, test, vi } from 'vitest';

import { NV2080_CTRL_CMD_GSP_GET_FEATURES, NV2080_CTRL_GSP_GET_FEATURES_PARAMS as Features } from '../generated/r570_144/ctrl2080gsp.js';
import { COMMAND_NAMES } from '../generated/r570_144/registry/commands.js';

test('does what its README shows', () => {
  const print = vi.spyOn(console, 'log').mockImplementation(() => undefined);

  const reply = Features.create({ bValid: true, firmwareVersion: new TextEncoder().encode('570.144') });
  console.log(Features.size, Features.offsets.firmwareVersion); // 72 6
  console.log(Features.read(reply).bValid, COMMAND_NAMES.get(NV2080_CTRL_CMD_GSP_GET_FEATURES)); // true NV2080_CTRL_CMD_GSP_GET_FEATURES

  expect(print.mock.calls).toEqual([[72, 6], [true, 'NV2080_CTRL_CMD_GSP_GET_FEATURES']]);
  print.mockRestore();
});

test('shows in its README what is tested here', () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
  const [, code] = /```ts\n(.*?)```/s.exec(read('../README.md'))!;
  const here = read(import.meta.url).replaceAll(/^ {2}/gm, '');
  for (const line of code!.replaceAll('@nova-stack/nvrm-headers/', '../generated/').replaceAll(/(r570_144\/[\w/]+)'/g, "$1.js'").split('\n')) expect(here).toContain(line);
});
