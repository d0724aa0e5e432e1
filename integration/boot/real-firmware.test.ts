import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { firmwareDirectory, main } from '@nova-stack/nova';
import { createMachine } from '@nova-stack/nova/machine';
import type { TraceArgs } from '@nova-stack/trace';
import { describe, expect, test } from 'vitest';

import { realFirmwareDir } from '../../scripts/real-firmware.mjs';
import { changed, flip } from './firmware-faults.ts';

const real = await realFirmwareDir();
const skipped = 'skipped' in real ? real.skipped : undefined;
if (skipped !== undefined) console.warn(`Boots with NVIDIA's own files are SKIPPED: ${skipped}`);

describe.skipIf(skipped !== undefined)('the real 570.144 files', () => {
  const dir = 'dir' in real ? real.dir : '';

  test.each(['l40', 'rtx4090'] as const)('boot on %s, unload, and boot again', async (board) => {
    const machine = createMachine({ board, firmware: await firmwareDirectory(dir) });
    const [device] = machine.pci.find({ vendor: 0x10de, baseClass: 0x03 });
    for (let i = 0; i < 2; i++) {
      const core = await machine.core.probe(device!);
      expect(core.firmwareVersion).toBe('570.144');
      await core.unbind();
      expect(device!.dmaInUse()).toEqual([]);
    }
    expect(machine.auxBus.devices()).toEqual([]);
  });

  test('lie on a 24 GiB card where the drivers that we did not write put them', async () => {
    // What Linux's nova-core 7.3 prints for AD102, 24 GiB, with these files.
    let layout: TraceArgs = {};
    const sinks = [({ point, args }: { readonly point: string; readonly args: TraceArgs }): void => { if (point === 'nova-core.fb.laid-out') layout = args; }];
    const machine = createMachine({ board: 'rtx4090', firmware: await firmwareDirectory(dir), sinks });
    const [device] = machine.pci.find({ vendor: 0x10de, baseClass: 0x03 });
    await (await machine.core.probe(device!)).unbind();
    expect(layout).toMatchObject({ frts: 0x5ffe00000, image: 0x5fc150000, heap: 0x8100000, wpr2: 0x5f3f00000 });
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
    const machine = createMachine({ board: 'l40', firmware: changed(await firmwareDirectory(dir), part, flip(offset)) });
    const [device] = machine.pci.find({ vendor: 0x10de, baseClass: 0x03 });
    await expect(machine.core.probe(device!)).rejects.toMatchObject({ step: 'booter-load' });
    expect(device!.dmaInUse()).toEqual([]);
  });
});
