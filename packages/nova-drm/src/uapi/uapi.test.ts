import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Layout } from '@nova-stack/c-layout';
import { describe, expect, test } from 'vitest';

import * as drm from './drm.ts';
import { IOCTL, REQUEST, requestParts } from './index.ts';
import * as nouveau from './nouveau.ts';
import * as nova from './nova.ts';

const isLayout = (value: unknown): value is Layout<unknown> => typeof value === 'object' && value !== null && 'offsets' in value;
const LAYOUTS = [drm, nova, nouveau].flatMap((module) => Object.values(module).filter(isLayout));
/** Structures that C declares in place. */
const NAMELESS = ['drm_nouveau_subchan'];

test('request numbers are those that userspace has compiled in', () => {
  expect(IOCTL).toMatchObject({
    SYNCOBJ_CREATE: 0xc00864bf, SYNCOBJ_DESTROY: 0xc00864c0, SYNCOBJ_HANDLE_TO_FD: 0xc01864c1, SYNCOBJ_WAIT: 0xc02864c3, SYNCOBJ_TIMELINE_WAIT: 0xc03064ca,
    SYNCOBJ_RESET: 0xc01064c4, SYNCOBJ_SIGNAL: 0xc01064c5, SYNCOBJ_TIMELINE_SIGNAL: 0xc01864cd, SYNCOBJ_QUERY: 0xc01864cb, SYNCOBJ_TRANSFER: 0xc02064cc, SYNCOBJ_EVENTFD: 0xc01864cf,
    NOUVEAU_GETPARAM: 0xc0106440, NOUVEAU_CHANNEL_ALLOC: 0xc0586442, NOUVEAU_CHANNEL_FREE: 0x40046443, NOUVEAU_VM_INIT: 0xc0106450, NOUVEAU_VM_BIND: 0xc0286451,
    NOUVEAU_EXEC: 0xc0286452, NOUVEAU_GET_ZCULL_INFO: 0x80306453, NOUVEAU_GEM_NEW: 0xc0306480, NOUVEAU_GEM_INFO: 0xc0286484, NOUVEAU_GEM_CPU_PREP: 0x40086482,
    NOUVEAU_GEM_CPU_FINI: 0x40046483,
  });
  for (const request of Object.values(IOCTL)) expect(requestParts(request).type).toBe(REQUEST.TYPE);
});

/** A kernel tree, or a folder with its `include/uapi`; else where the system's headers are. */
const tree = process.env['NOVA_LINUX_HEADERS'];
const headers = tree === undefined ? '/usr/include/drm' : join(tree, 'include/uapi/drm');
const found = existsSync(join(headers, 'nouveau_drm.h')) && existsSync(join(headers, 'nova_drm.h'));
if (!found) console.warn(`!!! SKIPPED: no nova_drm.h and nouveau_drm.h in ${headers}: nobody but this package judges its structures (NOVA_LINUX_HEADERS=TREE names a kernel's sources)`);

describe.skipIf(!found)('Linux\'s own headers', () => {
  test('give every structure the same size, every field the same place, every request the same number', () => {
    const dir = mkdtempSync(join(tmpdir(), 'nova-uapi-'));
    try {
      const records = LAYOUTS.filter(({ name }) => !NAMELESS.includes(name));
      const lines = records.flatMap((record) => [
        `  printf("${record.name} %zu\\n", sizeof(struct ${record.name}));`,
        ...Object.keys(record.offsets).map((field) => `  printf("${record.name}.${field} %zu\\n", offsetof(struct ${record.name}, ${field}));`),
      ]);
      const numbers = Object.keys(IOCTL).map((name) => `  printf("${name} %lu\\n", (unsigned long)(unsigned int)DRM_IOCTL_${name});`);
      const source = join(dir, 'uapi.c');
      writeFileSync(source, ['#include <stddef.h>', '#include <stdio.h>', '#include "drm.h"', '#include "nova_drm.h"', '#include "nouveau_drm.h"', 'int main(void) {', ...lines, ...numbers, '  return 0;', '}', ''].join('\n'));
      // Headers of a source tree still have what an installation takes out.
      execFileSync('gcc', ['-D__user=', '-I', headers, ...(tree === undefined ? [] : ['-idirafter', join(tree, 'include/uapi')]), '-o', join(dir, 'uapi'), source], { stdio: ['ignore', 'ignore', 'inherit'] });
      const told = execFileSync(join(dir, 'uapi'), { encoding: 'utf8' }).trim().split('\n').sort();
      const expected = [
        ...records.flatMap((record) => [`${record.name} ${record.size}`, ...Object.entries(record.offsets).map(([field, offset]) => `${record.name}.${field} ${String(offset)}`)]),
        ...Object.entries(IOCTL).map(([name, number]) => `${name} ${number}`),
      ];
      expect(told).toEqual(expected.sort());
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
