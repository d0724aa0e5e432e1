import type { ChannelFault, EngineName, FalconStart, Firmware, FirmwareHardware, FirmwarePort, MemoryJob } from '@nova-stack/hw-model/port';
import type { MessageTap } from '@nova-stack/gsp-rpc';
import { copyPlain } from '@nova-stack/timebase';

import { bootLoad, bootUnload } from './booter.ts';
import { GspCore } from './core.ts';
import { runFalconBootloader } from './falcon-bootloader.ts';
import { runFwsec } from './fwsec.ts';
import type { FirmwareEvent } from './events.ts';
import type { KnownFmc } from './fsp/chain-of-trust.ts';
import { serveFsp } from './fsp/messages.ts';
import { KNOWN_BOOTLOADERS, KNOWN_FMCS, KNOWN_IMAGES, KNOWN_UCODES } from './known-files.ts';
import type { Occurrence } from './notify.ts';
import type { KnownFiles } from './place-firmware.ts';
import type { Release } from './release.ts';
import { findRelease } from './releases.ts';
import type { GspRmState } from './state.ts';
import { isFalconBootloader, recognise, type KnownUcode, type Ucode } from './ucode.ts';
import { BOOTER_ERRORS } from './wpr-meta.ts';

export interface GspRmOptions {
  /** Real falcon ucode that is recognised, instead of what is known. */
  readonly knownUcodes?: readonly KnownUcode[];
  /** Real GSP images and RISC-V bootloaders that are recognised, instead of what is known. */
  readonly knownFiles?: KnownFiles;
  /** Real GSP-FMCs that are recognised, instead of what is known. */
  readonly knownFmcs?: readonly KnownFmc[];
  /** Sees every message that goes through the queues, for a recorder. */
  readonly tap?: MessageTap;
  /** Is given the means to make the firmware do things that no driver asks for. */
  readonly provoke?: (firmware: Provocation) => void;
}

/** What a test can make the firmware do. */
export interface Provocation {
  /** Sends an event. @returns false while the queues are down, and where the release has no such event */
  raise(event: FirmwareEvent): boolean;
  /** Tells whoever waits for it by an event object. @returns how many were told */
  notify(occurrence: Occurrence): number;
  /** The plugin task of a virtual GPU dies, and the driver is told. @returns false where none runs */
  crashPlugin(gfid: number): boolean;
  /** Stops doing anything, with the core still running. */
  hang(): void;
  /** Dies: the core is halted, mailbox 0 and the logs bear the mark. */
  crash(): void;
}

/**
 * What NVIDIA's code does on the GPU: FWSEC and booter on the falcons, GSP-RM on the RISC-V core. Give it to a
 * hardware model as its firmware.
 */
export function createGspRm(options: GspRmOptions = {}): Firmware {
  return (hardware) => new GspRm(hardware, options);
}

class GspRm implements FirmwarePort {
  readonly #hardware: FirmwareHardware;
  readonly #ucodes: readonly KnownUcode[];
  readonly #files: KnownFiles;
  readonly #fmcs: readonly KnownFmc[];
  readonly #core: GspCore;
  /** Jobs of an engine end when this number has changed: the engine was reset under them. */
  readonly #generation: Record<EngineName, number> = { gsp: 0, sec2: 0 };

  /** Of the device; what the FSP was doing before one is gone. */
  #resets = 0;

  constructor(hardware: FirmwareHardware, options: GspRmOptions) {
    this.#hardware = hardware;
    this.#ucodes = options.knownUcodes ?? KNOWN_UCODES;
    this.#files = options.knownFiles ?? { images: KNOWN_IMAGES, bootloaders: KNOWN_BOOTLOADERS };
    this.#fmcs = options.knownFmcs ?? KNOWN_FMCS;
    this.#core = new GspCore(hardware, (job, done) => {
      this.#start('gsp', job, done);
    }, this.#files, options.tap);
    const core = this.#core;
    options.provoke?.({
      raise: (event) => core.raise(event), notify: (occurrence) => core.notify(occurrence), crashPlugin: (gfid) => core.crashPlugin(gfid),
      hang: () => { core.hang(); }, crash: () => { core.crash(); },
    });
  }

  falconStarted(start: FalconStart): void {
    const hardware = this.#hardware;
    const { engine } = start;
    if (start.empty) {
      hardware.halt(engine);
      return;
    }
    // Falcons with a boot ROM load their code themselves.
    if (start.brom === undefined && isFalconBootloader(start, hardware.facts.chip)) this.#start(engine, this.#fetch(start));
    else this.#execute(start);
  }

  *#fetch(start: FalconStart): MemoryJob {
    const fetched = yield* runFalconBootloader(this.#hardware, start);
    if ('refused' in fetched) this.#refuseUcode(start.engine, fetched.refused);
    else this.#execute(fetched);
  }

  #execute(start: FalconStart): void {
    const hardware = this.#hardware;
    const recognised = recognise(start, hardware.facts.chip, hardware.facts.fuses, this.#ucodes);
    if ('ucode' in recognised) this.#run(recognised.ucode, start);
    else this.#refuseUcode(start.engine, 'refused' in recognised ? recognised.refused : undefined);
  }

  /** Nothing ran: mailboxes and scratch registers are as the driver left them. */
  #refuseUcode(engine: EngineName, reason: string | undefined): void {
    const hardware = this.#hardware;
    if (reason === undefined) hardware.trace('gsp-rm.ucode.unknown', { engine });
    else hardware.trace('gsp-rm.ucode.refused', { engine, reason });
    hardware.halt(engine);
  }

  #run(ucode: Ucode, start: FalconStart): void {
    const hardware = this.#hardware;
    switch (ucode.kind) {
      case 'fwsec':
        runFwsec(hardware, start, ucode.interfaceOffset);
        return;
      case 'booterLoad':
        this.#start('sec2', this.#load(ucode, start.mailbox0 + start.mailbox1 * 0x1_0000_0000));
        return;
      case 'booterUnload':
        this.#start('sec2', this.#unload(ucode, start.mailbox0, start.mailbox1));
        return;
      default:
        hardware.halt(start.engine);
    }
  }

  /** The release that booter was made for; one that is not modelled is refused. */
  #booterRelease(ucode: Ucode): Release | undefined {
    const release = findRelease(ucode.version);
    if (release !== undefined) return release;
    this.#refuse(BOOTER_ERRORS.release, `booter of ${ucode.version} is not modelled`);
    return undefined;
  }

  #refuse(error: number, reason: string): void {
    const hardware = this.#hardware;
    hardware.trace('gsp-rm.booter.refused', { error, reason });
    hardware.setMailbox('sec2', 0, error);
    hardware.halt('sec2');
  }

  *#load(ucode: Ucode, address: number): MemoryJob {
    const hardware = this.#hardware;
    const release = this.#booterRelease(ucode);
    if (release === undefined) return;
    const verdict = yield* bootLoad(hardware, address, release, this.#files);
    if ('error' in verdict) {
      this.#refuse(verdict.error, verdict.reason);
      return;
    }
    hardware.setMailbox('sec2', 0, 0);
    // The core runs before SEC2 halts: nouveau looks once, right after. The driver may free the argument page once the firmware is up: its address is
    // taken now.
    this.#core.power(verdict.image, verdict.resuming, hardware.mailbox('gsp', 0) + hardware.mailbox('gsp', 1) * 0x1_0000_0000);
    hardware.halt('sec2');
  }

  *#unload(ucode: Ucode, mailbox0: number, mailbox1: number): MemoryJob {
    const hardware = this.#hardware;
    const release = this.#booterRelease(ucode);
    if (release === undefined) return;
    hardware.setMailbox('sec2', 0, yield* bootUnload(hardware, mailbox0, mailbox1, release, this.#core.running));
    hardware.halt('sec2');
  }

  doorbell(index: number): void {
    if (index === 0) this.#core.serve();
  }

  fspMessage(channel: number, bytes: Uint8Array): void {
    const core = this.#core;
    this.#hardware.start(this.#untilReset(serveFsp(this.#hardware, channel, bytes, {
      known: this.#fmcs, gspRuns: () => core.running, start: (fmc) => { core.trust(fmc); },
    })));
  }

  /** The FSP works on whatever becomes of the GSP, until the whole device is reset. */
  *#untilReset(job: MemoryJob): MemoryJob {
    const resets = this.#resets;
    let step = job.next();
    while (step.done !== true) {
      const carriedOut = yield step.value;
      if (this.#resets !== resets) return;
      step = job.next(carriedOut);
    }
  }

  timer(event: string, arg: number): void {
    this.#core.timer(event, arg);
  }

  vfDoorbell(value: number): void {
    this.#core.vfDoorbell(value);
  }

  channelFault(fault: ChannelFault): void {
    this.#core.channelFault(fault);
  }

  engineReset(engine: EngineName): void {
    this.#generation[engine]++;
    if (engine === 'gsp') this.#core.reset();
  }

  deviceReset(): void {
    this.#resets++;
    this.engineReset('sec2');
    this.engineReset('gsp');
  }

  snapshot(): unknown {
    return copyPlain(this.#core.state);
  }

  restore(state: unknown): void {
    this.#resets++;
    this.#generation.gsp++;
    this.#generation.sec2++;
    this.#core.state = copyPlain(state) as GspRmState;
  }

  #start(engine: EngineName, job: MemoryJob, done: () => void = () => {}): void {
    this.#hardware.start(this.#whileAlive(engine, this.#generation[engine], job, done));
  }

  /** Runs `job` until it ends or its engine is reset under it. */
  *#whileAlive(engine: EngineName, generation: number, job: MemoryJob, done: () => void): MemoryJob {
    if (this.#generation[engine] !== generation) return;
    let step = job.next();
    while (step.done !== true) {
      const carriedOut = yield step.value;
      if (this.#generation[engine] !== generation) return;
      step = job.next(carriedOut);
    }
    done();
  }
}
