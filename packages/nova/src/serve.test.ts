import { createConnection } from 'node:net';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { BOARDS } from '@nova-stack/hw-model/boards';
import { afterAll, describe, expect, test } from 'vitest';

import { main } from './main.ts';
import { parseServeOptions } from './serve-options.ts';
import { serve } from './serve.ts';
import { parseSize } from './size.ts';

const dir = mkdtempSync(join(tmpdir(), 'nova-serve-'));
afterAll(() => { rmSync(dir, { recursive: true }); });

const MiB = 2 ** 20;
const GiB = 2 ** 30;

async function nova(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  const text = { out: '', err: '' };
  const status = await main(args, { out: (more) => { text.out += more; }, err: (more) => { text.err += more; } });
  return { status, ...text };
}

describe('the options of nova serve', () => {
  test('name a board, or a chip that a board has', () => {
    expect(parseServeOptions(['--socket', 's'])).toMatchObject({ name: 'rtx4090', board: BOARDS.rtx4090, quiet: false });
    expect(parseServeOptions(['--socket', 's', '--board', 'l40'])).toMatchObject({ name: 'l40' });
    expect(parseServeOptions(['--socket', 's', '--chip', 'ad102'])?.board.chip).toBe('ad102');
    expect(parseServeOptions(['--help'])).toBeUndefined();
  });

  test('give the board other sizes', () => {
    const { board } = parseServeOptions(['--socket', 's', '--board', 'l40', '--vram', '8G', '--bar1', '256M'])!;
    expect(board).toEqual({ ...BOARDS.l40, vramSize: 8 * GiB, bar1Size: 256 * MiB });
  });

  test.each([['4096', 4096], ['4k', 4096], ['256M', 256 * MiB], ['24G', 24 * GiB], ['1T', 2 ** 40]])('%s is a size', (text, size) => {
    expect(parseSize('--vram', text)).toBe(size);
  });

  test.each(['', 'G', '-1', '1.5G', '0x100', '1GB', '9999999999999999', '9999999999T'])('"%s" is none', (text) => {
    expect(() => parseSize('--vram', text)).toThrow(/--vram wants a size/);
  });

  test.each([
    [[], /--socket PATH is missing/],
    [['--socket', 's', '--board', 'voodoo'], /unknown board "voodoo"; the boards are: .*l40/],
    [['--socket', 's', '--chip', 'nv1'], /no board with chip "nv1"; the chips are: .*ad102/],
    [['--socket', 's', '--chip', 'ad102', '--board', 'l40'], /cannot go together/],
    [['--socket', 's', '--vram', 'much'], /--vram wants a size/],
    [['--socket', 's', '--vram', '64M'], /vramSize is 67108864: expected/],
    [['--socket', 's', '--bar1', '300M'], /bar1Size is 314572800: expected a power of two/],
    [['--socket', 's', '--bar1', '1M'], /bar1Size is 1048576: expected/],
    [['--socket', 's', '--speed', '11'], /'--speed'/],
    [['--socket', join(dir, 'x'.repeat(120))], /at most 107/],
  ])('%j is refused in one line', async (args, why) => {
    const { status, out, err } = await nova('serve', ...args);
    expect([status === 0, out, err]).toEqual([false, '', expect.stringMatching(why)]);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
  });

  test('are all in its help', async () => {
    const { status, out } = await nova('serve', '--help');
    expect(status).toBe(0);
    for (const name of ['board', 'chip', 'socket', 'vram', 'bar1', 'memory', 'trace', 'quiet']) expect(out).toContain(`--${name}`);
    expect(out).toMatch(/Boards: .*l40.*\nChips: .*ad102/);
  });
});

test('serves until it is told to end, and leaves nothing but the trace', async () => {
  const [path, file] = [join(dir, 'gpu.sock'), join(dir, 'model.jsonl')];
  let text = '';
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => { end = resolve; });
  const ready = new Promise<void>((resolve) => {
    void serve(['--quiet', '--board', 'rtx4090', '--bar1', '32G', '--socket', path, '--trace', file], { out: (more) => { text += more; resolve(); }, err: () => undefined }, ended).then((status) => { text += `status ${status}`; });
  });
  await ready;
  expect(text).toMatch(new RegExp(`^ready: rtx4090 \\(ad102\\) on ${path}\nqemu-system-x86_64 .*"path":"${path}"`));
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await new Promise<void>((resolve) => {
    const client = createConnection(path, () => { client.end(); });
    client.on('close', () => { resolve(); });
  });
  end();
  await expect.poll(() => text).toMatch(/status 0$/);
  expect(existsSync(path)).toBe(false);
  expect(readFileSync(file, 'utf8')).toMatch(/vfio-user\.client\.connected/);
});
