import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { main } from '@nova-stack/nova';
import { afterAll, describe, expect, test } from 'vitest';

const dir = mkdtempSync(join(tmpdir(), 'nova-cli-'));
afterAll(() => { rmSync(dir, { recursive: true, force: true }); });

async function nova(...args: string[]): Promise<{ readonly status: number; readonly out: string; readonly err: string }> {
  let out = '';
  let err = '';
  const status = await main(args, { out: (text) => void (out += text), err: (text) => void (err += text) });
  return { status, out, err };
}

describe('nova boot', () => {
  test('prints a timeline and a summary, and writes the trace', async () => {
    const file = join(dir, 'trace.jsonl');
    const { status, out, err } = await nova('boot', '--trace', file, '--vgpu', 'L40-8Q');
    expect([status, err]).toEqual([0, '']);
    expect(out).toMatch(/GSP-RM is up/);
    expect(out).toMatch(/NVIDIA L40-8Q open on virtual function 0/);
    expect(out).toMatch(/second boot +done/);
    const events = readFileSync(file, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as { readonly seq: number; readonly at: number });
    expect(events.length).toBeGreaterThan(200);
    events.forEach(({ seq, at }, index) => {
      expect(seq).toBe(index);
      expect(at).toBeGreaterThanOrEqual(events[Math.max(0, index - 1)]!.at);
    });
  });

  test('the same seed gives the same timeline, another board boots without virtual GPUs', async () => {
    const timeline = async (...args: string[]): Promise<string> => (await nova('boot', ...args)).out.replace(/\n {2}took .*/, '');
    expect(await timeline('--seed', '9')).toBe(await timeline('--seed', '9'));
    const other = await nova('boot', '--board', 'rtx4090');
    expect(other.status).toBe(0);
    expect(other.out).toMatch(/vGPU +none/);
  });

  test('--help names every option and board', async () => {
    const { status, out } = await nova('boot', '--help');
    expect(status).toBe(0);
    for (const word of ['--board', '--firmware', '--verify', '--vgpu', '--trace', '--seed', 'l40', 'rtx4090']) expect(out).toContain(word);
  });

  test.each([
    [['fly'], /^nova: unknown command "fly"/],
    [['boot', '--bord', 'l40'], /^nova: Unknown option '--bord'/],
    [['boot', 'extra'], /^nova: Unexpected argument 'extra'/],
    [['boot', '--board', 'l4o'], /^nova: unknown board "l4o"; the boards are: l40, rtx4090/],
    [['boot', '--board', 'toString'], /^nova: unknown board "toString"/],
    [['boot', '--seed', '-1'], /seed/],
    [['boot', '--seed', '1e3'], /^nova: --seed wants a whole number/],
    [['boot', '--firmware', join(dir, 'nowhere')], /^nova: --firmware: cannot read .*nowhere: no such file or directory/],
    [['boot', '--trace', join(dir, 'no', 'where')], /^nova: --trace: cannot write/],
    [['boot', '--verify'], /^nova: --verify checks the files of --firmware DIR/],
  ])('%j is one clear line and status 2', async (args, expected) => {
    const { status, out, err } = await nova(...args);
    expect([status, out]).toEqual([2, '']);
    expect(err).toMatch(expected);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
  });

  test('a firmware directory that is a file is status 2, one without the files status 1', async () => {
    const file = join(dir, 'file');
    writeFileSync(file, '');
    expect(await nova('boot', '--firmware', file)).toMatchObject({ status: 2, err: expect.stringContaining('is not a directory') as string });
    expect(await nova('boot', '--firmware', dir)).toMatchObject({ status: 1, err: expect.stringContaining('gsp-570.144.bin') as string });
  });

  test('a type that the board cannot have is status 1 and names those that it can', async () => {
    const { status, err } = await nova('boot', '--vgpu', 'L40-7Q');
    expect(status).toBe(1);
    expect(err).toMatch(/There is no type "L40-7Q"; the types are: .*NVIDIA L40-4Q/);
  });
});
