import {
  flush, GspRpcError, openFirmwareEnd, queueMessage, receiveRequest, type RpcMessage, type RpcRequest,
} from '@nova-stack/gsp-rpc';
import type { EngineName, FalconStart, Firmware, FirmwareHardware, FirmwarePort, MemoryJob } from '@nova-stack/hw-model/port';
import { bootLoad, bootUnload, type KnownFiles } from './booter.ts';
import { runFwsec } from './fwsec.ts';
import { writeLog, type LogLine } from './log.ts';
import { copyPlain } from './plain.ts';
import { KNOWN_BOOTLOADERS, KNOWN_IMAGES, KNOWN_UCODES } from './r570_144/known-images.ts';
import { RELEASE_570_144 } from './r570_144/release.ts';
import type { Release } from './release.ts';
import { emptyResources } from './resources.ts';
import { serve } from './rpc-server.ts';
import { BOOT_SEQUENCE, SEQUENCED_ARCHITECTURES } from './sequencer.ts';
import type { GspRmState } from './state.ts';
import { PAGE_DIRECTORIES, pageDirectories } from './static-info.ts';
import { TIMING } from './timing.ts';
import { recognise, type KnownUcode, type Ucode } from './ucode.ts';
import { PLUGIN_TIMER, taskDoorbell, taskReady } from './vgpu/plugin.ts';
import { emptyVgpu } from './vgpu/state.ts';

export interface GspRmOptions {
  /** Real falcon ucode that is recognised, instead of what is known. */
  readonly knownUcodes?: readonly KnownUcode[];
  /** Real GSP images and RISC-V bootloaders that are recognised, instead of what is known. */
  readonly knownFiles?: KnownFiles;
}

/** Releases that the model can be. */
const RELEASES: readonly Release[] = [RELEASE_570_144];

/** GSP mailbox 0 after an orderly unload; nouveau wants exactly this value. */
const UNLOADED = 0x80000000;
const SWGEN0 = 0x40;
const LIBOS_PAGE = 0x1000;
/** Messages that may wait for room in the status ring; further events are lost. */
const OUTBOX_LIMIT = 256;
const TIMERS = { queues: 'queues', initialise: 'initialise', retry: 'retry' } as const;

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
  #state: GspRmState = initialState();
  /** Jobs of an engine end when this number has changed: the engine was reset under them. */
  readonly #generation = { gsp: 0, sec2: 0 };
  /** A job serves the queues; whatever comes meanwhile makes it go round again. */
  #serving = false;
  #again = false;

  constructor(hardware: FirmwareHardware, options: GspRmOptions) {
    this.#hardware = hardware;
    this.#ucodes = options.knownUcodes ?? KNOWN_UCODES;
    this.#files = options.knownFiles ?? { images: KNOWN_IMAGES, bootloaders: KNOWN_BOOTLOADERS };
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
        this.#startJob('sec2', this.#boot(ucode, start.mailbox0 + start.mailbox1 * 0x1_0000_0000));
        return;
      case 'booterUnload': {
        const gspRuns = this.#state.phase !== 'off' && this.#state.phase !== 'halted';
        hardware.setMailbox('sec2', 0, bootUnload(hardware, start.mailbox0, start.mailbox1, gspRuns));
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
    this.#startRiscv(verdict.image);
    hardware.halt('sec2');
  }

  #startRiscv(image: NonNullable<GspRmState['image']>): void {
    const hardware = this.#hardware;
    this.#state = { ...initialState(), image };
    if (hardware.fault('gsp-rm.riscv.start') !== undefined) return;
    this.#state.phase = 'starting';
    // The driver may free the argument page once the firmware is up: the address is taken now.
    this.#state.libosArguments = hardware.mailbox('gsp', 0) + hardware.mailbox('gsp', 1) * 0x1_0000_0000;
    hardware.setRiscv('gsp', { active: true, halted: false });
    hardware.trace('gsp-rm.riscv.started', { version: image.release });
    hardware.arm({ at: hardware.now() + TIMING.queues, event: TIMERS.queues, arg: 0 });
  }

  /** GSP-RM's first steps: arguments, log buffers, queues; then whatever lies in the command queue. */
  *#start(): MemoryJob {
    const hardware = this.#hardware;
    const state = this.#state;
    const release = this.#release();
    const fail = (reason: string): void => {
      hardware.trace('gsp-rm.start.failed', { reason });
      this.#halt();
    };
    const page = new Uint8Array(LIBOS_PAGE);
    if (!(yield { op: 'read', address: state.libosArguments, into: page })) {
      fail('libos arguments unreachable');
      return;
    }
    const regions = release.decodeLibosArguments(page);
    const rmArgs = regions.find(({ name }) => name === 'RMARGS');
    if (rmArgs === undefined || !rmArgs.usable || rmArgs.size < release.rmArguments.size) {
      fail('no usable RMARGS region');
      return;
    }
    state.logs = regions.filter(({ name, usable }) => usable && name.startsWith('LOG')).map(({ name, address, size }) => ({ name, address, size, written: 0 }));
    const bytes = new Uint8Array(release.rmArguments.size);
    if (!(yield { op: 'read', address: rmArgs.address, into: bytes })) {
      fail('RM arguments unreachable');
      return;
    }
    const args = release.rmArguments.decode(bytes);
    if (args.resume) {
      fail('resume is not modelled');
      return;
    }
    state.gpuInstance = args.gpuInstance;
    hardware.fillVram(pageDirectories(state.image!), PAGE_DIRECTORIES, 0);
    try {
      state.rpc = yield* openFirmwareEnd(args);
    } catch (error) {
      if (!(error instanceof GspRpcError)) throw error;
      fail(error.message);
      return;
    }
    state.phase = 'configuring';
    yield* this.#log('LOGINIT', 'GSP-RM started');
    hardware.trace('gsp-rm.queues.up', { address: args.sharedMemPhysAddr });
    // Commands may have been queued before the core ran: look, do not wait for a doorbell.
    this.#serve();
  }

  doorbell(index: number): void {
    if (index === 0 && this.#state.rpc !== undefined) this.#serve();
  }

  #serve(): void {
    if (this.#serving) {
      this.#again = true;
      return;
    }
    this.#serving = true;
    this.#startJob('gsp', this.#serveAll(), () => {
      this.#serving = false;
    });
  }

  *#serveAll(): MemoryJob {
    do {
      yield* this.#serveCommands();
      yield* this.#flush();
    } while (this.#takeAgain());
  }

  #takeAgain(): boolean {
    const again = this.#again;
    this.#again = false;
    return again;
  }

  *#serveCommands(): MemoryJob {
    const hardware = this.#hardware;
    const release = this.#release();
    for (;;) {
      const rpc = this.#state.rpc;
      // While replies wait for room, requests wait too: nothing is queued without end.
      if (rpc === undefined || this.#state.phase === 'halted' || rpc.outbox.some(({ function: fn }) => fn < release.profile.events.first)) return;
      let request: RpcRequest | undefined;
      try {
        request = yield* receiveRequest(release.profile, rpc);
      } catch (error) {
        if (!(error instanceof GspRpcError)) throw error;
        hardware.trace('gsp-rm.rpc.rejected', { reason: error.message });
        return;
      }
      if (request === undefined) return;
      const served = serve({ hardware, state: this.#state, release }, request);
      for (const event of served.events ?? []) this.#queue(event);
      if (served.reply !== undefined) this.#queue(served.reply);
      this.#maybeInitialise();
      if (served.unload === true) {
        hardware.trace('gsp-rm.unloading');
        yield* this.#log('LOGRM', 'GSP-RM unloads');
        yield* this.#flush();
        this.#halt();
        hardware.setMailbox('gsp', 0, UNLOADED);
        return;
      }
    }
  }

  #queue(message: RpcMessage): void {
    const rpc = this.#state.rpc;
    if (rpc === undefined || rpc.outbox.length >= OUTBOX_LIMIT) return;
    const corrupt = this.#hardware.fault('gsp-rm.rpc.checksum') !== undefined;
    queueMessage(rpc, message, { corrupt });
  }

  *#flush(): MemoryJob {
    const { rpc } = this.#state;
    if (rpc === undefined || rpc.outbox.length === 0) return;
    const hardware = this.#hardware;
    let records: number;
    try {
      records = yield* flush(this.#release().profile, rpc);
    } catch (error) {
      if (!(error instanceof GspRpcError)) throw error;
      hardware.trace('gsp-rm.rpc.rejected', { reason: error.message });
      return;
    }
    if (records > 0) hardware.raiseFalconInterrupt('gsp', SWGEN0);
    if (rpc.outbox.length > 0) hardware.arm({ at: hardware.now() + TIMING.retry, event: TIMERS.retry, arg: 0 });
  }

  /** Both boot messages are there: the sequencer event goes out, INIT_DONE takes its time. */
  #maybeInitialise(): void {
    const state = this.#state;
    const hardware = this.#hardware;
    if (state.phase !== 'configuring' || state.refused || state.systemInfo === undefined || state.registry === undefined) return;
    state.phase = 'initialising';
    const release = this.#release();
    const sequencer = release.events.sequencer;
    if (sequencer !== undefined && SEQUENCED_ARCHITECTURES.includes(hardware.facts.architecture)) {
      this.#queue({ function: sequencer, result: 0, sequence: 0, payload: release.encodeSequencer(BOOT_SEQUENCE) });
    }
    hardware.arm({ at: hardware.now() + TIMING.initialise, event: TIMERS.initialise, arg: 0 });
  }

  *#initDone(): MemoryJob {
    const state = this.#state;
    if (state.phase !== 'initialising') return;
    const fault = this.#hardware.fault('gsp-rm.initDone');
    if (fault?.action === 'drop') return;
    const result = fault === undefined ? 0 : fault.value ?? 0xffff;
    if (result === 0) {
      state.phase = 'running';
      this.#hardware.trace('gsp-rm.init.done');
      yield* this.#log('LOGRM', 'GSP-RM initialised');
    }
    this.#queue({ function: this.#release().events.initDone, result, sequence: 0, payload: new Uint8Array(0) });
    this.#serve();
  }

  *#log(name: string, line: LogLine): MemoryJob {
    const log = this.#state.logs.find((candidate) => candidate.name === name);
    if (log !== undefined) yield* writeLog(log, line, this.#hardware.now());
  }

  timer(event: string, arg: number): void {
    if (event === TIMERS.queues) this.#startJob('gsp', this.#start());
    else if (event === TIMERS.initialise) this.#startJob('gsp', this.#initDone());
    else if (event === TIMERS.retry) this.#serve();
    else if (event.startsWith(PLUGIN_TIMER) && this.#state.phase === 'running') {
      taskReady(this.#hardware, this.#state.vgpu, this.#release().plugin, arg);
    }
  }

  vfDoorbell(value: number): void {
    if (this.#state.phase === 'running') taskDoorbell(this.#hardware, this.#state.vgpu, this.#release().plugin, value);
  }

  engineReset(engine: EngineName): void {
    this.#generation[engine]++;
    if (engine !== 'gsp') return;
    this.#disarmAll();
    this.#serving = false;
    this.#again = false;
    this.#state = initialState();
  }

  deviceReset(): void {
    this.engineReset('sec2');
    this.engineReset('gsp');
  }

  snapshot(): unknown {
    return copyPlain(this.#state);
  }

  restore(state: unknown): void {
    this.#generation.gsp++;
    this.#generation.sec2++;
    this.#serving = false;
    this.#again = false;
    this.#state = copyPlain(state) as GspRmState;
  }

  #release(): Release {
    return RELEASES.find(({ version }) => version === this.#state.image?.release) ?? RELEASES[0]!;
  }

  /** The core stops; what it knew is gone. */
  #halt(): void {
    this.#disarmAll();
    const { image } = this.#state;
    this.#state = { ...initialState(), image, phase: 'halted' };
    this.#hardware.setRiscv('gsp', { active: false, halted: true });
  }

  #disarmAll(): void {
    for (const event of Object.values(TIMERS)) this.#hardware.disarm(event);
    for (const gfid of this.#state.vgpu.tasks.keys()) this.#hardware.disarm(`${PLUGIN_TIMER}${gfid}`);
  }

  #startJob(engine: EngineName, job: MemoryJob, done: () => void = () => {}): void {
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

function initialState(): GspRmState {
  return {
    phase: 'off', image: undefined, libosArguments: 0, gpuInstance: 0, rpc: undefined, refused: false,
    systemInfo: undefined, registry: undefined, logs: [], resources: emptyResources(RELEASES[0]!.internalClasses), vgpu: emptyVgpu(),
  };
}
