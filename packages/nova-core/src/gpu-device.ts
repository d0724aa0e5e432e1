import type { ReleaseStack } from '@nova-stack/aux-bus';
import type { PciDevice } from '@nova-stack/pci';

import type { Running } from './boot.ts';
import type { Chip } from './chip.ts';
import type { Publication, QuietTimes } from './contract/publish.ts';
import type { CoreDevice } from './core.ts';
import { collectCrashReport, type CrashReport } from './crash-report.ts';
import { present, report, type Device } from './device.ts';
import { asCoreError, hex, NovaCoreError, type Step } from './errors.ts';
import type { FlushPage } from './flush-page.ts';
import { waitForBoardFirmware } from './gfw.ts';
import type { GspInterrupts } from './interrupts/gsp-interrupts.ts';
import { keepVram, type KeptVram } from './memory/keep-vram.ts';
import { scrub } from './memory/scrub.ts';
import { restoreConfig, saveConfig, setPower, type SavedConfig } from './pci-power.ts';
import { CopyQueue } from './queue/copy-queue.ts';
import { putAside, takeUp, type KeptFirmware } from './suspend.ts';

/** Where a device stands. */
export type DeviceState =
  | 'running'
  /** Its firmware sleeps in system memory. */
  | 'suspended'
  /** The firmware has died, or a way to sleep or back has failed: a reset may help. */
  | 'failed'
  /** A reset did not help; everything that the driver had of it is given back. */
  | 'lost'
  /** Unbound. */
  | 'gone';

/** Everything that belongs to a device that is up. */
export interface Up {
  readonly device: Device;
  readonly chip: Chip;
  readonly flushPage: FlushPage;
  readonly running: Running;
  /** Undefined where the driver polls. */
  readonly interrupts: GspInterrupts | undefined;
  readonly publication: Publication;
  /** What was acquired, to be released in reverse. */
  readonly held: ReleaseStack;
}

interface Asleep {
  readonly firmware: KeptFirmware;
  readonly vram: KeptVram;
  readonly config: SavedConfig;
}

/** How long calls of clients may take to end before the device goes to sleep. */
const QUIESCE_MILLISECONDS = 1000;

/** From now on a firmware that stops is noticed: its core halts, or GSP mailbox and core are out of reach. */
export function watchFirmware({ core: gsp, gsp: client }: Running): void {
  // All ones of a device that has left read as active.
  client.watch(() => (gsp.riscvActive ? undefined : `its core is halted, mailbox ${hex(gsp.mailboxes.mailbox0)}`));
}

/** One GPU, from its probe to its end: what it goes through is done one thing after the other. */
export class GpuDevice implements CoreDevice {
  readonly pci: PciDevice;
  readonly #bringUp: () => Promise<Up>;
  /** What it is made of now, or was last. */
  #up: Up;
  #state: DeviceState = 'running';
  #asleep: Asleep | undefined;
  /** The end of what was begun last. */
  #turn: Promise<unknown> = Promise.resolve();
  #unbinding: Promise<void> | undefined;
  #resetting: Promise<void> | undefined;

  constructor(pci: PciDevice, up: Up, bringUp: () => Promise<Up>) {
    this.pci = pci;
    this.#bringUp = bringUp;
    this.#up = up;
    this.#mourn(up);
  }

  get state(): DeviceState { return this.#state; }
  get chip(): string { return this.#up.chip.name; }
  get name(): string { return this.#up.running.info.name; }
  get firmwareVersion(): string { return this.#up.running.abi.version; }
  get vbiosVersion(): string | undefined { return this.#up.running.vbiosVersion; }
  get published(): readonly string[] { return this.#up.publication.names; }
  get quiet(): QuietTimes { return this.#up.publication.quiet; }
  get withheld(): readonly NovaCoreError[] { return this.#up.publication.withheld; }

  suspend(): Promise<void> {
    return this.#inTurn(() => this.#suspend());
  }

  resume(): Promise<void> {
    return this.#inTurn(() => this.#resume());
  }

  reset(): Promise<void> {
    // Whoever waits for the firmware waits no longer: not what is under way here, not a client.
    if (this.#state !== 'gone') this.#up.running.gsp.close();
    return (this.#resetting ??= this.#inTurn(() => this.#reset()).finally(() => { this.#resetting = undefined; }));
  }

  unbind(): Promise<void> {
    return (this.#unbinding ??= this.#inTurn(() => this.#takeDown()));
  }

  crashReport(): CrashReport {
    const { device, running } = this.#up;
    return collectCrashReport(device, running, { state: this.#state });
  }

  async openCopyQueue(): Promise<CopyQueue> {
    this.#expect('running', 'memory');
    const { device, chip, running, publication, held } = this.#up;
    const { vram, window } = publication.services;
    const queue = await CopyQueue.open({ device, chip, gsp: running.gsp, vram, window });
    held.defer('copy queue', () => queue.close());
    return queue;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** A dead firmware serves nobody: sessions end, and wait for a reset or for the end. */
  #mourn(up: Up): void {
    up.running.gsp.onDeath(() => {
      if (this.#up === up && this.#state !== 'gone') this.#fail();
    });
  }

  #fail(): void {
    this.#state = 'failed';
    const { sessions } = this.#up.publication;
    // What clients had is given back, as far as that can be without a firmware; what cannot is set aside.
    void sessions.lose('failed').catch(() => undefined);
  }

  #expect(state: DeviceState, step: Step): void {
    present(this.#up.device, step);
    if (this.#state !== state) throw new NovaCoreError('STATE', step, `${this.pci.name} is ${this.#state}, not ${state}`, { detail: { state: this.#state } });
  }

  async #suspend(): Promise<void> {
    const { device, running, interrupts, publication } = this.#up;
    this.#expect('running', 'suspend');
    const { power } = running;
    if (power === undefined) throw new NovaCoreError('NOT_SUPPORTED', 'suspend', `${this.pci.name}: chips that start by their FSP are not put to sleep`);
    const open = publication.openVgpus();
    if (open.length > 0) throw new NovaCoreError('BUSY', 'suspend', `a virtual GPU is open on function ${open[0]!}`, { detail: { vf: open[0]! } });
    const progress = { told: false };
    try {
      const idle = await publication.sessions.quiesce(device.clock, 'suspend', QUIESCE_MILLISECONDS);
      if (!idle) throw new NovaCoreError('BUSY', 'suspend', `calls of clients go on after ${QUIESCE_MILLISECONDS} ms`);
      device.sleep.on = true;
      running.gsp.rest(true);
      const vram = keepVram(publication.services.window, publication.services.vram.held);
      report(device.trace, 'nova-core.suspend.saved', { size: vram.size, blocks: vram.blocks });
      interrupts?.stop();
      running.gsp.unwatch();
      const firmware = await putAside(device, power, () => { progress.told = true; });
      const config = saveConfig(this.pci);
      this.pci.setBusMaster(false);
      setPower(this.pci, false);
      this.#asleep = { firmware, vram, config };
      this.#state = 'suspended';
    } catch (cause) {
      const error = asCoreError(cause, 'PCI', 'suspend');
      report(device.trace, 'nova-core.power.failed', { what: 'suspend', step: error.step, code: error.code });
      if (progress.told || !this.pci.present || running.gsp.died !== undefined) this.#fail();
      else await this.#goOn();
      throw error;
    }
  }

  async #resume(): Promise<void> {
    const { device, flushPage, running, publication } = this.#up;
    this.#expect('suspended', 'resume');
    const { firmware, vram, config } = this.#asleep!;
    try {
      setPower(this.pci, true);
      restoreConfig(this.pci, config);
      this.pci.setBusMaster(true);
      await waitForBoardFirmware(device, this.#up.chip.family);
      flushPage.restore();
      await takeUp(device, running.power!, firmware);
      this.#asleep = undefined;
      await firmware.release();
      const { window, owed, vram: allocator } = publication.services;
      // The window is where power-on left it.
      window.forget();
      vram.restore(window, (block) => !owed.has(block));
      for (const block of owed) {
        await scrub(device, running.gsp, window, block, 'resume');
        allocator.release(block);
        owed.delete(block);
      }
      present(device, 'resume');
      this.#state = 'running';
      await this.#goOn();
      report(device.trace, 'nova-core.resume.done', { device: this.pci.name });
    } catch (cause) {
      const error = asCoreError(cause, 'PCI', 'resume');
      report(device.trace, 'nova-core.power.failed', { what: 'resume', step: error.step, code: error.code });
      device.sleep.on = false;
      this.#fail();
      throw error;
    }
  }

  /** Everybody goes on as before. */
  // eslint-disable-next-line @typescript-eslint/require-await -- in turn with what waits
  async #goOn(): Promise<void> {
    const { device, running, interrupts, publication } = this.#up;
    watchFirmware(running);
    running.gsp.rest(false);
    device.sleep.on = false;
    interrupts?.start();
    publication.sessions.resume();
  }

  async #reset(): Promise<void> {
    if (this.#state === 'gone') throw new NovaCoreError('STATE', 'reset', `${this.pci.name} was unbound`, { detail: { state: 'gone' } });
    const { trace } = this.#up.device;
    report(trace, 'nova-core.reset.begin', { device: this.pci.name });
    try {
      await this.#abandon('reset');
      if (!this.pci.present) throw new NovaCoreError('DEVICE_LOST', 'reset', `${this.pci.name} left the bus`);
      this.pci.reset();
      this.#up = await this.#bringUp();
    } catch (cause) {
      const error = asCoreError(cause, 'PCI', 'reset');
      this.#state = 'lost';
      report(trace, 'nova-core.power.failed', { what: 'reset', step: error.step, code: error.code });
      throw error;
    }
    this.#state = 'running';
    this.#mourn(this.#up);
    report(trace, 'nova-core.reset.done', { device: this.pci.name });
  }

  /** Gives everything back without a firmware that would help. What fails on the way is told there, and does not matter. */
  async #abandon(cause: 'reset' | 'removed'): Promise<void> {
    const { running, publication, held } = this.#up;
    running.gsp.close();
    this.#wake();
    await publication.sessions.lose(cause).catch(() => undefined);
    await this.#forgetSleep();
    await held.release().catch(() => undefined);
  }

  /** Makes registers reachable for whoever cleans up. */
  #wake(): void {
    const { device } = this.#up;
    if (this.#asleep !== undefined && this.pci.present) {
      setPower(this.pci, true);
      restoreConfig(this.pci, this.#asleep.config);
    }
    device.sleep.on = false;
  }

  async #forgetSleep(): Promise<void> {
    const kept = this.#asleep;
    this.#asleep = undefined;
    await kept?.firmware.release().catch(() => undefined);
  }

  async #takeDown(): Promise<void> {
    const { publication, held, running } = this.#up;
    const { trace } = this.#up.device;
    try {
      // Clients of a device that has left, failed or sleeps are not asked to leave: they are told.
      if (!this.pci.present) await publication.sessions.lose('removed');
      if (this.#state === 'suspended' || this.#state === 'failed') {
        await this.#abandon('removed');
        // Nothing of what it was doing outlives it.
        if (this.pci.present) this.pci.reset();
      } else {
        await held.release();
      }
    } catch (error) {
      throw asCoreError(error, 'TEARDOWN', 'unpublish');
    } finally {
      running.gsp.close();
      this.#state = 'gone';
      report(trace, 'nova-core.unbind.done', { device: this.pci.name });
    }
  }
}
