import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { firmwareDirectory, main } from '@nova-stack/nova';
import { createMachine } from '@nova-stack/nova/machine';
import { SUPPORTED_FIRMWARE } from '@nova-stack/nova-core';
import type { TraceArgs } from '@nova-stack/trace';
import { describe, expect, test } from 'vitest';

import { realFirmwareDir } from '../../scripts/real-firmware.mjs';
import { changed, flip } from './firmware-faults.ts';

const real = await realFirmwareDir();
const skipped = 'skipped' in real ? real.skipped : undefined;
if (skipped !== undefined) console.warn(`Boots with NVIDIA's own files are SKIPPED: ${skipped}`);

const dir = 'dir' in real ? real.dir : '';
/** Versions of which NVIDIA's files are there; linux-firmware drops old ones some day, and never had 580.105.08. */
const there = SUPPORTED_FIRMWARE.filter((version) => existsSync(join(dir, `nvidia/ad102/gsp/gsp-${version}.bin`)));
const missing = SUPPORTED_FIRMWARE.filter((version) => !there.includes(version));
if (skipped === undefined) console.warn(`Boots with NVIDIA's own files: ${there.join(', ')}; SKIPPED, for the tree lacks their files: ${missing.join(', ')}`);

describe.skipIf(skipped !== undefined)('the real files', () => {
  test('are booted from the newest version on', async () => {
    const machine = createMachine({ board: 'rtx4090', firmware: await firmwareDirectory(dir) });
    const [device] = machine.pci.find({ vendor: 0x10de, baseClass: 0x03 });
    const core = await machine.core.probe(device!);
    expect(core.firmwareVersion).toBe(there[0]);
    await core.unbind();
  });
});

describe.skipIf(skipped !== undefined || !there.includes('570.144'))('the real 570.144 files', () => {
  const version = '570.144';

  test.each([
    // What Linux's nova-core 7.3 prints for AD102, 24 GiB, with these files.
    ['rtx4090', { frts: 0x5ffe00000, image: 0x5fc150000, heap: 0x8100000, wpr2: 0x5f3f00000 }],
    // Where nouveau of Linux 7.3 has booter put WPR2 on a TU102 with 11 GiB.
    ['rtx2080ti', { frts: 0x2bfe00000, wpr2: 0x2b7700000 }],
  ] as const)('lie on %s where the drivers that we did not write put them', async (board, expected) => {
    let layout: TraceArgs = {};
    const sinks = [({ point, args }: { readonly point: string; readonly args: TraceArgs }): void => { if (point === 'nova-core.fb.laid-out') layout = args; }];
    const machine = createMachine({ board, version, firmware: await firmwareDirectory(dir), sinks });
    const [device] = machine.pci.find({ vendor: 0x10de, baseClass: 0x03 });
    await (await machine.core.probe(device!)).unbind();
    expect(layout).toMatchObject(expected);
  });

  test('pass --verify, and a changed one does not', async () => {
    const copy = mkdtempSync(join(tmpdir(), 'nova-firmware-'));
    try {
      const gsp = join('nvidia', 'ad102', 'gsp');
      mkdirSync(join(copy, gsp), { recursive: true });
      for (const name of ['gsp', 'bootloader', 'booter_unload']) symlinkSync(join(dir, gsp, `${name}-570.144.bin`), join(copy, gsp, `${name}-570.144.bin`));
      copyFileSync(join(dir, gsp, 'booter_load-570.144.bin'), join(copy, gsp, 'booter_load-570.144.bin'));
      let err = '';
      const output = { out: () => undefined, err: (text: string) => void (err += text) };
      expect(await main(['boot', '--firmware', copy, '--verify'], output)).toBe(0);

      const file = join(copy, gsp, 'booter_load-570.144.bin');
      writeFileSync(file, flip(0x3000)(readFileSync(file)));
      expect(await main(['boot', '--firmware', copy, '--verify'], output)).toBe(1);
      expect(err).toMatch(/^nova: --verify: .*booter_load-570.144.bin.*sha256/);
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  });

  // The image is recognised by a sample of its pages, the first of .fwimage among them; a bit outside is for --verify to find.
  test.each([['gsp-', 0x140], ['booter_load', 0x2000], ['bootloader', 0x2000]])('are recognised: a flipped bit in %s is not booted', async (part, offset) => {
    const machine = createMachine({ board: 'l40', version, firmware: changed(await firmwareDirectory(dir), part, flip(offset)) });
    const [device] = machine.pci.find({ vendor: 0x10de, baseClass: 0x03 });
    await expect(machine.core.probe(device!)).rejects.toMatchObject({ step: 'booter-load' });
    expect(device!.dmaInUse()).toEqual([]);
  });
});
