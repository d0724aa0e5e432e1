import { GspRpcError, openFirmwareEnd, receiveRequest, type FirmwareEndState, type MessageTap, type RpcRequest } from '@nova-stack/gsp-rpc';
import type { ChannelFault, FirmwareHardware, MemoryJob } from '@nova-stack/hw-model/port';
import { isAbsent } from './absent.ts';
import { bindBars, savedBars } from './bar-directories.ts';
import { runFmc } from './fmc.ts';
import type { TrustedFmc } from './fsp/chain-of-trust.ts';
import type { FirmwareEvent } from './events.ts';
import type { ServeContext } from './handlers/handler.ts';
import { faultEvents } from './host-channels.ts';
import { writeLog, type LogLine } from './log.ts';
import { notify, type Occurrence } from './notify.ts';
import type { KnownFiles } from './place-firmware.ts';
import { deliver, eventMessage, queue, replyWaits } from './outbound.ts';
import { provokedEvent } from './provoked.ts';
import type { Release, RmArguments } from './release.ts';
import { findRelease } from './releases.ts';
import { serve, type UnloadRequest } from './rpc-server.ts';
import { BOOT_SEQUENCE, SEQUENCED_ARCHITECTURES } from './sequencer.ts';
import { initialState, type GspRmState, type LoadedImage } from './state.ts';
import { loadState, saveState } from './suspended-state.ts';
import { TIMING } from './timing.ts';
import { crashTask, PLUGIN_TIMER, taskDoorbell, taskTimer } from './vgpu/plugin.ts';

/** GSP mailbox 0 after an orderly unload; nouveau wants exactly this value. */
const UNLOADED = 0x80000000;
/** GSP mailbox 0 after a crash: this model's own value, in which no driver sees the end of an unload. */
export const CRASHED = 0x0000dead;
/** Interrupts of the GSP's falcon: a message, a halted core. */
const SWGEN0 = 0x40;
const HALT = 0x10;
const LIBOS_PAGE = 0x1000;
/** Word of a queue's header that its owner writes last. */
const ENTRY_OFFSET = 0x1c;
const TIMERS = { fmc: 'fmc', queues: 'queues', initialise: 'initialise', retry: 'retry' } as const;

/** Starts a job that ends when the GSP is reset. */
export type StartJob = (job: MemoryJob, done?: () => void) => void;

/** GSP-RM on the RISC-V core: comes up, serves the queues, stops. */
export class GspCore {
  readonly #hardware: FirmwareHardware;
  readonly #start: StartJob;
  readonly #tap: MessageTap | undefined;
  readonly #known: KnownFiles;
  #state: GspRmState = initialState();
  /** A job serves the queues; whatever comes meanwhile makes it go round again. */
  #serving: boolean = false;
  #again: boolean = false;

  constructor(hardware: FirmwareHardware, start: StartJob, known: KnownFiles, tap?: MessageTap) {
    this.#hardware = hardware;
    this.#start = start;
    this.#known = known;
    this.#tap = tap;
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

  /** The FSP starts the GSP-FMC: the CPU is kept away from the GSP until that has seen to it. */
  trust(fmc: TrustedFmc): void {
    const hardware = this.#hardware;
    this.#disarmAll();
    this.state = { ...initialState(), fmc, phase: 'trusted' };
    hardware.setLockdown('masked');
    // What stands there while the GSP-FMC has not read it is no error of its own.
    hardware.setMailbox('gsp', 0, fmc.bootParams % 0x1_0000_0000);
    hardware.setMailbox('gsp', 1, Math.floor(fmc.bootParams / 0x1_0000_0000));
    hardware.arm({ at: hardware.now() + TIMING.fmc, event: TIMERS.fmc, arg: 0 });
  }

  /** The GSP-FMC has come so far that registers can be seen, then through. */
  *#runFmc(fmc: TrustedFmc): MemoryJob {
    const hardware = this.#hardware;
    const verdict = yield* runFmc(hardware, fmc, this.#known);
    hardware.setLockdown('locked');
    if ('error' in verdict) {
      hardware.trace('gsp-rm.fmc.refused', { error: verdict.error, reason: verdict.reason });
      this.#halt();
      hardware.setMailbox('gsp', 1, 0);
      hardware.setMailbox('gsp', 0, verdict.error);
      return;
    }
    // In this order: drivers take a lock that is gone with something in the mailbox for a failure.
    for (const index of [0, 1] as const) hardware.setMailbox('gsp', index, 0);
    hardware.setLockdown('released');
    this.power(verdict.image, verdict.resuming, verdict.libosArguments);
  }

  /** RISC-V leaves reset with the image that lies in WPR2. */
  power(image: LoadedImage, resuming: boolean, libosArguments: number): void {
    const hardware = this.#hardware;
    this.state = { ...initialState(), image, resuming };
    if (hardware.fault('gsp-rm.riscv.start') !== undefined) return;
    this.#state.phase = 'starting';
    this.#state.libosArguments = libosArguments;
    hardware.setRiscv('gsp', { active: true, halted: false });
    hardware.trace('gsp-rm.riscv.started', { version: image.release });
    hardware.arm({ at: hardware.now() + TIMING.queues, event: TIMERS.queues, arg: 0 });
  }

  /** Whatever ran is gone. */
  reset(): void {
    this.#disarmAll();
    for (const channel of this.#state.display.channels) this.#hardware.display?.close(channel);
    this.#hardware.host.reset();
    this.state = initialState();
  }

  timer(event: string, arg: number): void {
    const { phase, resuming, fmc } = this.#state;
    if (event === TIMERS.fmc && phase === 'trusted' && fmc) this.#start(this.#runFmc(fmc));
    else if (event === TIMERS.queues && phase === 'starting') this.#start(resuming ? this.#resume() : this.#comeUp());
    else if (event === TIMERS.initialise && phase === 'initialising') this.#start(this.#initDone());
    else if (event === TIMERS.retry) this.serve();
    else if (event.startsWith(PLUGIN_TIMER)) this.#withPlugin((abi) => { taskTimer(this.#hardware, this.#state.vgpu, abi, arg); });
  }

  vfDoorbell(value: number): void {
    this.#withPlugin((abi) => {
      const event = taskDoorbell(this.#hardware, this.#state.vgpu, abi, value);
      if (event !== undefined) this.raise(event);
    });
  }

  /** Looks at the queues. */
  serve(): void {
    if (this.#state.rpc === undefined || this.#state.phase === 'hung') return;
    if (this.#serving) {
      this.#again = true;
      return;
    }
    this.#serving = true;
    this.#start(this.#serveAll(), () => {
      this.#serving = false;
    });
  }

  /** Sends an event. @returns false while the queues are down, and where the release has no such event */
  raise(event: FirmwareEvent): boolean {
    const { rpc, phase } = this.#state;
    if (rpc === undefined || phase === 'hung') return false;
    const sent = this.#emit(event);
    this.serve();
    return sent;
  }

  /** A channel was stopped for what it did: the driver is to hear of it. */
  channelFault(fault: ChannelFault): void {
    for (const event of this.#state.phase === 'running' ? faultEvents(this.#hardware, this.#state, fault) : []) this.#emit(event);
    this.serve();
  }

  /** Tells whoever waits for it. @returns how many event objects were told */
  notify(occurrence: Occurrence): number {
    const told = this.#state.phase === 'running' ? notify(this.#context(), occurrence) : 0;
    this.serve();
    return told;
  }

  /** The plugin task of a GFID dies. @returns false where none runs */
  crashPlugin(gfid: number): boolean {
    const event = this.#state.phase === 'running' ? crashTask(this.#hardware, this.#state.vgpu, gfid) : undefined;
    return event !== undefined && this.raise(event);
  }

  /** Stops doing anything, with the core still running. */
  hang(): void {
    if (!this.running) return;
    this.#disarmAll();
    this.#state.phase = 'hung';
    this.#hardware.trace('gsp-rm.hung');
  }

  /** Dies as firmware dies: no message, a halted core, a mark in mailbox and logs. */
  crash(): void {
    if (this.running) this.#start(this.#crash());
  }

  *#crash(): MemoryJob {
    const hardware = this.#hardware;
    yield* this.#log('LOGINIT', 'GSP-RM crashed');
    yield* this.#log('LOGRM', 'GSP-RM crashed');
    this.#halt();
    hardware.setMailbox('gsp', 0, CRASHED);
    hardware.raiseFalconInterrupt('gsp', HALT);
    hardware.trace('gsp-rm.crashed');
  }

  /** GSP-RM's first steps: arguments, log buffers, queues; then whatever lies in the command queue. */
  *#comeUp(): MemoryJob {
    const state = this.#state;
    const release = this.#release();
    const page = new Uint8Array(LIBOS_PAGE);
    if (!(yield { op: 'read', address: state.libosArguments, into: page })) {
      this.#fail('libos arguments unreachable');
      return;
    }
    const regions = release.decodeLibosArguments(page);
    const rmArgs = regions.find(({ name }) => name === 'RMARGS');
    if (rmArgs === undefined || !rmArgs.usable || rmArgs.size < release.rmArguments.size) {
      this.#fail('no usable RMARGS region');
      return;
    }
    state.rmArguments = rmArgs.address;
    state.logs = regions.filter(({ name, usable }) => usable && name.startsWith('LOG')).map(({ name, address, size }) => ({ name, address, size, written: 0 }));
    const args = yield* this.#readArguments(rmArgs.address);
    if (args === undefined) return;
    if (args.resume) {
      this.#fail('there is nothing to resume');
      return;
    }
    state.gpuInstance = args.gpuInstance;
    state.rpc = yield* this.#openQueues(args);
    if (state.rpc === undefined) return;
    state.phase = 'configuring';
    yield* this.#log('LOGINIT', 'GSP-RM started');
    this.#hardware.trace('gsp-rm.queues.up', { address: args.sharedMemPhysAddr });
    // Commands may have been queued before the core ran: look, do not wait for a doorbell.
    this.serve();
  }

  /** Takes up what was saved. Only the RM arguments are read again: the libos arguments may be gone since the first boot. */
  *#resume(): MemoryJob {
    const { image } = this.#state;
    const saved = loadState(this.#hardware, image!);
    if (saved === undefined) {
      this.#fail('the saved memory holds no suspended firmware');
      return;
    }
    if (saved.image?.release !== image!.release) {
      this.#fail(`what was saved is ${String(saved.image?.release)}, booter is of ${image!.release}`);
      return;
    }
    const args = yield* this.#readArguments(saved.rmArguments);
    if (args === undefined) return;
    if (!args.resume) {
      this.#fail('the arguments do not ask for a resume');
      return;
    }
    const word = new Uint8Array(4);
    const { rpc } = saved;
    const page = rpc?.pages[Math.floor(rpc.statuses.offset / LIBOS_PAGE)];
    const kept = page !== undefined && (yield { op: 'read', address: page + ENTRY_OFFSET, into: word }) && word.some((byte) => byte !== 0);
    this.state = { ...saved, image, phase: 'initialising', resuming: false };
    // A driver goes on with its queues where it left them, or lays out new ones.
    if (!kept) this.#state.rpc = yield* this.#openQueues(args);
    if (this.#state.rpc === undefined) return;
    for (const { gfid, phase } of saved.vgpu.tasks.values()) {
      if (phase === 'booting') this.#hardware.arm({ at: this.#hardware.now() + TIMING.plugin, event: `${PLUGIN_TIMER}${gfid}`, arg: gfid });
    }
    yield* this.#log('LOGRM', 'GSP-RM resumed');
    this.#hardware.trace('gsp-rm.resumed');
    this.#announce();
    this.serve();
  }

  *#readArguments(address: number): MemoryJob<RmArguments | undefined> {
    const { rmArguments } = this.#release();
    const bytes = new Uint8Array(rmArguments.size);
    if (yield { op: 'read', address, into: bytes }) return rmArguments.decode(bytes);
    this.#fail('RM arguments unreachable');
    return undefined;
  }

  *#openQueues(args: RmArguments): MemoryJob<FirmwareEndState | undefined> {
    try {
      return yield* openFirmwareEnd(args);
    } catch (error) {
      if (!(error instanceof GspRpcError)) throw error;
      this.#fail(error.message);
      return undefined;
    }
  }

  #fail(reason: string): void {
    this.#hardware.trace('gsp-rm.start.failed', { reason });
    this.#halt();
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
      const { rpc, phase } = this.#state;
      if (rpc === undefined || phase === 'halted' || phase === 'hung' || replyWaits(this.#state, release)) return;
      let request: RpcRequest | undefined;
      try {
        request = yield* receiveRequest(release.profile, rpc, this.#tap);
      } catch (error) {
        if (!(error instanceof GspRpcError)) throw error;
        hardware.trace('gsp-rm.rpc.rejected', { reason: error.message });
        return;
      }
      if (request === undefined) return;
      const fault = hardware.fault('gsp-rm.request');
      if (fault?.action === 'hang') {
        this.hang();
        return;
      }
      if (fault?.action === 'crash') {
        yield* this.#crash();
        return;
      }
      if (fault?.action === 'drop') continue;
      const context = this.#context();
      const provoked = hardware.fault('gsp-rm.provoke');
      const event = provoked === undefined ? undefined : provokedEvent(context, provoked.action, provoked.value);
      if (event !== undefined) context.emit(event);
      const served = serve(context, request);
      if (served.reply !== undefined) queue(hardware, this.#state, release, fault?.action === 'status' ? { ...served.reply, result: fault.value ?? 0xffff } : served.reply);
      this.#maybeInitialise();
      if (served.unload !== undefined) {
        yield* this.#unload(served.unload);
        return;
      }
    }
  }

  /** Says goodbye. With a suspend, what is known stays behind in the heap, for booter to save. */
  *#unload({ suspend, level }: UnloadRequest): MemoryJob {
    const hardware = this.#hardware;
    hardware.trace('gsp-rm.unloading', { level });
    yield* this.#log('LOGRM', suspend ? 'GSP-RM suspends' : 'GSP-RM unloads');
    yield* this.#flush();
    const { image } = this.#state;
    if (suspend && image !== undefined) this.#state.savedBars = savedBars(hardware, image);
    if (suspend) this.#state.savedChannels = hardware.host.save();
    if (suspend && !saveState(hardware, this.#state)) hardware.trace('gsp-rm.suspend.failed', { reason: 'the heap does not hold the state' });
    this.#halt();
    hardware.host.reset();
    // Where nobody else could, the GSP gives WPR2 up itself.
    const wpr2 = hardware.wpr2();
    if (hardware.fsp !== undefined && wpr2 !== undefined) {
      hardware.fillVram(wpr2.start, wpr2.end - wpr2.start, 0);
      hardware.clearWpr2();
    }
    hardware.setMailbox('gsp', 0, UNLOADED);
  }

  #context(): ServeContext {
    return { hardware: this.#hardware, state: this.#state, release: this.#release(), emit: (event) => void this.#emit(event) };
  }

  #emit(event: FirmwareEvent): boolean {
    const release = this.#release();
    const message = eventMessage(release, event);
    if (message !== undefined) queue(this.#hardware, this.#state, release, message);
    return message !== undefined;
  }

  *#flush(): MemoryJob {
    const hardware = this.#hardware;
    const { rpc, disturbance } = this.#state;
    if (rpc === undefined || rpc.outbox.length === 0) return;
    const records = yield* deliver(hardware, this.#state, this.#release(), this.#tap);
    if (records > 0) hardware.raiseFalconInterrupt('gsp', SWGEN0);
    hardware.disarm(TIMERS.retry);
    if (rpc.outbox.length > 0) hardware.arm({ at: Math.max(hardware.now() + TIMING.retry, disturbance.holdUntil), event: TIMERS.retry, arg: 0 });
  }

  /** Both boot messages are there. */
  #maybeInitialise(): void {
    const state = this.#state;
    if (state.phase !== 'configuring' || state.refused || state.systemInfo === undefined || state.registry === undefined) return;
    state.phase = 'initialising';
    this.#announce();
  }

  /** The sequencer event goes out, INIT_DONE takes its time. */
  #announce(): void {
    const hardware = this.#hardware;
    const release = this.#release();
    const { sequencer } = release.events.numbers;
    if (sequencer !== undefined && SEQUENCED_ARCHITECTURES.includes(hardware.facts.architecture)) {
      queue(hardware, this.#state, release, { function: sequencer, result: 0, sequence: 0, payload: release.encodeSequencer(BOOT_SEQUENCE) });
    }
    hardware.arm({ at: hardware.now() + TIMING.initialise, event: TIMERS.initialise, arg: 0 });
  }

  *#initDone(): MemoryJob {
    const state = this.#state;
    const release = this.#release();
    const fault = this.#hardware.fault('gsp-rm.initDone');
    if (fault?.action === 'drop') return;
    const result = fault === undefined ? 0 : fault.value ?? 0xffff;
    if (result === 0) {
      state.phase = 'running';
      // First, for the log may lie behind BAR1, which shows the driver's memory no longer once it is bound.
      yield* this.#log('LOGRM', 'GSP-RM initialised');
      bindBars(this.#hardware, state.image!, state.savedBars);
      state.savedBars = undefined;
      if (state.savedChannels !== undefined) this.#hardware.host.load(state.savedChannels);
      state.savedChannels = undefined;
      this.#hardware.trace('gsp-rm.init.done');
    }
    queue(this.#hardware, state, release, { function: release.events.numbers.initDone!, result, sequence: 0, payload: new Uint8Array(0) });
    this.serve();
  }

  *#log(name: string, line: LogLine): MemoryJob {
    const log = this.#state.logs.find((candidate) => candidate.name === name);
    if (log !== undefined) yield* writeLog(log, line, this.#hardware.now());
  }

  /** The release that booter found in the image; it starts no other. */
  #release(): Release {
    const release = findRelease(this.#state.image?.release);
    if (release === undefined) throw new Error(`firmware ${String(this.#state.image?.release)} runs but is not modelled`);
    return release;
  }

  #withPlugin(act: (abi: Exclude<Release['plugin'], { readonly absent: string }>) => void): void {
    if (this.#state.phase !== 'running') return;
    const { plugin } = this.#release();
    if (!isAbsent(plugin)) act(plugin);
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
}
