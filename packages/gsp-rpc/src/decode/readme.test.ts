import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { createRecorder, readTrace } from '../trace/index.ts';
import { decodeTrace, filterTrace, formatTrace } from './index.ts';

test('does what the README shows of traces', async () => {
  const print = vi.spyOn(console, 'log').mockImplementation(() => undefined);

  const file: number[] = [];
  const recorder = createRecorder({ now: () => 0, write: (bytes) => void file.push(...bytes) });
  // `tap: recorder.tap` goes to openDriverEnd(), receiveRequest() and flush(), createGspRm() or createMachine(). Here by hand:
  recorder.tap('status', { function: 0x101c, result: 0, sequence: 0, payload: Uint8Array.of(1) }, '570.144');

  const trace = readTrace(Uint8Array.from(file));
  const decoded = await decodeTrace(trace.entries);
  for (const line of formatTrace(filterTrace(decoded, { event: true }))) console.log(line);
  //        0.000 ms  <-  event GSP_LOCKDOWN_NOTICE  1 bytes
  //     rpc_gsp_lockdown_notice_v17_00
  //       bLockdownEngaging  yes

  const printed = print.mock.calls.map(([line]) => line as string);
  print.mockRestore();
  const snippet = /## Traces\n.*?```ts\n(.*?)```/s.exec(readFileSync(new URL('../../README.md', import.meta.url), 'utf8'))![1]!.trimEnd().split('\n');
  expect(snippet.filter((line) => line.startsWith('//  ')).map((line) => line.slice(3).trim())).toEqual(printed.map((line) => line.trim()));
  const here = readFileSync(new URL(import.meta.url), 'utf8').replaceAll(/^ {2}/gm, '');
  for (const line of snippet.filter((each) => !each.startsWith('import '))) expect(here).toContain(line);
});
