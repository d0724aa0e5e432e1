import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { main } from '@nova-stack/nova';
import { afterAll, expect, test } from 'vitest';

const dir = mkdtempSync(join(tmpdir(), 'nova-crash-'));
afterAll(() => { rmSync(dir, { recursive: true, force: true }); });

async function nova(...args: string[]): Promise<{ readonly status: number; readonly out: string; readonly err: string }> {
  let out = '';
  let err = '';
  const status = await main(args, { out: (text) => void (out += text), err: (text) => void (err += text) });
  return { status, out, err };
}

test('a report is written and read: state, registers, queues, messages, words of the logs', async () => {
  const file = join(dir, 'report.json');
  expect((await nova('boot', '--board', 'a10', '--crash-report', file)).status).toBe(0);
  const { status, out } = await nova('crash', file);
  expect(status).toBe(0);
  expect(out).toMatch(/^0000:01:00\.0 \(ga102\) at [\d.]+ ms: running$/m);
  expect(out).toMatch(/0x000000 0x172000a1 {2}NV_PMC_BOOT_0/);
  expect(out).toMatch(/0x110040 0x[0-9a-f]{8} {2}gsp\.NV_PFALCON_FALCON_MAILBOX0/);
  expect(out).toMatch(/commandWrite +\d+/);
  // GSP_RM_CONTROL is function 76.
  expect(out).toMatch(/0x004c #\d+ 0x[0-9a-f]{8}/);
  // The model's two lines in LOGRM: initialised, and its time.
  expect(out).toMatch(/LOGRM: 2 words written\n {2}0x00004e4f56410100\n/);
  const log = await nova('crash', '--log', 'LOGINIT', file);
  expect(log.out.split('\n')[0]).toBe('0x00004e4f56410000');
});

test('what is no report is refused by name', async () => {
  const file = join(dir, 'other.json');
  for (const [text, why] of [['{', /JSON/], ['{}', /no crash report/], ['{"format":"nova-crash-report","version":9}', /form 9/], ['{"format":"nova-crash-report","version":1}', /lacks device/]] as const) {
    writeFileSync(file, text);
    const { status, err } = await nova('crash', file);
    expect([status, err]).toEqual([1, expect.stringMatching(why)]);
  }
  expect((await nova('crash', join(dir, 'nothing'))).status).toBe(1);
  expect((await nova('crash')).status).toBe(2);
  expect(await nova('crash', '--log', 'NOPE', join(dir, 'report.json'))).toMatchObject({ status: 2 });
  expect(readFileSync(join(dir, 'report.json'), 'utf8').length).toBeLessThan(500_000);
});
