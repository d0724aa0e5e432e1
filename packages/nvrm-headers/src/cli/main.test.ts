import { describe, expect, test, vi } from 'vitest';

import { main } from './main.ts';

// Facts are read from files for the first of them.
vi.setConfig({ testTimeout: 30_000 });

async function run(...args: string[]): Promise<{ readonly status: number; readonly out: string; readonly err: string }> {
  let [out, err] = ['', ''];
  const status = await main(args, { out: (text) => { out += text; }, err: (text) => { err += text; } });
  return { status, out, err };
}

describe('find', () => {
  test('tells what a number stands for, once for the versions that agree', async () => {
    const { status, out } = await run('find', '0x20800ac3');
    expect(status).toBe(0);
    expect(out).toMatch(/^\[535\.113\.01\]\nNV2080_CTRL_CMD_INTERNAL_FBSR_SEND_REGION_INFO: control command 0x20800ac3, /);
    expect(out).toMatch(/\n\[570\.144, 580\.105\.08(?:, .*)?\]\nNV2080_CTRL_CMD_INTERNAL_FIFO_TOGGLE_ACTIVE_CHANNEL_SCHEDULING: /);
  });

  test('tells where a structure is used', async () => {
    const { out } = await run('find', 'MESSAGE_QUEUE_INIT_ARGUMENTS', '--version', '570.144', '--uses');
    expect(out).toContain('used by records: GSP_ARGUMENTS_CACHED');
  });

  test('suggests names that are like it', async () => {
    expect(await run('find', 'GSP_GET_FEATURES', '--version', '570.144')).toEqual({
      status: 1, out: '', err: expect.stringMatching(/^nvrm-headers: nothing is called GSP_GET_FEATURES; there are: NV2080_CTRL_CMD_GSP_GET_FEATURES, /) as unknown,
    });
  });
});

describe('diff', () => {
  test('is text, Markdown or data, restricted to what a GSP client uses', async () => {
    const args = ['diff', '570.144', '580.105.08', '--gsp-client'] as const;
    expect((await run(...args)).out).toMatch(/^570\.144 to 580\.105\.08\n=+\n/);
    expect((await run(...args, '--markdown')).out).toMatch(/^# 570\.144 to 580\.105\.08\n/);
    const { records } = JSON.parse((await run(...args, '--json')).out) as { readonly records: { readonly changed: readonly { readonly name: string }[] } };
    expect(records.changed.map(({ name }) => name)).toContain('rpc_gsp_rm_control_v03_00');
    expect((await run('diff', '535.113.01', '570.144', '--gsp-client', '--headers')).out).toContain('src/nvidia/kernel/inc/vgpu/rpc_headers.h -> src/nvidia/inc/kernel/vgpu/rpc_headers.h');
  });
});

describe('the command line', () => {
  test('helps', async () => {
    expect((await run('--help')).out).toMatch(/^Usage: nvrm-headers COMMAND/);
    for (const command of ['find', 'diff', 'generate']) expect((await run(command, '--help')).out).toMatch(new RegExp(`^Usage: nvrm-headers ${command} `));
    expect((await run()).status).toBe(2);
  });

  test.each([
    [['fly'], /unknown command "fly"; the commands are: find, diff/],
    [['find'], /takes one name or number/],
    [['find', 'x', '--versoin', '1'], /versoin/],
    [['diff', '570.144'], /takes two versions/],
    [['diff', '570.144', '1.2'], /no facts of 1\.2 in .*; there are: 535\.113\.01, 570\.144, 580\.105\.08/],
    [['diff', '570.144', './nowhere.jsonl'], /no file \.\/nowhere\.jsonl; a version of this package is one of/],
    [['diff', '570.144', '580.105.08', '--json', '--markdown'], /exclude each other/],
  ])('%j is one clear line', async (args, message) => {
    const { status, err } = await run(...args);
    expect([status, err.trimEnd().split('\n').length]).toEqual([2, 1]);
    expect(err).toMatch(message);
  });
});
