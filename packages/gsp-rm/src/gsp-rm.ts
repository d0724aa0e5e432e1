import type { EngineName, FalconStart, Firmware, FirmwareHardware, FirmwarePort, MemoryJob } from '@nova-stack/hw-model/port';
import { copyPlain } from '@nova-stack/timebase';

import { bootLoad, bootUnload, type KnownFiles } from './booter.ts';
import { GspCore } from './core.ts';
import { runFwsec } from './fwsec.ts';
import { KNOWN_BOOTLOADERS, KNOWN_IMAGES, KNOWN_UCODES } from './r570_144/known-images.ts';
import { RELEASE_570_144 } from './r570_144/release.ts';
import type { Release } from './release.ts';
import type { GspRmState } from './state.ts';
import { recognise, type KnownUcode, type Ucode } from './ucode.ts';

export interface GspRmOptions {
  /** Real falcon ucode that is recognised, instead of what is known. */
  readonly knownUcodes?: readonly KnownUcode[];
  /** Real GSP images and RISC-V bootloaders that are recognised, instead of what is known. */
  readonly knownFiles?: KnownFiles;
}

/** Releases that the model can be. */
const RELEASES: readonly Release[] = [RELEASE_570_144];

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
  readonly #core: GspCore;
  /** Jobs of an engine end when this number has changed: the engine was reset under them. */
  readonly #generation: Record<EngineName, number> = { gsp: 0, sec2: 0 };

  constructor(hardware: FirmwareHardware, options: GspRmOptions) {
    this.#hardware = hardware;
    this.#ucodes = options.knownUcodes ?? KNOWN_UCODES;
    this.#files = options.knownFiles ?? { images: KNOWN_IMAGES, bootloaders: KNOWN_BOOTLOADERS };
    this.#core = new GspCore(hardware, RELEASES, (job, done) => {
      this.#start('gsp', job, done);
    });
  }

  falconStarted(start: FalconStart): void {
    const hardware = this.#hardware;
    const { engine } = start;
    if (start.empty) {
      hardware.halt(engine);
      return;
    }
    const recognised = recognise(start, hardware.facts.chip, hardware.facts.fuses, this.#ucodes);
    if ('ucode' in recognised) {
      this.#run(recognised.ucode, start);
      return;
    }
    if ('refused' in recognised) hardware.trace('gsp-rm.ucode.refused', { engine, reason: recognised.refused });
    else hardware.trace('gsp-rm.ucode.unknown', { engine });
    // Nothing ran: mailboxes and scratch registers are as the driver left them.
    hardware.halt(engine);
  }

  #run(ucode: Ucode, start: FalconStart): void {
    const hardware = this.#hardware;
    switch (ucode.kind) {
      case 'fwsec':
        runFwsec(hardware, start, ucode.interfaceOffset);
        return;
      case 'booterLoad':
        this.#start('sec2', this.#boot(ucode, start.mailbox0 + start.mailbox1 * 0x1_0000_0000));
        return;
      case 'booterUnload': {
        const { running } = this.#core;
        hardware.setMailbox('sec2', 0, bootUnload(hardware, start.mailbox0, start.mailbox1, running));
        hardware.halt('sec2');
        return;
      }
      default:
        hardware.halt(start.engine);
    }
  }

  *#boot(ucode: Ucode, address: number): MemoryJob {
    const hardware = this.#hardware;
    const release = RELEASES.find(({ version }) => version === ucode.version) ?? RELEASES[0]!;
    const verdict = yield* bootLoad(hardware, address, release, RELEASES, this.#files);
    if ('error' in verdict) {
      hardware.trace('gsp-rm.booter.refused', { error: verdict.error, reason: verdict.reason });
      hardware.setMailbox('sec2', 0, verdict.error);
      hardware.halt('sec2');
      return;
    }
    hardware.setMailbox('sec2', 0, 0);
    // The core runs before SEC2 halts: nouveau looks once, right after.
    this.#core.power(verdict.image);
    hardware.halt('sec2');
  }

  doorbell(index: number): void {
    if (index === 0) this.#core.serve();
  }

  timer(event: string, arg: number): void {
    this.#core.timer(event, arg);
  }

  vfDoorbell(value: number): void {
    this.#core.vfDoorbell(value);
  }

  engineReset(engine: EngineName): void {
    this.#generation[engine]++;
    if (engine === 'gsp') this.#core.reset();
  }

  deviceReset(): void {
    this.engineReset('sec2');
    this.engineReset('gsp');
  }

  snapshot(): unknown {
    return copyPlain(this.#core.state);
  }

  restore(state: unknown): void {
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
