import { ReleaseStack } from '@nova-stack/aux-bus';
import type { SharedMemoryArguments } from '@nova-stack/gsp-rpc';
import type { DmaBuffer } from '@nova-stack/pci';

import { runBooterLoad, runBooterUnload, type Booter } from './booter.ts';
import { MS, report, S, until, type Device } from './device.ts';
import { NovaCoreError } from './errors.ts';
import type { FbLayout } from './fb-layout.ts';
import { requireNoWpr2, runSb } from './fwsec.ts';
import { buildRadix3 } from './radix3.ts';
import { runSequence } from './sequencer.ts';
import { PAGE } from './sizes.ts';
import { UNLOADED, firmwareStopped, type UnloadBundle } from './take-down.ts';
import { readWpr2 } from './wpr2.ts';

/** What it takes to put the firmware aside and take it up again. */
export interface PowerBundle extends UnloadBundle {
  readonly booterLoad: Booter;
  readonly layout: FbLayout;
  /** Bus address of the page that the firmware's operating system starts from. */
  readonly libosArguments: number;
  readonly rmArguments: DmaBuffer;
  readonly queues: SharedMemoryArguments;
  /** Of the RISC-V bootloader. */
  readonly applicationVersion: number;
}

/** A firmware that sleeps in system memory. */
export interface KeptFirmware {
  /** Bytes of WPR2. */
  readonly size: number;
  /** Bus address of what tells booter where they are. */
  readonly meta: number;
  /** Gives the memory back; the firmware cannot be taken up any more. */
  release(): Promise<void>;
}

/** Before it is told: without it some chips lose channels. Source: linux: drivers/gpu/drm/nouveau/nvkm/subdev/gsp/rm/r535/gsp.c (r535_gsp_fini). */
const SETTLE = 200 * MS;
const RISCV_ACTIVE = { bound: 5 * S, every: 10 * MS } as const;

/**
 * Has the firmware stop with all that it knows, and booter put WPR2 into system memory.
 * Source: linux: drivers/gpu/drm/nouveau/nvkm/subdev/gsp/tu102.c (tu102_gsp_fini), rm/r535/gsp.c (r535_gsp_fini).
 *
 * @throws {@link NovaCoreError}; where the firmware was not told yet it runs on (`begun` says so), else only a reset helps
 */
export async function putAside(device: Device, power: PowerBundle, begun: () => void): Promise<KeptFirmware> {
  const { gsp, sec2, client, fwsec, booterUnload } = power;
  const { pci, clock, trace } = device;
  const wpr2 = readWpr2(device);
  if (wpr2 === undefined) throw new NovaCoreError('WPR2_MISMATCH', 'suspend', 'WPR2 is not set: there is nothing to keep');
  const memory = new ReleaseStack();
  let told = false;
  try {
    const data = pci.allocDma(wpr2.size, { label: 'kept firmware' });
    memory.defer('kept firmware', () => data.free());
    const radix3 = buildRadix3(pci, data, wpr2.size);
    memory.defer('radix-3 table of the kept firmware', () => radix3.table.free());
    const meta = pci.allocDma(PAGE, { label: 'suspend metadata' });
    memory.defer('suspend metadata', () => meta.free());
    meta.bytes.set(client.abi.boot.srMeta(radix3));
    await clock.sleep(SETTLE, 'the firmware to come to rest');
    told = true;
    begun();
    await client.call('suspend', client.abi.messages.suspend, undefined);
    await until(device, 'suspend', 'stop of the GSP firmware', UNLOADED, () => firmwareStopped(gsp));
    await runSb(device, gsp, fwsec);
    await runBooterUnload(device, sec2, booterUnload, meta.address);
    report(trace, 'nova-core.suspend.done', { device: pci.name, size: wpr2.size });
    return { size: wpr2.size, meta: meta.address, release: () => memory.release() };
  } catch (error) {
    // What the GPU may still write to must not be given to anybody else; it gets the ability back with a reset.
    if (told && pci.present) pci.setBusMaster(false);
    await memory.release();
    throw error;
  }
}

/**
 * Has booter bring WPR2 back and start the firmware where it was.
 * Source: linux: drivers/gpu/drm/nouveau/nvkm/subdev/gsp/tu102.c (tu102_gsp_init).
 */
export async function takeUp(device: Device, power: PowerBundle, kept: KeptFirmware): Promise<void> {
  const { gsp, sec2, client, booterLoad, libosArguments, applicationVersion, rmArguments, queues } = power;
  requireNoWpr2(device);
  rmArguments.bytes.set(client.abi.boot.rmArguments(queues, { resuming: true }));
  await gsp.reset('resume');
  await gsp.run('resume', { mailbox0: libosArguments % 2 ** 32, mailbox1: Math.floor(libosArguments / 2 ** 32) });
  await runBooterLoad(device, sec2, booterLoad, kept.meta);
  gsp.setApplicationVersion(applicationVersion);
  await until(device, 'resume', 'start of the RISC-V core', RISCV_ACTIVE, () => gsp.riscvActive);
  await untilInitialised(device, power);
}

/** Waits for the end of initialisation; carries out meanwhile what the firmware asks of the CPU, which it need not. */
async function untilInitialised(device: Device, { gsp, sec2, client, libosArguments, applicationVersion }: PowerBundle): Promise<void> {
  const { events } = client.abi.messages;
  const over = { aborted: false };
  const done = client.expect('resume', events.initDone).finally(() => { over.aborted = true; });
  const sequences = (async () => {
    while (!over.aborted) {
      const commands = await client.next('resume', events.sequencer, over);
      if (commands !== undefined) await runSequence(device, { gsp, sec2, libosArguments, applicationVersion }, commands);
    }
  })();
  await Promise.all([done, sequences]);
}
