import { runBooterUnload, type Booter } from './booter.ts';
import { MS, report, S, until, type Bound, type Device } from './device.ts';
import { NovaCoreError } from './errors.ts';
import type { Falcon } from './falcon.ts';
import { runSb, type Fwsec } from './fwsec.ts';
import type { GspClient } from './gsp/client.ts';

/** How long the firmware may take to stop. */
export const UNLOADED: Bound = { bound: 5 * S, every: 10 * MS };
/** The firmware sets this bit of mailbox 0 when it has stopped. */
const STOPPED = 0x8000_0000;

/** Whether the firmware has said that it has stopped. */
export const firmwareStopped = (gsp: Falcon): boolean => (gsp.mailboxes.mailbox0 & STOPPED) !== 0;

/** What is needed to take the firmware down; prepared before anything is started. */
export interface UnloadBundle {
  readonly gsp: Falcon;
  readonly sec2: Falcon;
  readonly client: GspClient;
  readonly fwsec: Fwsec;
  readonly booterUnload: Booter;
}

/** Takes the firmware down and WPR2 with it. Source: linux: drivers/gpu/nova-core/gsp/boot.rs (unload bundle). */
export async function takeDown(device: Device, bundle: UnloadBundle): Promise<void> {
  const { gsp, sec2 } = bundle;
  await stopFirmware(device, bundle, [() => runSb(device, gsp, bundle.fwsec), () => runBooterUnload(device, sec2, bundle.booterUnload)]);
}

/**
 * Tells the firmware to stop, then does the rest of the way down. Every step is tried, whatever became of the one before.
 *
 * @throws {@link NovaCoreError} the first failure
 */
export async function stopFirmware(
  device: Device, { gsp, client }: Pick<UnloadBundle, 'gsp' | 'client'>, rest: readonly (() => Promise<void>)[],
): Promise<void> {
  const failures: NovaCoreError[] = [];
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    if (!device.pci.present) return;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof NovaCoreError)) throw error;
      // With the device everything that had to be undone on it is gone.
      if (error.code === 'DEVICE_LOST') return;
      failures.push(error);
      report(device.trace, 'nova-core.unload.failed', { step: error.step, code: error.code });
    }
  };
  // A firmware that has died answers nobody.
  if (device.pci.present && client.died === undefined && gsp.riscvActive) {
    client.unwatch();
    await attempt(async () => {
      await client.call('unloading', client.abi.messages.unload, undefined);
      await until(device, 'unloading', 'stop of the GSP firmware', UNLOADED, () => firmwareStopped(gsp));
      report(device.trace, 'nova-core.unload.done');
    });
  }
  client.close();
  for (const step of rest) await attempt(step);
  const [first] = failures;
  if (first !== undefined) throw first;
}
