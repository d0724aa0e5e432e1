import { MS, report, S, until, type Device } from './device.ts';
import { GFW_BOOT, GFW_PRIV_LEVEL_MASK, read } from './registers.ts';

/** Progress that the board's boot firmware shows when it is through. */
const COMPLETED = 0xff;
const BOUND = { bound: 4 * S, every: MS } as const;

/**
 * Waits until the board's own boot firmware has initialised memory and clocks. Nothing else may be touched before.
 * Source: linux: drivers/gpu/nova-core/gfw.rs.
 */
export async function waitForBoardFirmware(device: Device): Promise<void> {
  await until(device, 'firmware-boot', 'completion of the board firmware', BOUND, () =>
    // The progress register may be protected until the first one says otherwise.
    read(device.bar0, GFW_PRIV_LEVEL_MASK).readAllowed === 1 && read(device.bar0, GFW_BOOT).progress === COMPLETED);
  report(device.trace, 'nova-core.gfw.done');
}
