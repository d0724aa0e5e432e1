import { firmwareDirectory } from '@nova-stack/nova';
import { createMachine } from '@nova-stack/nova/machine';
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

  test.each([['gsp-', 0x3000040], ['booter_load', 0x2000], ['bootloader', 0x2000]])('are recognised as a whole: a flipped bit in %s is not booted', async (part, offset) => {
    const machine = createMachine({ board: 'l40', firmware: changed(await firmwareDirectory(dir), part, flip(offset)) });
    const [device] = machine.pci.find({ vendor: 0x10de, baseClass: 0x03 });
    const outcome = await machine.core.probe(device!).then(() => 'booted', (error: unknown) => (error as { readonly step: string }).step);
    // The image is recognised by a sample of its pages; a bit outside the sample is for --verify to find.
    if (part !== 'gsp-') expect(outcome).toBe('booter-load');
    expect(device!.dmaInUse().length === 0 || outcome === 'booted').toBe(true);
  });
});
