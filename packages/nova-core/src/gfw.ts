import {
  GFW_BOOT_COMPLETED, NV_PGC6_AON_SECURE_SCRATCH_GROUP_05_0_GFW_BOOT, NV_PGC6_AON_SECURE_SCRATCH_GROUP_05_PRIV_LEVEL_MASK, type Family,
} from '@nova-stack/gpu-regs';

import { MS, report, S, until, type Device } from './device.ts';
import { read } from './mmio.ts';

const BOUND = { bound: 4 * S, every: MS } as const;
const FSP_BOUND = { bound: 5 * S, every: 10 * MS } as const;

/**
 * Waits until the board's own boot firmware has initialised memory and clocks. Nothing else may be touched before.
 * Source: linux: drivers/gpu/nova-core/gfw.rs, fsp.rs (wait_secure_boot).
 */
export async function waitForBoardFirmware(device: Device, { bootProgress }: Pick<Family, 'bootProgress'>): Promise<void> {
  if (bootProgress === 'gfw') await waitForGfw(device);
  else await until(device, 'firmware-boot', 'completion of the FSP\'s boot', FSP_BOUND, () => read(device.bar0, bootProgress).status === GFW_BOOT_COMPLETED);
  report(device.trace, 'nova-core.gfw.done');
}

async function waitForGfw(device: Device): Promise<void> {
  await until(device, 'firmware-boot', 'completion of the board firmware', BOUND, () =>
    // The progress register may be protected until the first one says otherwise.
    read(device.bar0, NV_PGC6_AON_SECURE_SCRATCH_GROUP_05_PRIV_LEVEL_MASK).readAllowed === 1
    && read(device.bar0, NV_PGC6_AON_SECURE_SCRATCH_GROUP_05_0_GFW_BOOT).progress === GFW_BOOT_COMPLETED);
}
