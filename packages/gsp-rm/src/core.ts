import {
  flush, GspRpcError, openFirmwareEnd, queueMessage, receiveRequest, type RpcMessage, type RpcRequest,
} from '@nova-stack/gsp-rpc';
import type { FirmwareHardware, MemoryJob } from '@nova-stack/hw-model/port';
import { writeLog, type LogLine } from './log.ts';
import type { Release } from './release.ts';
import { serve } from './rpc-server.ts';
import { BOOT_SEQUENCE, SEQUENCED_ARCHITECTURES } from './sequencer.ts';
import { initialState, type GspRmState, type LoadedImage } from './state.ts';
import { PAGE_DIRECTORIES, pageDirectories } from './static-info.ts';
import { TIMING } from './timing.ts';
import { PLUGIN_TIMER, taskDoorbell, taskReady } from './vgpu/plugin.ts';

/** GSP mailbox 0 after an orderly unload; nouveau wants exactly this value. */
const UNLOADED = 0x80000000;
const SWGEN0 = 0x40;
const LIBOS_PAGE = 0x1000;
/** Messages that may wait for room in the status ring; further ones are lost. */
const OUTBOX_LIMIT = 256;
const TIMERS = { queues: 'queues', initialise: 'initialise', retry: 'retry' } as const;

/** Starts a job that ends when the GSP is reset. */
export type StartJob = (job: MemoryJob, done?: () => void) => void;

/** GSP-RM on the RISC-V core: comes up, serves the queues, stops. */
export class GspCore {
  readonly #hardware: FirmwareHardware;
  readonly #releases: readonly Release[];
  readonly #start: StartJob;
  #state: GspRmState;
  /** A job serves the queues; whatever comes meanwhile makes it go round again. */
  #serving: boolean = false;
  #again: boolean = false;

  constructor(hardware: FirmwareHardware, releases: readonly Release[], start: StartJob) {
    this.#hardware = hardware;
    this.#releases = releases;
    this.#start = start;
    this.#state = this.#fresh();
  }

  get state(): GspRmState {
    return this.#state;
  }

  set state(state: GspRmState) {
    this.#serving = false;
    this.#again = false;
    this.#state = state;
  }

  get running(): boolean {
    return this.#state.phase !== 'off' && this.#state.phase !== 'halted';
  }

  /** RISC-V leaves reset with the image that booter put into WPR2. */
  power(image: LoadedImage): void {
    const hardware = this.#hardware;
    this.state = { ...this.#fresh(), image };
    if (hardware.fault('gsp-rm.riscv.start') !== undefined) return;
    this.#state.phase = 'starting';
    // The driver may free the argument page once the firmware is up: the address is taken now.
    this.#state.libosArguments = hardware.mailbox('gsp', 0) + hardware.mailbox('gsp', 1) * 0x1_0000_0000;
    hardware.setRiscv('gsp', { active: true, halted: false });
    hardware.trace('gsp-rm.riscv.started', { version: image.release });
    hardware.arm({ at: hardware.now() + TIMING.queues, event: TIMERS.queues, arg: 0 });
  }

  /** Whatever ran is gone. */
  reset(): void {
    this.#disarmAll();
    this.state = this.#fresh();
  }

  timer(event: string, arg: number): void {
    if (event === TIMERS.queues) this.#start(this.#comeUp());
    else if (event === TIMERS.initialise) this.#start(this.#initDone());
    else if (event === TIMERS.retry) this.serve();
    else if (event.startsWith(PLUGIN_TIMER) && this.#state.phase === 'running') {
      taskReady(this.#hardware, this.#state.vgpu, this.#release().plugin, arg);
    }
  }

  vfDoorbell(value: number): void {
    if (this.#state.phase === 'running') taskDoorbell(this.#hardware, this.#state.vgpu, this.#release().plugin, value);
  }

  /** Looks at the queues. */
  serve(): void {
    if (this.#state.rpc === undefined) return;
    if (this.#serving) {
      this.#again = true;
      return;
    }
    this.#serving = true;
    this.#start(this.#serveAll(), () => {
      this.#serving = false;
    });
  }

  /** GSP-RM's first steps: arguments, log buffers, queues; then whatever lies in the command queue. */
  *#comeUp(): MemoryJob {
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
    this.serve();
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
    hardware.disarm(TIMERS.retry);
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
    this.serve();
  }

  *#log(name: string, line: LogLine): MemoryJob {
    const log = this.#state.logs.find((candidate) => candidate.name === name);
    if (log !== undefined) yield* writeLog(log, line, this.#hardware.now());
  }

  #release(): Release {
    return this.#releases.find(({ version }) => version === this.#state.image?.release) ?? this.#releases[0]!;
  }

  /** The core stops; what it knew is gone. */
  #halt(): void {
    this.#disarmAll();
    const { image } = this.#state;
    this.#state = { ...this.#fresh(), image, phase: 'halted' };
    this.#hardware.setRiscv('gsp', { active: false, halted: true });
  }

  #disarmAll(): void {
    for (const event of Object.values(TIMERS)) this.#hardware.disarm(event);
    for (const gfid of this.#state.vgpu.tasks.keys()) this.#hardware.disarm(`${PLUGIN_TIMER}${gfid}`);
  }

  #fresh(): GspRmState {
    return initialState(this.#releases[0]!.internalClasses);
  }
}
