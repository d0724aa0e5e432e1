import { expect, test } from 'vitest';
import type { RpcMessage } from '../message.ts';
import { PROFILE_570_144 as profile } from '../r570_144.ts';
import type { TraceEntry } from './entry.ts';
import { createReplay } from './replay.ts';
import { serveReplay } from './replay-end.ts';
import { createRecorder } from './recorder.ts';
import { readTrace } from './reader.ts';
import { answering, control, link, type Link } from './testing/link.ts';

const EVENT: RpcMessage = { function: 0x1006, result: 0, sequence: 0, payload: new Uint8Array(0x110) };

/** A script that a driver runs, and everything that it heard. */
async function script({ driver }: Link, value = 1): Promise<unknown[]> {
  const heard: unknown[] = [];
  driver.on(0x1006, ({ payload }) => heard.push(['event', payload.length]));
  await driver.send(72, new Uint8Array(0x3a0));
  heard.push(await driver.call(65, new Uint8Array(0x678)));
  heard.push(await driver.call(76, control(0x20803601, Uint8Array.of(value, 0, 0, 0))));
  return heard.map((each): unknown => (Array.isArray(each) ? each : [(each as RpcMessage).function, (each as RpcMessage).result, [...(each as RpcMessage).payload]]));
}

async function recorded(): Promise<{ entries: readonly TraceEntry[]; heard: unknown[] }> {
  const chunks: number[] = [];
  let now = 0;
  const recorder = createRecorder({ now: () => now++, write: (bytes) => chunks.push(...bytes) });
  const both = link({ serve: answering((request) => {
    if (request.function === 72) return [EVENT];
    const payload = request.payload.slice();
    payload[0] = 0x55;
    return request.function === 65 ? [{ ...request, result: 0, payload }] : [EVENT, { ...request, result: 0x56, payload }];
  }, recorder.tap) });
  const heard = await script(both);
  return { entries: readTrace(Uint8Array.from(chunks)).entries, heard };
}

test('the driver hears from the recording what it heard from the firmware, though it numbers its requests otherwise', async () => {
  const { entries, heard } = await recorded();
  for (const sequence of ['count', 'zero'] as const) {
    const replay = createReplay(entries, { profile });
    const both = link({ sequence, serve: ({ state, run }) => void run(serveReplay(profile, state, replay)) });
    expect(await script(both)).toEqual(heard);
    expect(replay).toMatchObject({ divergence: undefined, remaining: 0 });
  }
});

test('the first message that differs is kept, nothing is answered from then on', async () => {
  const { entries } = await recorded();
  const replay = createReplay(entries, { profile });
  const both = link({ serve: ({ state, run }) => void run(serveReplay(profile, state, replay)) });
  await expect(script(both, 2)).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(replay.remaining).toBe(1);
  expect(replay.divergence).toMatchObject({ expected: { function: 76 }, actual: { function: 76 }, differences: ['byte 0x18 of the payload is 0x2 instead of 0x1'] });
  expect(replay.take({ function: 76, result: 0, sequence: 0, payload: control(0x20803601, Uint8Array.of(1, 0, 0, 0)) })).toEqual([]);
});

test('a driver that goes on after the recording has ended', async () => {
  const { entries } = await recorded();
  const replay = createReplay(entries, { profile });
  const both = link({ serve: ({ state, run }) => void run(serveReplay(profile, state, replay)) });
  await script(both);
  await expect(both.driver.call(47, new Uint8Array(8), { bound: 10_000 })).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(replay.divergence).toMatchObject({ expected: undefined, differences: ['the recording has ended'] });
});

test('events before the first request, and how long after it each answer came', () => {
  const message = (time: number, direction: 'command' | 'status', fn: number): TraceEntry =>
    ({ kind: 'message', time, direction, release: '570.144', function: fn, result: 0, sequence: 0, payload: new Uint8Array(0) });
  const replay = createReplay([message(10, 'status', 0x1006), message(20, 'command', 65), message(90, 'status', 65), message(95, 'status', 0x1006)], { profile });
  expect(replay.begin().map(({ function: fn }) => fn)).toEqual([0x1006]);
  expect(replay.begin()).toEqual([]);
  expect(replay.take({ function: 65, result: 0, sequence: 3, payload: new Uint8Array(0) }).map(({ function: fn, sequence, after }) => [fn, sequence, after])).toEqual([[65, 3, 70], [0x1006, 0, 75]]);
});
