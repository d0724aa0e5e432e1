import { ReleaseStack, type AuxBus } from '@nova-stack/aux-bus';
import type { FirmwareSource } from '@nova-stack/firmware-files';
import type { MessageTap } from '@nova-stack/gsp-rpc';
import { BAR0_SIZE, type Family } from '@nova-stack/gpu-regs';
import { HEADER, type PciDevice } from '@nova-stack/pci';
import type { Clock } from '@nova-stack/timebase';
import type { Trace } from '@nova-stack/trace';

import { bootGsp } from './boot.ts';
import { identify } from './chip.ts';
import { publish, type QuietTimes } from './contract/publish.ts';
import { report, type Device } from './device.ts';
import type { CrashReport } from './crash-report.ts';
import { asCoreError, hex, NovaCoreError } from './errors.ts';
import { FlushPage } from './flush-page.ts';
import { bootByFsp } from './fsp/boot.ts';
import { waitForBoardFirmware } from './gfw.ts';
import { GpuDevice, watchFirmware, type DeviceState, type Up } from './gpu-device.ts';
import { startInterrupts, type InterruptMode } from './interrupts/gsp-interrupts.ts';
import { FirmwareWake } from './interrupts/wake.ts';
import type { CopyQueue } from './queue/copy-queue.ts';
import { BARS, bar } from './system-facts.ts';

export interface NovaCoreOptions {
  readonly clock: Clock;
  readonly trace: Trace;
  /** Where one device per kind of client is published. */
  readonly auxBus: AuxBus;
  /** Where the firmware's files come from. */
  readonly firmware: FirmwareSource;
  /** Firmware version to boot, `570.144`; by default the newest that the source has and this driver speaks. */
  readonly firmwareVersion?: string;
  /**
   * Whether the firmware calls by message interrupts once it is up (the default where the function has them), or is asked again and
   * again. With `polled` an event of an idle GPU is seen with the next call.
   */
  readonly interrupts?: InterruptMode;
  /** Asked with each GPU that is brought up for what sees its messages to and from the firmware, such as a recorder's `tap` (`@nova-stack/gsp-rpc/trace`). */
  readonly tap?: (pci: PciDevice) => MessageTap;
}

/** The driver: one for any number of GPUs. */
export interface NovaCore {
  /**
   * Brings a GPU up and publishes it.
   *
   * @throws {@link NovaCoreError}, whose `step` says where; nothing is left behind then.
   */
  probe(pci: PciDevice): Promise<CoreDevice>;
}

/** A GPU that is up. */
export interface CoreDevice {
  readonly pci: PciDevice;
  /** Lower case: `ad102`. */
  readonly chip: string;
  /** Marketing name. */
  readonly name: string;
  /** `570.144`: what the image says, and the running firmware too. */
  readonly firmwareVersion: string;
  readonly vbiosVersion: string | undefined;
  readonly state: DeviceState;
  /** Names of what was published on the auxiliary bus. */
  readonly published: readonly string[];
  /** What the board could do and is not published, each with its reason; code `NOT_IN_FIRMWARE`. */
  readonly withheld: readonly NovaCoreError[];
  /** For whoever does something to the device that clients must not get in the way of. */
  readonly quiet: QuietTimes;
  /**
   * Puts the GPU to sleep: clients are told (`device.quiesce`), the firmware is kept in system memory with all that it knows, and what clients
   * have in the framebuffer with it. Power may go then.
   *
   * @throws {@link NovaCoreError} `STATE` unless it runs; `BUSY` while a virtual GPU is open or a call takes too long: the GPU goes on then,
   *   as it does after any failure before the firmware was told. Else its state is `failed`.
   */
  suspend(): Promise<void>;
  /**
   * Wakes the GPU from {@link suspend}: sessions go on where they were (`device.resumed`).
   *
   * @throws {@link NovaCoreError} `STATE` unless it sleeps; what else went wrong leaves it `failed`
   */
  resume(): Promise<void>;
  /**
   * Gets the GPU going again whatever it does: sessions are lost at once (`reset`), everything is released, the function is reset and
   * brought up anew. Waits for nothing that the firmware should do. Works in every state but `gone`, from any number of callers.
   *
   * @throws {@link NovaCoreError} when it does not come up; its state is `lost` then
   */
  reset(): Promise<void>;
  /**
   * A channel of the driver's own on a copy engine, with an address space to map memory into. It ends with the GPU at the latest.
   *
   * @throws {@link NovaCoreError} `STATE` unless the GPU runs; `NO_MEMORY`, `NOT_SUPPORTED`, and what the firmware has against it
   */
  openCopyQueue(): Promise<CopyQueue>;
  /** Collects what can be known about the GPU and its firmware now; reads only, and works in every state. */
  crashReport(): CrashReport;
  /**
   * Takes the GPU down: clients first, then the firmware, everything in the reverse order of its acquiring.
   *
   * @throws {@link NovaCoreError} the first failure; everything else was released all the same.
   */
  unbind(): Promise<void>;
}

/** How the GSP's firmware comes up, by what the chip's family says of it. */
const BOOT_CHAINS: Readonly<Record<Family['bootChain'], typeof bootGsp>> = { 'fwsec-booter': bootGsp, booter: bootGsp, fsp: bootByFsp };

const VENDOR = 0x10de;
/** Base class and subclass: VGA and 3D controllers. */
const CLASSES: readonly number[] = [0x0300, 0x0302];

/** @throws {@link NovaCoreError} `NOT_SUPPORTED` for a function that this driver does not drive. */
function requireGpu(pci: PciDevice): void {
  const vendor = pci.readConfig(HEADER.vendor, 2);
  const baseClass = pci.readConfig(HEADER.subClass, 2);
  if (vendor === VENDOR && CLASSES.includes(baseClass)) return;
  throw new NovaCoreError('NOT_SUPPORTED', 'pci', `${pci.name} is no NVIDIA display controller: vendor ${hex(vendor)}, class ${hex(baseClass)}`, {
    detail: { vendor, class: baseClass },
  });
}

/** Takes hold of the function: decoding, bus mastering, registers. */
function enable(pci: PciDevice, { clock, trace, tap, interrupts }: Pick<NovaCoreOptions, 'clock' | 'trace' | 'tap' | 'interrupts'>, held: ReleaseStack): Device {
  requireGpu(pci);
  const registers = bar(pci, BARS.registers);
  const framebuffer = bar(pci, BARS.framebuffer);
  const instance = bar(pci, BARS.instance);
  if (registers.size < BAR0_SIZE) {
    throw new NovaCoreError('NOT_SUPPORTED', 'pci', `BAR0 of ${pci.name} has ${hex(registers.size)} bytes, not ${hex(BAR0_SIZE)}`);
  }
  pci.enable();
  held.defer('memory decoding', () => pci.disable());
  pci.setBusMaster(true);
  held.defer('bus mastering', () => pci.setBusMaster(false));
  const bar0 = pci.mapBar(BARS.registers);
  held.defer('BAR0', () => bar0.unmap());
  report(trace, 'nova-core.pci.enabled', {
    device: pci.name, registers: registers.start, framebuffer: framebuffer.start, window: framebuffer.size, instance: instance.start, vfs: pci.sriov?.totalVfs ?? 0,
  });
  return { pci, bar0, clock, trace, sleep: { on: false }, ...(tap && { tap: tap(pci) }), ...(interrupts !== 'polled' && { wake: new FirmwareWake() }) };
}

class Core implements NovaCore {
  readonly #options: NovaCoreOptions;
  /** Number of the next GPU; never used twice. */
  #next = 0;

  constructor(options: NovaCoreOptions) {
    this.#options = options;
  }

  async probe(pci: PciDevice): Promise<CoreDevice> {
    const { trace } = this.#options;
    const bringUp = async (): Promise<Up> => {
      const held = new ReleaseStack();
      try {
        return await this.#bringUp(pci, held);
      } catch (cause) {
        const error = asCoreError(cause, 'PCI', 'pci');
        report(trace, 'nova-core.probe.failed', { step: error.step, code: error.code });
        // What fails on the way down was reported there; the reason for going down is what counts.
        await held.release().catch(() => undefined);
        throw error;
      }
    };
    return new GpuDevice(pci, await bringUp(), bringUp);
  }

  async #bringUp(pci: PciDevice, held: ReleaseStack): Promise<Up> {
    const { trace, firmware, firmwareVersion, auxBus } = this.#options;
    const device = enable(pci, this.#options, held);
    const chip = identify(device);
    pci.setDmaMask(chip.family.dmaBits);
    await waitForBoardFirmware(device, chip.family);
    const flushPage = new FlushPage(device, chip.family.flushPage);
    held.defer('flush page', () => flushPage.release());
    const running = await BOOT_CHAINS[chip.family.bootChain](device, chip, { source: firmware, version: firmwareVersion }, held);
    const interrupts = device.wake && (await startInterrupts(device, chip, running.gsp, device.wake));
    running.gsp.tendBy(() => interrupts?.tend());
    held.defer('interrupts', () => {
      running.gsp.tendBy(() => undefined);
      interrupts?.stop();
    });
    watchFirmware(running);
    const publication = await publish(device, running, { auxBus, id: this.#next++, held });
    report(trace, 'nova-core.probe.done', { device: pci.name });
    return { device, chip, flushPage, running, interrupts, publication, held };
  }
}

/** Creates the driver. Nothing happens before a device is probed. */
export function createNovaCore(options: NovaCoreOptions): NovaCore {
  return new Core(options);
}
