import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { firmwareKinds, firmwarePath, syntheticPack } from '@nova-stack/firmware-files';
import { BOARDS } from '@nova-stack/hw-model/boards';
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

  test.each(Object.keys(BOARDS))('%s boots, works, unloads and boots again, without a register that the model lacks', async (board) => {
    const file = join(dir, `${board}.jsonl`);
    const { status, out, err } = await nova('boot', '--board', board, '--trace', file);
    expect([status, err]).toEqual([0, '']);
    expect(out).toMatch(/second boot +done/);
    expect(readFileSync(file, 'utf8')).not.toMatch(/hw-model\.register\.unknown/);
  });

  test('a board that the catalogue has no types for hosts no virtual GPU', async () => {
    expect((await nova('boot', '--board', 'a10')).out).toMatch(/cannot host virtual GPUs: the public catalogue has no types for it/);
    expect(await nova('boot', '--board', 'a10', '--vgpu', 'A10-4Q')).toMatchObject({ status: 1, err: expect.stringMatching(/^nova: --vgpu A10-4Q: this board cannot/) as string });
  });

  test('--firmware-version 580.105.08 boots that, and says why there is no vGPU', async () => {
    const version = '580.105.08';
    const { status, out, err } = await nova('boot', '--firmware-version', version);
    expect([status, err]).toEqual([0, '']);
    expect(out).toContain(`running firmware is ${version}`);
    expect(out).toMatch(new RegExp(`vGPU +none; vgpu: no virtual GPUs: firmware ${version} shares memory with`));
    expect(out).toMatch(/second boot +done/);
    const wanted = await nova('boot', '--firmware-version', version, '--vgpu', 'L40-4Q');
    expect(wanted).toMatchObject({ status: 1, err: expect.stringMatching(new RegExp(`^nova: vgpu: no virtual GPUs: firmware ${version} .*\n$`)) as string });
  });

  test('--firmware-version 535.113.01 boots that, with a vGPU', async () => {
    const { status, out, err } = await nova('boot', '--firmware-version', '535.113.01', '--vgpu', 'L40-4Q');
    expect([status, err]).toEqual([0, '']);
    expect(out).toContain('running firmware is 535.113.01');
    expect(out).toMatch(/NVIDIA L40-4Q on virtual function 0, .*: opened, reset, closed/);
  });

  test('--firmware boots the newest of several versions, or the one that is wanted', async () => {
    const tree = join(dir, 'tree');
    for (const version of ['535.113.01', '570.144']) {
      const pack = syntheticPack({ chip: 'ad102', version });
      mkdirSync(join(tree, 'nvidia', 'ad102', 'gsp'), { recursive: true });
      for (const kind of firmwareKinds('ad102')) {
        const path = firmwarePath({ chip: 'ad102', kind, version });
        writeFileSync(join(tree, path), await pack.read(path));
      }
    }
    expect((await nova('boot', '--firmware', tree)).out).toMatch(/running firmware is 570\.144/);
    expect((await nova('boot', '--firmware', tree, '--firmware-version', '535.113.01')).out).toMatch(/running firmware is 535\.113\.01/);
    expect(await nova('boot', '--firmware', tree, '--firmware-version', '580.105.08')).toMatchObject({
      status: 1, err: expect.stringMatching(/lacks nvidia\/ad102\/gsp\/gsp-580\.105\.08\.bin; it has 570\.144, 535\.113\.01 for ad102\n$/) as string,
    });
    // --verify looks at the version that would be booted.
    expect(await nova('boot', '--firmware', tree, '--verify')).toMatchObject({ status: 1, err: expect.stringMatching(/^nova: --verify: .*gsp-570\.144\.bin/) as string });
    const future = join(dir, 'future', 'nvidia', 'ad102', 'gsp');
    mkdirSync(future, { recursive: true });
    writeFileSync(join(future, 'gsp-999.99.bin'), '');
    expect(await nova('boot', '--firmware', join(dir, 'future'))).toMatchObject({
      status: 1, err: expect.stringMatching(/has firmware 999\.99 for ad102, which this driver does not speak; it speaks .*570\.144, 535\.113\.01\n$/) as string,
    });
  });

  test('--help names every option and board', async () => {
    const { status, out } = await nova('boot', '--help');
    expect(status).toBe(0);
    for (const word of ['--board', '--firmware', '--firmware-version', '580.105.08', '--verify', '--vgpu', '--trace', '--seed', 'l40', 'rtx4090']) expect(out).toContain(word);
  });

  test.each([
    [['fly'], /^nova: unknown command "fly"/],
    [['boot', '--bord', 'l40'], /^nova: Unknown option '--bord'/],
    [['boot', 'extra'], /^nova: Unexpected argument 'extra'/],
    [['boot', '--board', 'l4o'], /^nova: unknown board "l4o"; the boards are: l40, rtx4090/],
    [['boot', '--board', 'toString'], /^nova: unknown board "toString"/],
    [['boot', '--seed', '-1'], /seed/],
    [['boot', '--firmware-version', '999.99'], /^nova: --firmware-version: the driver does not speak "999\.99"; it speaks .*570\.144, 535\.113\.01/],
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
