import {
  at, BAR0_WINDOWS, barBlockAddress, CHIPS, get, NV_PGSP_QUEUE_HEAD, NV_VIRTUAL_FUNCTION_DOORBELL, NV_VIRTUAL_FUNCTION_PRIV_DOORBELL, NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE,
  NV_XVE_MSI_REARM, PRI_DECODE_ERROR, type BarBlock, type Family,
} from '@nova-stack/gpu-regs';
import type { AccessSize, BarSpec, ConfigSpace, DeviceHost, PciFunction, ResetKind } from '@nova-stack/pci';
import { copyPlain, TimerQueue } from '@nova-stack/timebase';
import type { Trace } from '@nova-stack/trace';

import type { Board } from './boards.ts';
import { declareColdRegisters } from './cold-registers.ts';
import { BAR, physicalBars, physicalConfig } from './config-space.ts';
import { Display } from './display/display.ts';
import { coldDisplay } from './display/state.ts';
import { HwModelError } from './errors.ts';
import { Falcon } from './falcon/falcon.ts';
import { firmwareHardware } from './firmware-hardware.ts';
import { Fsp } from './fsp/fsp.ts';
import { coldFsp } from './fsp/state.ts';
import type { GpuState } from './gpu-state.ts';
import { Host } from './host/host.ts';
import { InterruptTree } from './interrupt-tree.ts';
import type { ChipFacts, EngineName, Firmware, FirmwarePort, MemoryJob } from './port.ts';
import { BarSpace } from './mmu/bar-space.ts';
import { TABLE_FORMATS } from './mmu/format.ts';
import type { Translation, WalkFault } from './mmu/walk.ts';
import { Ptimer } from './ptimer.ts';
import { RegisterFile, type Window } from './register-file.ts';
import { romOf } from './vbios/board-rom.ts';
import { VirtualFunctions } from './virtual-function.ts';
import { Vram } from './vram.ts';
import { configWindow, promWindow, vramWindow } from './windows.ts';
import { Wpr2 } from './wpr2.ts';

/** A modelled GPU: a PCI function, and what only a model offers. */
export interface Gpu extends PciFunction {
  readonly facts: ChipFacts;
  /**
   * All state, as plain data that shares nothing with the GPU.
   *
   * @throws {@link HwModelError} `BUSY` while memory requests of the GPU are under way.
   */
  snapshot(): GpuState;
  /** Goes on from a state that {@link snapshot} gave. @throws {@link HwModelError} `BAD_STATE` for one of another board. */
  restore(state: GpuState): void;
  /** VRAM without a trace of the look. @throws RangeError outside VRAM. */
  peekVram(address: number, length: number): Uint8Array;
  /** Host memory that VRAM takes, in bytes. */
  residentVram(): number;
}

/** Where an earlier owner left WPR2 when the fault plan says so, unless it says up to where. */
const LEFT_WPR2 = { start: 0x100_0000, end: 0x200_0000 } as const;
const WINDOW_UNIT = 0x1_0000;
/** Timers of host channels. */
const HOST_TIMERS = 'host';

/** The GPU put together from its units. */
export class ModelledGpu implements Gpu {
  readonly config: ConfigSpace;
  readonly bars: readonly BarSpec[];
  readonly facts: ChipFacts;
  readonly #board: Board;
  readonly #family: Family;
  readonly #trace: Trace;
  readonly #registers: RegisterFile;
  readonly #vram: Vram;
  readonly #wpr2: Wpr2;
  readonly #falcons: Readonly<Record<EngineName, Falcon>>;
  readonly #display: Display | undefined;
  readonly #fsp: Fsp | undefined;
  readonly #channels: Host;
  readonly #interrupts: InterruptTree;
  readonly #ptimer: Ptimer;
  readonly #bar1: Required<Window>;
  readonly #bar2: Required<Window>;
  readonly #firmware: FirmwarePort;
  readonly #virtual: VirtualFunctions;
  readonly #spaces: BarSpace[] = [];
  #timers = new TimerQueue();
  #host: DeviceHost | undefined;
  /** Jobs that have not come to their end. */
  #jobs = 0;

  /** Use `createGpu`. */
  constructor(board: Board, facts: ChipFacts, firmware: Firmware, trace: Trace) {
    const { family } = CHIPS[board.chip];
    this.#board = board;
    this.#family = family;
    this.#trace = trace;
    this.facts = facts;
    this.bars = physicalBars(board);
    this.config = physicalConfig(board, this.bars);
    this.#vram = new Vram(board.vramSize);
    this.#registers = new RegisterFile((address, value) => this.#unknown(address, value));
    this.#wpr2 = new Wpr2(this.#registers, board.vramSize);
    const stuck = family.bootChain === 'fsp' ? 'hw-model.fsp.boot' : 'hw-model.gfw';
    declareColdRegisters(this.#registers, board, () => trace.fault(stuck) !== undefined);
    this.#falcons = { gsp: this.#falcon('gsp'), sec2: this.#falcon('sec2') };
    this.#display = this.#displayOf(facts);
    this.#fsp = this.#fspOf(family);
    this.#interrupts = new InterruptTree(this.#registers, {
      leaves: family.interruptLeaves, rearm: family.msiRearm ? family.configMirror.start + NV_XVE_MSI_REARM.address : undefined, send: () => { this.#host?.interrupt(0); },
      fault: (point) => trace.fault(point) !== undefined,
      line: (high) => { this.#host?.line(high); },
    });
    this.#ptimer = new Ptimer(this.#registers, () => this.#now());
    this.#channels = this.#hostChannels();
    this.#bar1 = this.#barView('BAR1', family.barBlocks[0]);
    this.#bar2 = this.#barView('BAR2', family.barBlocks[1]);
    this.#virtual = new VirtualFunctions({
      board, registers: this.#registers, vram: this.#vram, isProtected: (address, length) => this.#wpr2.overlaps(address, length),
      refused: (window, why, offset) => { trace.event('hw-model.window.refused', { window, offset, why }); },
    });
    this.#declareWindows();
    this.#declareDoorbells();
    this.#firmware = firmware(firmwareHardware({
      facts, trace, registers: this.#registers, vram: this.#vram, wpr2: this.#wpr2, falcons: this.#falcons, display: this.#display, host: this.#channels, fsp: this.#fsp, virtual: this.#virtual,
      now: () => this.#now(), start: (job) => { this.#start(job); }, invalidateTlb: () => { this.#invalidate(); }, timers: () => this.#timers,
    }));
    this.#powerOnFaults();
  }

  plug(host: DeviceHost): void {
    this.#host = host;
  }

  read(bar: number, offset: number, size: AccessSize): number {
    return bar === BAR.registers ? this.#registers.read(offset, size) : this.#memoryBar(bar).read(offset, size);
  }

  write(bar: number, offset: number, size: AccessSize, value: number): void {
    if (bar === BAR.registers) this.#registers.write(offset, size, value);
    else this.#memoryBar(bar).write(offset, size, value);
  }

  readBlock(bar: number, offset: number, into: Uint8Array): void {
    if (bar === BAR.registers) this.#registers.readBlock(offset, into);
    else this.#memoryBar(bar).readBlock(offset, into);
  }

  writeBlock(bar: number, offset: number, from: Uint8Array): void {
    if (bar === BAR.registers) this.#registers.writeBlock(offset, from);
    else this.#memoryBar(bar).writeBlock(offset, from);
  }

  reset(kind: ResetKind): void {
    this.#trace.event('hw-model.reset', { kind });
    this.#registers.cold();
    this.#invalidate();
    for (const falcon of Object.values(this.#falcons)) falcon.cold();
    this.#display?.cold();
    this.#channels.cold();
    this.#virtual.cold();
    this.#fsp?.cold();
    this.#interrupts.cold();
    this.#ptimer.cold();
    this.#timers = new TimerQueue();
    // A reset of the function leaves VRAM alone; only power takes it.
    if (kind === 'power-on') this.#vram.clear();
    this.#firmware.deviceReset();
    this.#powerOnFaults();
  }

  nextDue(): number | undefined {
    return this.#timers.nextDue();
  }

  runDue(now: number): void {
    // A timer that resets the device leaves another queue behind.
    for (let timer = this.#timers.take(now); timer; timer = this.#timers.take(now)) {
      if (timer.unit === HOST_TIMERS) this.#channels.wake();
      else this.#firmware.timer(timer.event, timer.arg);
    }
  }

  virtualFunctions(): readonly PciFunction[] {
    return this.#virtual.list(this.config.sriov?.enabledVfs ?? 0);
  }

  snapshot(): GpuState {
    if (this.#jobs > 0) throw new HwModelError('BUSY', `Cannot take a snapshot: ${this.#jobs} jobs wait for memory`);
    this.virtualFunctions();
    return {
      version: 1,
      board: this.#identity(),
      config: this.config.state(),
      virtual: this.#virtual.state,
      registers: this.#registers.state(),
      vram: this.#vram.state(),
      falcons: { gsp: copyPlain(this.#falcons.gsp.state), sec2: copyPlain(this.#falcons.sec2.state) },
      display: this.#display && copyPlain(this.#display.state),
      fsp: this.#fsp && copyPlain(this.#fsp.state),
      host: copyPlain(this.#channels.state),
      interrupts: copyPlain(this.#interrupts.state),
      ptimer: copyPlain(this.#ptimer.state),
      timers: copyPlain(this.#timers.records),
      firmware: copyPlain(this.#firmware.snapshot()),
    };
  }

  restore(state: GpuState): void {
    if (this.#jobs > 0) throw new HwModelError('BUSY', `Cannot restore: ${this.#jobs} jobs wait for memory`);
    // It may come from a file.
    const { version, board } = state as { readonly version: number; readonly board: string };
    if (version !== 1) throw new HwModelError('BAD_STATE', `State has version ${String(version)}: expected 1`);
    if (board !== this.#identity()) throw new HwModelError('BAD_STATE', `State is of ${board}: expected ${this.#identity()}`);
    this.config.restore(state.config);
    this.virtualFunctions();
    this.#virtual.restore(state.virtual);
    this.#registers.restore(state.registers);
    this.#vram.restore(state.vram);
    this.#invalidate();
    this.#falcons.gsp.restore(copyPlain(state.falcons.gsp));
    this.#falcons.sec2.restore(copyPlain(state.falcons.sec2));
    if (this.#display) this.#display.state = copyPlain(state.display ?? coldDisplay());
    if (this.#fsp) this.#fsp.state = copyPlain(state.fsp ?? coldFsp());
    this.#channels.restore(copyPlain(state.host));
    this.#interrupts.state = copyPlain(state.interrupts);
    this.#ptimer.state = copyPlain(state.ptimer);
    this.#timers = new TimerQueue([...copyPlain(state.timers)]);
    this.#firmware.restore(copyPlain(state.firmware));
  }

  peekVram(address: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.#vram.read(address, bytes);
    return bytes;
  }

  residentVram(): number {
    return this.#vram.resident;
  }

  #now(): number {
    return this.#host?.now() ?? 0;
  }

  #identity(): string {
    const { chip, pci, vramSize } = this.#board;
    return `${chip} ${pci.vendor.toString(16)}:${pci.device.toString(16)} ${vramSize / 2 ** 20} MiB`;
  }

  #start(job: MemoryJob): void {
    this.#jobs++;
    this.#host?.start(this.#counted(job));
  }

  *#counted(job: MemoryJob): MemoryJob {
    try {
      yield* job;
    } finally {
      this.#jobs--;
    }
  }

  #unknown(address: number, value?: number): number {
    if (this.#trace.on) {
      if (value === undefined) this.#trace.event('hw-model.register.unknown-read', { address });
      else this.#trace.event('hw-model.register.unknown-write', { address, value });
    }
    return (PRI_DECODE_ERROR << 8) >>> 0;
  }

  #memoryBar(bar: number): Required<Window> {
    return bar === BAR.framebuffer ? this.#bar1 : this.#bar2;
  }

  /** A BAR's view of VRAM: all of it, or what its page tables say. */
  #barView(name: string, block: BarBlock): Required<Window> {
    const bound = (): number => this.#registers.get(block.low);
    const space = new BarSpace(this.#family.gmmu, this.#vram, () => ({
      aperture: get(block.low, 'target', bound()) === 0 ? 'vram' : 'coherent',
      address: barBlockAddress(block, bound(), block.high ? this.#registers.get(block.high) : 0),
    }));
    this.#spaces.push(space);
    return this.#view(name, () => (get(block.low, 'mode', bound()) === 1 ? undefined : 0), (offset) => space.translate(offset));
  }

  /** A view of VRAM from `base`, or through `translate` while there is none. */
  #view(name: string, base: () => number | undefined, translate?: (offset: number) => Translation | WalkFault): Required<Window> {
    return vramWindow({
      vram: this.#vram,
      base,
      ...(translate && { translate }),
      isProtected: (address, length) => this.#wpr2.overlaps(address, length),
      refused: (why, offset) => { this.#trace.event('hw-model.window.refused', { window: name, offset, why }); },
    });
  }

  #displayOf({ displayDisabled, display }: ChipFacts): Display | undefined {
    if (displayDisabled || display === undefined) return undefined;
    const inside = (address: number, length: number): boolean => address + length <= this.#vram.size;
    return new Display(display, this.#family.displayNotifiers, this.#registers, {
      now: () => this.#now(),
      start: (job) => { this.#start(job); },
      readVram: (address, into) => {
        if (!inside(address, into.length)) return false;
        this.#vram.read(address, into);
        return true;
      },
      writeVram: (address, from) => {
        if (!inside(address, from.length) || this.#wpr2.overlaps(address, from.length)) return false;
        this.#vram.write(address, from);
        return true;
      },
      trace: (point, args) => { this.#trace.event(point, args); },
    });
  }

  #fspOf({ bootChain }: Family): Fsp | undefined {
    if (bootChain !== 'fsp') return undefined;
    return new Fsp(this.#registers, {
      message: (channel, bytes) => { this.#firmware.fspMessage?.(channel, bytes); },
      fault: (point) => this.#trace.fault(point) !== undefined,
      trace: (point, args) => { this.#trace.event(point, args); },
    });
  }

  #hostChannels(): Host {
    return new Host({
      vram: this.#vram,
      format: TABLE_FORMATS[this.#family.gmmu],
      isProtected: (address, length) => this.#wpr2.overlaps(address, length),
      now: () => this.#now(),
      start: (job) => { this.#start(job); },
      arm: (time) => { this.#timers.arm({ at: Math.ceil(time), unit: HOST_TIMERS, event: 'turn', arg: 0 }); },
      disarm: () => void this.#timers.disarm(HOST_TIMERS),
      interrupt: (vector) => { this.#interrupts.raise(vector); },
      fault: (fault) => { this.#firmware.channelFault?.(fault); },
      trace: (point, args) => { this.#trace.event(point, args); },
    });
  }

  #falcon(name: EngineName): Falcon {
    // Where there is an FSP, the GSP is its to start.
    const cold = name === 'gsp' && this.#family.bootChain === 'fsp' ? 'locked' : 'released';
    return new Falcon(name, this.#family.falcon, cold, this.#registers, {
      retriggers: this.#family.architecture !== 'turing',
      now: () => this.#now(),
      start: (job) => { this.#start(job); },
      readVram: (address, into) => {
        if (address + into.length > this.#vram.size) return false;
        this.#vram.read(address, into);
        return true;
      },
      started: (start) => { this.#firmware.falconStarted(start); },
      reset: (engine) => { this.#firmware.engineReset(engine); },
      interrupt: (engine) => { if (engine === 'gsp') this.#interrupts.raise(this.#board.vectors.gsp); },
      fault: (point) => this.#trace.fault(point) !== undefined,
      trace: (point, args) => { this.#trace.event(point, args); },
    });
  }

  #declareWindows(): void {
    const { prom, pramin } = BAR0_WINDOWS;
    const { configMirror, praminWindow } = this.#family;
    this.#registers.window(prom.start, prom.size, promWindow(romOf(this.#board)));
    this.#registers.window(pramin.start, pramin.size, this.#view('PRAMIN', () => {
      const value = this.#registers.get(praminWindow);
      // Later chips show VRAM and nothing else.
      return praminWindow.fields['target'] && get(praminWindow, 'target', value) !== 0 ? undefined : get(praminWindow, 'base', value) * WINDOW_UNIT;
    }));
    this.#registers.window(configMirror.start, configMirror.size, configWindow(this.config, () => {
      this.config.reset();
      this.reset('flr');
    }));
  }

  /** Every kept translation goes, whichever address space was named: more than asked for, as hardware may. */
  #invalidate(): void {
    for (const space of this.#spaces) space.invalidate();
    this.#channels.invalidate();
  }

  #declareDoorbells(): void {
    this.#registers.handle(NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE, { write: () => { this.#invalidate(); } });
    for (let i = 0; i < NV_PGSP_QUEUE_HEAD.count; i++) {
      this.#registers.handle(at(NV_PGSP_QUEUE_HEAD, i), { write: () => { this.#firmware.doorbell(i); } });
    }
    this.#registers.handle(NV_VIRTUAL_FUNCTION_DOORBELL, { write: (value) => { this.#channels.doorbell(value); } });
    this.#registers.handle(NV_VIRTUAL_FUNCTION_PRIV_DOORBELL, { write: (value) => { this.#firmware.vfDoorbell(value); } });
  }

  #powerOnFaults(): void {
    const left = this.#trace.fault('hw-model.wpr2');
    if (left) this.#wpr2.set({ start: LEFT_WPR2.start, end: left.value ?? LEFT_WPR2.end });
  }
}
