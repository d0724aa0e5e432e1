import { readFileSync } from 'node:fs';

import { expect, it, vi } from 'vitest';

import { createTrace, faultPlan, jsonLines, timeline, type PointTable } from './index.ts';

it('does what its README shows', () => {
  const print = vi.spyOn(console, 'log').mockImplementation(() => undefined);

  // A package declares its points once; encoders interpret the table.
  const POINTS: PointTable = {
    'pump.valve.open': { level: 'step', text: 'valve {index} open after {took:ns}, {held:bytes} behind it' },
  };

  let now = 0;
  const trace = createTrace({
    now: () => now,
    sinks: [timeline([POINTS], (line) => console.log(line)), jsonLines((line) => console.log(line.trim()))],
    faults: faultPlan([{ point: 'pump.valve.open', nth: 2, action: 'stuck' }]),
  });

  now = 1_500_000;
  if (!trace.fault('pump.valve.open')) trace.event('pump.valve.open', { index: 3, took: 12_500, held: 1 << 20 });
  //     1.500 ms  pump          valve 3 open after 12.5 µs, 1 MiB behind it
  // {"seq":0,"at":1500000,"point":"pump.valve.open","args":{"index":3,"took":12500,"held":1048576}}
  console.log(trace.fault('pump.valve.open')?.action); // stuck

  expect(print.mock.calls.flat().slice(0, 2)).toEqual([
    '    1.500 ms  pump          valve 3 open after 12.5 µs, 1 MiB behind it',
    '{"seq":0,"at":1500000,"point":"pump.valve.open","args":{"index":3,"took":12500,"held":1048576}}',
  ]);
  expect(print.mock.calls.flat().at(-1)).toBe('stuck');
  print.mockRestore();
});

it('shows in its README what is tested here', () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
  const [, code] = /```ts\n(.*?)```/s.exec(read('../README.md'))!;
  const here = read(import.meta.url).replaceAll(/^ {2}/gm, '');
  for (const line of code!.replace('@nova-stack/trace', './index.ts').split('\n')) expect(here).toContain(line);
});
