import {
  createConfigSpace, msi, pcie, pm, sriov, type AccessSize, type BarSpec, type ConfigSpace, type DeviceHost, type PciFunction, type ResetKind,
} from '@nova-stack/pci';
import { createRandom, TimerQueue, type TimerRecord } from '@nova-stack/timebase';
import { noTrace, type Trace } from '@nova-stack/trace';

import type { Board } from './boards.ts';
import { COLD, declareColdRegisters } from './cold-registers.ts';
import { Falcon, type FalconState } from './falcon.ts';
import { InterruptTree, type InterruptState } from './interrupt-tree.ts';
import { copyPlain } from './plain-state.ts';
import type { ChipFacts, EngineName, Firmware, FirmwareHardware, FirmwarePort } from './port.ts';
import { BAR0_SIZE, RegisterFile, type RegisterState } from './register-file.ts';
import { TimerUnit, type TimerState } from './timer-unit.ts';
import { vbiosRom } from './vbios/rom.ts';
import { emptyVirtualFunction, VF_BARS } from './virtual-function.ts';
import { Vram, type VramState } from './vram.ts';
import { CONFIG_MIRROR, PRAMIN, PROM, promWindow, vramWindow } from './windows.ts';

export interface GpuOptions {
  readonly board: Board;
  /** What runs on the GPU's processors. */
  readonly firmware: Firmware;
  readonly trace?: Trace;
  /** Seed of what differs from card to card (the UUID); default 1. */
  readonly seed?: number;
}

/** Everything that a GPU remembers, as plain data. */
export interface GpuState {
  readonly config: Uint8Array;
  readonly registers: RegisterState;
  readonly vram: VramState;
  readonly falcons: Readonly<Record<EngineName, FalconState>>;
  readonly interrupts: InterruptState;
  readonly timer: TimerState;
  readonly timers: readonly TimerRecord[];
  readonly firmware: unknown;
}

/** A modelled GPU: a PCI function, and what only a model offers. */
export interface Gpu extends PciFunction {
  readonly facts: ChipFacts;
  /** All state. Take it only while no DMA job is running. */
  snapshot(): GpuState;
  /** Goes on from a state that {@link snapshot} gave, of a GPU with the same board. */
  restore(state: GpuState): void;
  /** VRAM without a trace of the look. @throws RangeError outside VRAM. */
  peekVram(address: number, length: number): Uint8Array;
  /** Host memory that VRAM takes, in bytes. */
  residentVram(): number;
}

const FALCON_BASES = { gsp: 0x110000, sec2: 0x840000 } as const;
const QUEUE_HEADS = { start: 0x110c00, count: 8, stride: 8 } as const;
const VF_DOORBELL = 0xb82200;
/** How the priv ring answers for registers that nobody has; open-gpu-kernel-modules 570.144: src/common/inc/swref/published/turing/tu102/dev_pri_ring.h */
const BAD_ACCESS = 0xbadf5040;

/** Builds a GPU. It is cold: nothing has run on it but the board's own boot firmware. */
export function createGpu(options: GpuOptions): Gpu {
  return new ModelledGpu(options);
}

class ModelledGpu implements Gpu {
  readonly config: ConfigSpace;
  readonly bars: readonly BarSpec[];
  readonly facts: ChipFacts;
  readonly #board: Board;
  readonly #trace: Trace;
  readonly #registers: RegisterFile;
  readonly #vram: Vram;
  readonly #falcons: Readonly<Record<EngineName, Falcon>>;
  readonly #interrupts: InterruptTree;
  readonly #timer: TimerUnit;
  #timers = new TimerQueue();
  readonly #bar1: ReturnType<typeof vramWindow>;
  readonly #firmware: FirmwarePort;
  readonly #vfs: PciFunction[] = [];
  #host: DeviceHost | undefined;

  constructor({ board, firmware, trace = noTrace, seed = 1 }: GpuOptions) {
    this.#board = board;
    this.#trace = trace;
    this.facts = factsOf(board, seed);
    this.bars = [
      { index: 0, kind: 'mem32', prefetchable: false, size: BAR0_SIZE },
      { index: 1, kind: 'mem64', prefetchable: true, size: board.bar1Size },
      { index: 3, kind: 'mem64', prefetchable: true, size: 0x2000000 },
    ];
    this.config = configOf(board, this.bars);
    this.#vram = new Vram(board.vramSize);
    this.#registers = new RegisterFile((address, value) => this.#unknown(address, value));
    declareColdRegisters(this.#registers, board);
    this.#registers.handle(COLD.gfwBoot, { read: () => (this.#trace.fault('hw-model.gfw') ? 0x0f : this.#registers.get(COLD.gfwBoot)) });
    this.#falcons = { gsp: this.#falcon('gsp'), sec2: this.#falcon('sec2') };
    this.#interrupts = new InterruptTree(this.#registers, () => { this.#host?.interrupt(0); });
    this.#timer = new TimerUnit(this.#registers, () => this.#now());
    this.#declareWindows();
    this.#bar1 = vramWindow(this.#vram, () => 0, (address) => { trace.event('hw-model.window.outside', { window: 'BAR1', address }); });
    this.#firmware = firmware(this.#hardware());
    this.#powerOnFaults();
  }

  plug(host: DeviceHost): void {
    this.#host = host;
  }

  read(bar: number, offset: number, size: AccessSize): number {
    if (bar === 0) return this.#registers.read(offset, size);
    if (bar === 1 && this.#bar1Physical(offset)) return this.#bar1.read(offset, size);
    return size === 4 ? 0xffffffff : size === 2 ? 0xffff : 0xff;
  }

  write(bar: number, offset: number, size: AccessSize, value: number): void {
    if (bar === 0) this.#registers.write(offset, size, value);
    else if (bar === 1 && this.#bar1Physical(offset)) this.#bar1.write(offset, size, value);
  }

  readBlock(bar: number, offset: number, into: Uint8Array): void {
    if (bar === 0) this.#registers.readBlock(offset, into);
    else if (bar === 1 && this.#bar1Physical(offset)) this.#bar1.readBlock(offset, into);
    else into.fill(0xff);
  }

  writeBlock(bar: number, offset: number, from: Uint8Array): void {
    if (bar === 0) this.#registers.writeBlock(offset, from);
    else if (bar === 1 && this.#bar1Physical(offset)) this.#bar1.writeBlock(offset, from);
  }

  reset(kind: ResetKind): void {
    this.#trace.event('hw-model.reset', { kind });
    this.config.reset();
    this.#registers.reset();
    for (const falcon of Object.values(this.#falcons)) falcon.cold();
    this.#interrupts.cold();
    this.#timer.cold();
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
    for (let record = this.#timers.take(now); record; record = this.#timers.take(now)) this.#firmware.timer(record.event, record.arg);
  }

  virtualFunctions(): readonly PciFunction[] {
    const count = this.config.sriov?.enabledVfs ?? 0;
    while (this.#vfs.length < count) this.#vfs.push(emptyVirtualFunction(this.#board));
    this.#vfs.length = count;
    return this.#vfs;
  }

  snapshot(): GpuState {
    return {
      config: this.config.state(),
      registers: this.#registers.state(),
      vram: this.#vram.state(),
      falcons: { gsp: copyPlain(this.#falcons.gsp.state), sec2: copyPlain(this.#falcons.sec2.state) },
      interrupts: copyPlain(this.#interrupts.state),
      timer: copyPlain(this.#timer.state),
      timers: copyPlain(this.#timers.records),
      firmware: this.#firmware.snapshot(),
    };
  }

  restore(state: GpuState): void {
    this.config.restore(state.config);
    this.#registers.restore(state.registers);
    this.#vram.restore(state.vram);
    this.#falcons.gsp.state = copyPlain(state.falcons.gsp);
    this.#falcons.sec2.state = copyPlain(state.falcons.sec2);
    this.#interrupts.state = copyPlain(state.interrupts);
    this.#timer.state = copyPlain(state.timer);
    this.#timers = new TimerQueue([...copyPlain(state.timers)]);
    this.#firmware.restore(state.firmware);
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

  #unknown(address: number, value?: number): number {
    if (this.#trace.on) {
      if (value === undefined) this.#trace.event('hw-model.register.unknown-read', { address });
      else this.#trace.event('hw-model.register.unknown-write', { address, value });
    }
    return BAD_ACCESS;
  }

  /** BAR1 shows VRAM as it is until somebody binds page tables to it, which this model does not walk yet. */
  #bar1Physical(offset: number): boolean {
    if ((this.#registers.get(COLD.bar1Block) & 0x80000000) === 0) return true;
    this.#trace.event('hw-model.bar1.unmapped', { offset });
    return false;
  }

  #falcon(name: EngineName): Falcon {
    return new Falcon(name, FALCON_BASES[name], this.#registers, {
      start: (job) => { this.#host?.start(job); },
      readVram: (address, into) => {
        if (address < 0 || address + into.length > this.#vram.size) return false;
        this.#vram.read(address, into);
        return true;
      },
      started: (start) => { this.#firmware.falconStarted(start); },
      reset: (engine) => { this.#firmware.engineReset(engine); },
      interrupt: (engine, pending) => { if (pending && engine === 'gsp') this.#interrupts.raise(this.#board.vectors.gsp); },
      fault: (point) => this.#trace.fault(point) !== undefined,
      trace: (point, args) => { this.#trace.event(point, args); },
    });
  }

  #declareWindows(): void {
    const { config } = this;
    this.#registers.window(PROM.start, PROM.size, promWindow(vbiosRom({
      chip: this.#board.chip, vendor: this.#board.pci.vendor, device: this.#board.pci.device, classCode: this.#board.classCode,
      version: this.#board.vbiosVersion, fuseVersions: [this.#board.fuses.gspFwsec],
    })));
    // Window base in units of 64 KiB; target 0 is VRAM.
    this.#registers.window(PRAMIN.start, PRAMIN.size, vramWindow(
      this.#vram,
      () => (this.#registers.get(COLD.bar0Window) & 0xffffff) * 0x10000,
      (address) => { this.#trace.event('hw-model.window.outside', { window: 'PRAMIN', address }); },
    ));
    // The mirror shows the function's own configuration space; 0x704, behind it, re-arms the message interrupt.
    for (let offset = 0; offset < CONFIG_MIRROR.size; offset += 4) {
      if (offset === 0x704) continue;
      this.#registers.handle(CONFIG_MIRROR.start + offset, {
        read: () => config.read(offset, 4),
        write: (value) => void config.write(offset, 4, value),
      });
    }
    for (let i = 0; i < QUEUE_HEADS.count; i++) {
      this.#registers.handle(QUEUE_HEADS.start + QUEUE_HEADS.stride * i, { write: () => { this.#firmware.doorbell(i); } });
    }
    this.#registers.handle(VF_DOORBELL, { write: (value) => { this.#firmware.vfDoorbell(value); } });
  }

  #powerOnFaults(): void {
    const left = this.#trace.fault('hw-model.wpr2');
    if (left) this.#setWpr2(0x1000000, left.value ?? 0x2000000);
  }

  #setWpr2(start: number, end: number): void {
    // Bits 31:4 hold address bits 39:12.
    this.#registers.set(COLD.wpr2Low, (start / 0x1000) * 16);
    this.#registers.set(COLD.wpr2High, (end / 0x1000) * 16);
  }

  #hardware(): FirmwareHardware {
    const vram = this.#vram;
    const registers = this.#registers;
    const engine = (name: EngineName): Falcon => this.#falcons[name];
    return {
      facts: this.facts,
      now: () => this.#now(),
      start: (job) => { this.#host?.start(job); },
      arm: ({ at, event, arg }) => { this.#timers.arm({ at, unit: 'firmware', event, arg }); },
      disarm: (event) => void this.#timers.disarm('firmware', event),
      mailbox: (name, index) => engine(name).mailbox(index),
      setMailbox: (name, index, value) => { engine(name).setMailbox(index, value); },
      halt: (name) => { engine(name).halt(); },
      setRiscv: (name, state) => { engine(name).state.riscv = { ...state }; },
      raiseFalconInterrupt: (name, bits) => { engine(name).raise(bits); },
      setScratch: (address, value) => { registers.set(address, value); },
      scratch: (address) => registers.get(address),
      setWpr2: (start, end) => {
        this.#trace.event('hw-model.wpr2.set', { start, end });
        this.#setWpr2(start, end);
      },
      clearWpr2: () => {
        this.#trace.event('hw-model.wpr2.cleared');
        this.#setWpr2(0, 0);
      },
      wpr2: () => {
        const end = registers.get(COLD.wpr2High);
        return end === 0 ? undefined : { start: (registers.get(COLD.wpr2Low) >>> 4) * 0x1000, end: (end >>> 4) * 0x1000 };
      },
      readVram: (address, into) => { vram.read(address, into); },
      writeVram: (address, from) => { vram.write(address, from); },
      fillVram: (address, length, byte) => { vram.fill(address, length, byte); },
      vramSpan: (address, length) => vram.span(address, length),
      trace: (point, args) => { this.#trace.event(point, args); },
      fault: (point) => this.#trace.fault(point),
    };
  }
}

function factsOf(board: Board, seed: number): ChipFacts {
  const { classCode: _class, bar1Size: _bar1, vbiosVersion: _vbios, vectors: _vectors, ...facts } = board;
  return { ...facts, uuid: createRandom(seed).fork('uuid').bytes(16) };
}

function configOf(board: Board, bars: readonly BarSpec[]): ConfigSpace {
  return createConfigSpace({
    vendor: board.pci.vendor, device: board.pci.device, revision: board.pci.revision,
    classCode: { base: board.classCode >>> 16, sub: (board.classCode >>> 8) & 0xff, interface: board.classCode & 0xff },
    subsystemVendor: board.pci.subsystemVendor, subsystem: board.pci.subsystem, interruptPin: 1,
    bars,
    // Where they lie on real boards; open-gpu-kernel-modules 570.144: src/common/inc/swref/published/turing/tu102/dev_nv_xve.h
    capabilities: [pm({ at: 0x60 }), msi({ at: 0x68 }), pcie({ at: 0x78 })],
    extended: board.sriov ? [sriov({ at: 0xbcc, ...board.sriov, vfDevice: board.pci.device, bars: VF_BARS })] : [],
  });
}
