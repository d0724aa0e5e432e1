import { CAPABILITY, type PciDevice } from '@nova-stack/pci';

import type { Chip } from '../chip.ts';
import { MS, report, S, type Device } from '../device.ts';
import { NovaCoreError } from '../errors.ts';
import { Falcon } from '../falcon.ts';
import type { GspClient } from '../gsp/client.ts';
import { InterruptTree } from './tree.ts';
import type { FirmwareWake } from './wake.ts';

/** How the driver learns that the firmware has something to say. */
export type InterruptMode = 'message' | 'polled';

/** This many interrupts in a row, each within {@link QUIET} of the one before, with nothing to do for any, are a storm. */
const STORM = 64;
const QUIET = 1 * MS;
/** How long interrupts stay off after a storm; doubled with each further one up to {@link LONGEST}. */
const COOLING = 100 * MS;
const LONGEST = 10 * S;

interface Options {
  readonly device: Device;
  readonly chip: Chip;
  readonly client: GspClient;
  readonly wake: FirmwareWake;
  readonly vector: number;
}

/**
 * The firmware's interrupt: a message interrupt of the function, the GSP's vector in the tree, the software interrupt
 * of the GSP's falcon. A lost one costs a wait no more than its fallback; a storm is switched off, and the
 * driver polls until it has cooled down.
 * Source: linux: drivers/gpu/drm/nouveau/nvkm/subdev/vfn/tu102.c, drivers/gpu/drm/nouveau/nvkm/subdev/gsp/rm/r535/gsp.c.
 */
export class GspInterrupts {
  readonly #options: Options;
  readonly #tree: InterruptTree;
  readonly #gsp: Falcon;
  readonly #others = new Map<number, () => boolean>();
  #line: { disable(): void } | undefined;
  /** Interrupts in a row for which there was nothing to do. */
  #idle = 0;
  #last = 0;
  #cooling = COOLING;
  /** When interrupts go on again after a storm. */
  #resumeAt: number | undefined;

  constructor(options: Options) {
    this.#options = options;
    this.#tree = new InterruptTree(options.device, options.chip.family);
    this.#gsp = new Falcon(options.device, 'gsp', options.chip.family);
  }

  /** @throws {@link NovaCoreError} `PCI` for a vector that the tree lacks */
  start(): void {
    const { device, client, vector } = this.#options;
    if (vector >= this.#tree.vectors) throw new NovaCoreError('PCI', 'interrupts', `vector ${vector} does not exist: the tree has ${this.#tree.vectors}`);
    this.#tree.quiet();
    this.#on();
    // What was sent before the vector was let through has its interrupt behind it.
    client.poll();
    report(device.trace, 'nova-core.interrupts.on', { vector });
  }

  stop(): void {
    this.#resumeAt = undefined;
    this.#off();
  }

  /** Serves another vector until the function returned is called. `handler` tells whether there was something to do. */
  handle(vector: number, handler: () => boolean): () => void {
    this.#others.set(vector, handler);
    if (this.#line !== undefined) this.#tree.enable(vector);
    return () => {
      this.#others.delete(vector);
      if (this.#line !== undefined && this.#options.device.pci.present) this.#tree.disable(vector);
    };
  }

  /**
   * Called with each call to the firmware. Puts interrupts back on once a storm has cooled down; and serves what is
   * pending although no message came: a lost one would keep all later ones from being sent.
   */
  tend(): void {
    const { device, vector } = this.#options;
    if (!device.pci.present) return;
    if (this.#line !== undefined) {
      if (this.#tree.pending().length > 0) this.#serve();
      return;
    }
    if (this.#resumeAt === undefined || device.clock.now() < this.#resumeAt) return;
    this.#resumeAt = undefined;
    this.#on();
    report(device.trace, 'nova-core.interrupts.on', { vector });
  }

  #on(): void {
    const { device, wake, vector } = this.#options;
    this.#idle = 0;
    this.#line = device.pci.enableInterrupts(() => { this.#serve(); });
    for (const one of [vector, ...this.#others.keys()]) this.#tree.enable(one);
    this.#gsp.clearSoftwareInterrupt();
    this.#tree.rearm();
    this.#tree.arm();
    wake.on = true;
  }

  #off(): void {
    const { device, wake, vector } = this.#options;
    wake.on = false;
    if (device.pci.present) {
      this.#tree.disarm();
      for (const one of [vector, ...this.#others.keys()]) this.#tree.disable(one);
    }
    this.#line?.disable();
    this.#line = undefined;
    // Whoever waits polls from now on.
    wake.ring();
  }

  #serve(): void {
    const { device, client, wake, vector } = this.#options;
    if (this.#line === undefined || !device.pci.present) return;
    this.#tree.disarm();
    this.#tree.rearm();
    let work = 0;
    for (const found of this.#tree.pending()) {
      this.#tree.acknowledge(found);
      const other = this.#others.get(found);
      if (found === vector) work += Number(this.#gsp.takeInterrupts());
      else if (other !== undefined) work += Number(other());
      // Nobody asked for it: it is not to come again.
      else this.#tree.disable(found);
    }
    work += client.poll();
    this.#gsp.retriggerInterrupt();
    if (this.#storms(work)) this.#weather();
    else this.#tree.arm();
    wake.ring();
  }

  #storms(work: number): boolean {
    const now = this.#options.device.clock.now();
    const close = now - this.#last < QUIET;
    this.#last = now;
    this.#idle = work > 0 ? 0 : close ? this.#idle + 1 : 1;
    return this.#idle >= STORM;
  }

  #weather(): void {
    const { device, vector } = this.#options;
    const cooling = this.#cooling;
    this.#off();
    this.#resumeAt = device.clock.now() + cooling;
    this.#cooling = Math.min(cooling * 2, LONGEST);
    report(device.trace, 'nova-core.interrupts.storm', { vector, milliseconds: cooling / MS });
  }
}

/** Whether the function can send message interrupts. */
export const hasMessages = (pci: PciDevice): boolean => pci.findCapability(CAPABILITY.msi) !== undefined;

/**
 * Has the firmware call the driver instead of being asked. Does nothing where the function has no messages or the firmware no vector;
 * then the driver polls.
 *
 * @returns undefined where it polls
 */
export async function startInterrupts(device: Device, chip: Chip, client: GspClient, wake: FirmwareWake): Promise<GspInterrupts | undefined> {
  if (!hasMessages(device.pci)) return undefined;
  const vector = await client.control('interrupts', client.abi.controls.gspVector, undefined);
  if (vector === undefined) return undefined;
  const interrupts = new GspInterrupts({ device, chip, client, wake, vector });
  interrupts.start();
  return interrupts;
}
