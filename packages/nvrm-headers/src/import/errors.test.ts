// What goes wrong, and whether the message names it and the way out.
import { spawnSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, test } from 'vitest';

import { Clang } from './clang.ts';
import { ImportError, importTree, type ImportErrorCode } from './index.ts';
import { TREE_VERSION, writeTree } from './tree-fixture.ts';
import { inWorkspace } from './workspace.ts';

const folder = mkdtempSync(join(tmpdir(), 'nvrm-headers-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

function hasClang(): boolean {
  try {
    return new Clang().program !== '';
  } catch (error) {
    console.warn(`headers that do not compile are SKIPPED: ${(error as Error).message}`);
    return false;
  }
}

let trees = 0;
function treeWith(changes: Readonly<Record<string, string | null>> = {}): string {
  const src = join(folder, `tree ${trees++}`);
  writeTree(src, changes);
  return src;
}

async function failure(options: { readonly src: string; readonly version?: string; readonly clang?: string }): Promise<{ readonly code: ImportErrorCode; readonly message: string }> {
  const error = await importTree({ version: TREE_VERSION, ...options }).then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(ImportError);
  return error as ImportError;
}

const CLONE = `git clone --depth 1 --branch ${TREE_VERSION} https://github.com/NVIDIA/open-gpu-kernel-modules`;

describe('a folder that is no checkout', () => {
  test.each(['version.mk', 'src/common/sdk/nvidia/inc/cpuopsys.h', 'src/nvidia/Makefile'])('without %s', async (path) => {
    const { code, message } = await failure({ src: treeWith({ [path]: null }) });
    expect(code).toBe('not-a-checkout');
    expect(message).toContain(`has no ${path}`);
    expect(message).toContain(CLONE);
  });

  test('that is not there at all', async () => {
    const { code, message } = await failure({ src: join(folder, 'nowhere') });
    expect(code).toBe('not-a-checkout');
    expect(message).toContain(`${join(folder, 'nowhere')} is no checkout`);
  });

  test('without the source that shows how messages are included', async () => {
    const { code, message } = await failure({ src: treeWith({ 'src/nvidia/src/kernel/vgpu/rpc.c': null }) });
    expect(code).toBe('not-a-checkout');
    expect(message).toContain('none of src/nvidia/src/kernel/vgpu/rpc.c, src/nvidia/kernel/vgpu/nv/rpc.c');
  });
});

describe('a checkout of another version', () => {
  test('says which it is, and how to get the other', async () => {
    const { code, message } = await failure({ src: treeWith(), version: '570.144' });
    expect(code).toBe('other-version');
    expect(message).toContain(`is version ${TREE_VERSION}`);
    expect(message).toContain('--branch 570.144 ');
  });

  test('that names none', async () => {
    const { code, message } = await failure({ src: treeWith({ 'version.mk': '# nothing\n' }) });
    expect(code).toBe('other-version');
    expect(message).toContain('names no NVIDIA_VERSION in version.mk');
    expect(message).toContain(CLONE);
  });
});

describe('clang', () => {
  const pretender = join(folder, 'pretender');

  test('that is not there', async () => {
    const { code, message } = await failure({ src: treeWith(), clang: join(folder, 'no-clang') });
    expect(code).toBe('clang-missing');
    expect(message).toContain('no-clang is not to be found');
    for (const way of ['apt-get install clang', 'dnf install clang', 'xcode-select --install']) expect(message).toContain(way);
  });

  test.each([['an old one', 'clang version 9.0.1', 'is version 9'], ['another compiler', 'gcc (GCC) 12.2.0', 'is no clang']])('that is %s', async (_, words, why) => {
    writeFileSync(pretender, `#!/bin/sh\necho '${words}'\n`);
    chmodSync(pretender, 0o755);
    const { code, message } = await failure({ src: treeWith(), clang: pretender });
    expect(code).toBe('clang-missing');
    expect(message).toContain(why);
    expect(message).toContain('install clang 14 or newer');
  });

  test('that dies says so', async () => {
    writeFileSync(pretender, '#!/bin/sh\nif [ "$1" = --version ]; then echo "clang version 14.0.0"; else kill -9 $$; fi\n');
    chmodSync(pretender, 0o755);
    const { code, message } = await failure({ src: treeWith(), clang: pretender });
    expect(code).toBe('clang-failed');
    expect(message).toContain('it ended with a signal');
  });
});

/** Runs the command that a message ends with. */
function again(message: string): string {
  const command = message.split('to see it again:\n')[1]!;
  const { status, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8', cwd: '/' });
  expect(status).not.toBe(0);
  return stderr;
}

describe.skipIf(!hasClang())('headers that do not compile', () => {
  test('name the file and line, and a command that shows it again', async () => {
    const src = treeWith({ 'src/common/sdk/nvidia/inc/broken.h': '#include "nvtypes.h"\n\ntypedef struct BROKEN { NvU33 field; } BROKEN;\n' });
    const { code, message } = await failure({ src });
    expect(code).toBe('clang-failed');
    expect(message).toMatch(/sdk\/nvidia\/inc\/broken\.h:3:\d+: error: unknown type name 'NvU33'/);
    expect(message.split('to see it again:')[1]).toContain("broken.h'");
    expect(again(message)).toContain("unknown type name 'NvU33'");
  });

  test('only together: the command has all that comes before', async () => {
    const src = treeWith({ 'src/common/sdk/nvidia/inc/clash_a.h': 'typedef int CLASH;\n', 'src/common/sdk/nvidia/inc/clash_b.h': 'typedef char CLASH;\n' });
    const { code, message } = await failure({ src });
    expect(code).toBe('clang-failed');
    expect(message).toContain('clash_b.h:1:');
    expect(again(message)).toContain('typedef redefinition');
  });

  test('for want of a header that the RPC code includes', async () => {
    const { code, message } = await failure({ src: treeWith({ 'src/nvidia/src/kernel/vgpu/rpc.c': '#include "os/os.h"\n#include "gone.h"\nint code;\n' }) });
    expect(code).toBe('clang-failed');
    expect(message).toContain("'gone.h' file not found");
    expect(again(message)).toContain("'gone.h' file not found");
  });

  test('in many places: the first few, and how many more', async () => {
    const src = treeWith({ 'src/common/sdk/nvidia/inc/broken.h': Array.from({ length: 9 }, (_, i) => `UNKNOWN_${i} *pointer_${i};\n`).join('') });
    const { message } = await failure({ src });
    expect(message).toContain("'UNKNOWN_4'");
    expect(message).not.toContain("'UNKNOWN_5'");
    expect(message).toContain('and 4 more');
  });
});

describe.skipIf(!hasClang())('a tree that has changed its ways', () => {
  test.each([
    ['the list of resources', { 'src/nvidia/src/kernel/rmapi/resource_list.h': null }, 'has no src/nvidia/src/kernel/rmapi/resource_list.h'],
    ['entries in it', { 'src/nvidia/src/kernel/rmapi/resource_list.h': 'RESOURCE(NV01_ROOT)\n' }, 'no RS_ENTRY'],
    ['the list of classes', { 'src/nvidia/generated/g_allclasses.h': null, 'src/nvidia/src/kernel/vgpu/rpc.c': '#include "os/os.h"\nint code;\n' }, 'has no src/nvidia/generated/g_allclasses.h'],
    ['numbers of commands', { 'src/common/sdk/nvidia/inc/ctrl/ctrl2080.h': '#define NV2080_CTRL_CMD_NULL 0x20800000\n' }, '"(FINN_'],
    ['status codes', { 'src/common/sdk/nvidia/inc/nvstatuscodes.h': '#ifdef NV_STATUS_CODE\nNV_STATUS_CODE(FINE, 0)\n#endif\n' }, 'NV_OK'],
  ])('without %s', async (_, changes, words) => {
    const { code, message } = await failure({ src: treeWith(changes) });
    expect(code).toBe('unknown-shape');
    expect(message).toContain(words);
  });
});

describe.skipIf(!hasClang())('one row that is written otherwise is told, not passed over', () => {
  const list = 'src/nvidia/src/kernel/rmapi/resource_list.h';
  test.each([
    ['an exported command', 'src/nvidia/generated/g_other_nvoc.c', '\n/*flags=*/ 0x8u,\n/*right=*/ 0x0u,\n/*methodId=*/ 0x20800106u,\n', ':4: '],
    ['a class', list, 'RS_ENTRY(\n  /* External Class */ NV01_ROOT,\n  /* Parent */ RS_ROOT_OBJECT\n)\n', ':1: '],
    ['the number of a command', 'src/common/sdk/nvidia/inc/ctrl/ctrl2081.h', '#define NV2081_CTRL_CMD_NULL 0x20810000 /* FINN_NV2081_INTERFACE_ID << 8 */\n', ':1: '],
  ])('%s', async (_, path, text, place) => {
    const { code, message } = await failure({ src: treeWith({ [path]: text }) });
    expect(code).toBe('unknown-shape');
    expect(message).toContain(path + place);
    expect(message).toContain('written otherwise');
  });
});

describe('temporary files are gone', () => {
  const names = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('nvrm-import-'));

  test('after a failure', async () => {
    const before = names();
    await expect(inWorkspace((at) => { writeFileSync(join(at, 'file'), ''); return Promise.reject(new Error('stop')); })).rejects.toThrow('stop');
    expect(names()).toEqual(before);
  });

  /** A process that notes what it is sent. */
  class Process extends EventEmitter {
    readonly raised: string[] = [];
    raise(signal: string): void { this.raised.push(signal); }
  }

  test.each([['goes on to end the process', [], ['SIGINT']], ['is left to who listens too', [() => {}], []]])('after a signal, which %s', async (_, others, raised) => {
    const host = new Process();
    for (const other of others) host.on('SIGINT', other);
    await inWorkspace((at) => {
      writeFileSync(join(at, 'file'), '');
      host.emit('SIGINT', 'SIGINT');
      expect(() => readdirSync(at)).toThrow('ENOENT');
      return Promise.resolve();
    }, host);
    expect(host.raised).toEqual(raised);
    expect(host.eventNames()).toEqual(others.length > 0 ? ['SIGINT'] : []);
  });

  test('when the process exits in the middle', async () => {
    const host = new Process();
    await inWorkspace((at) => {
      host.emit('exit');
      expect(() => readdirSync(at)).toThrow('ENOENT');
      return Promise.resolve();
    }, host);
    expect(host.eventNames()).toEqual([]);
  });
});
