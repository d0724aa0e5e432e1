import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { main } from '@nova-stack/nova';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const dir = mkdtempSync(join(tmpdir(), 'nova-trace-'));
afterAll(() => { rmSync(dir, { recursive: true, force: true }); });

async function nova(...args: string[]): Promise<{ readonly status: number; readonly out: string; readonly err: string }> {
  let [out, err] = ['', ''];
  const status = await main(args, { out: (text) => void (out += text), err: (text) => void (err += text) });
  return { status, out, err };
}

const files = { first: join(dir, 'first.rec'), again: join(dir, 'again.rec'), other: join(dir, 'other.rec') };
beforeAll(async () => {
  for (const [file, ...args] of [[files.first], [files.again], [files.other, '--firmware-version', '535.113.01']] as const) expect((await nova('boot', '--record', file, ...args)).status).toBe(0);
});

describe('nova trace', () => {
  test('shows every message with its fields, and nothing unknown', async () => {
    const { status, out, err } = await nova('trace', files.first);
    expect([status, err]).toEqual([0, '']);
    expect(out).toMatch(/->\s+GSP_SET_SYSTEM_INFO/);
    expect(out).toContain('gpuNameString  "NVIDIA L40"');
    expect(await nova('trace', files.first, '--unknown')).toEqual({ status: 0, out: '', err: '' });
  });

  test('filters, by name or number, and gives JSON', async () => {
    const events = (await nova('trace', files.first, '--event', 'any', '--fields', 'none')).out.trim().split('\n');
    expect(events.every((line) => line.includes('<-  event '))).toBe(true);
    expect((await nova('trace', files.first, '--function', '65', '--direction', 'status', '--fields', 'none')).out.trim().split('\n')).toHaveLength(2);
    const lines = (await nova('trace', files.first, '--command', 'FIFO_GET_NUM_CHANNELS', '--json')).out.trim().split('\n').map((line) => JSON.parse(line) as { readonly direction: string });
    expect(lines.length).toBeGreaterThan(0);
  });

  test('compares: the same seed gives the same conversation, another firmware another one', async () => {
    expect(await nova('trace', files.first, '--diff', files.again)).toMatchObject({ status: 0 });
    const { status, out } = await nova('trace', files.first, '--diff', files.other, '--ignore', 'addresses,handles');
    expect(status).toBe(1);
    expect(out.split('\n').length).toBeGreaterThan(10);
  });

  test('reads a file that ends early up to there, and says so', async () => {
    const cut = join(dir, 'cut.rec');
    writeFileSync(cut, readFileSync(files.first).subarray(0, 5000));
    const { status, out, err } = await nova('trace', cut, '--fields', 'none');
    expect(status).toBe(0);
    expect(out.split('\n').length).toBeGreaterThan(2);
    expect(err).toMatch(/^nova: .*cut\.rec: .+\n$/);
  });

  test('reads any image of memory as a dump, and says what is wrong with it', async () => {
    const image = join(dir, 'image');
    writeFileSync(image, new Uint8Array(0x81000));
    const { status, out } = await nova('trace', image, '--dump');
    expect(status).toBe(0);
    expect(out).toContain('wrong: ');
  });

  test.each([
    [['trace'], 2, /^nova: nova trace takes one FILE/],
    [['trace', join(dir, 'nowhere')], 2, /^nova: cannot read .*nowhere/],
    [['trace', 'x', '--direction', 'up'], 2, /^nova: --direction wants command, status, not "up"/],
    [['trace', 'x', '--dump', '--diff', 'y'], 2, /cannot go together/],
    [['trace', 'x', '--handle', '0x100000000'], 2, /^nova: --handle wants a number of 32 bits/],
    [['boot', '--record', join(dir, 'no', 'where')], 2, /^nova: --record: cannot write/],
  ] as const)('%j is one clear line', async (args, wanted, expected) => {
    const { status, out, err } = await nova(...args);
    expect([status, out]).toEqual([wanted, '']);
    expect(err).toMatch(expected);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
  });

  test('a file that is no recording is status 1', async () => {
    const no = join(dir, 'no.rec');
    writeFileSync(no, 'something else');
    expect(await nova('trace', no)).toMatchObject({ status: 1, err: expect.stringMatching(/^nova: .*no\.rec: /) as string });
  });
});
