import type { EngineName, FalconStart, MemoryJob } from './port.ts';
import type { RegisterFile } from './register-file.ts';

/** Bytes of instruction and data memory; HWCFG counts them in blocks of 256. */
const IMEM_SIZE = 0x10000;
const DMEM_SIZE = 0x10000;
const BLOCK = 0x100;

/** Second register bank, RISC-V among it. */
const BANK2 = 0x1000;

// linux: drivers/gpu/nova-core/regs.rs, falcon/hal/ga102.rs; open-gpu-kernel-modules 570.144:
// src/common/inc/swref/published/ampere/ga102/dev_falcon_v4.h, dev_falcon_second_pri.h, dev_riscv_pri.h
const REG = {
  irqSet: 0x000, irqClear: 0x004, irqStatus: 0x008, irqMaskSet: 0x010, irqMaskClear: 0x014, irqMask: 0x018, irqDest: 0x01c,
  mailbox0: 0x040, mailbox1: 0x044, itfen: 0x048, os: 0x080, rm: 0x084, hwcfg2: 0x0f4, cpuctl: 0x100, bootvec: 0x104, hwcfg: 0x108,
  dmactl: 0x10c, dmaBase: 0x110, dmaMemOffset: 0x114, dmaCommand: 0x118, dmaFbOffset: 0x11c, dmaBase1: 0x128, hwcfg1: 0x12c, cpuctlAlias: 0x130,
  imem: 0x180, dmem: 0x1c0, engine: 0x3c0, retrigger: 0x3e8, transcfg: 0x600, fbifControl: 0x624,
  modSel: BANK2 + 0x180, ucodeId: BANK2 + 0x198, engineIdMask: BANK2 + 0x19c, paraAddr: BANK2 + 0x210,
  riscvActive: BANK2 + 0x240, riscvIrqMask: BANK2 + 0x528, riscvCpuctl: BANK2 + 0x388, bcr: BANK2 + 0x668,
} as const;

const HWCFG2 = { resetReady: 0x80000000, riscv: 1 << 10 } as const;
const CPUCTL = { start: 1 << 1, halted: 1 << 4, aliasEnable: 1 << 6 } as const;
const DMA = { idle: 1 << 1, imem: 1 << 4, write: 1 << 5, secure: 1 << 2 } as const;
const BCR = { valid: 1, riscv: 1 << 4 } as const;
const SWGEN0 = 0x40;

/** What a falcon remembers. */
export interface FalconState {
  imem: Uint8Array;
  dmem: Uint8Array;
  /** Physical IMEM block -> tag and security, for what was loaded since reset. */
  blocks: Map<number, { readonly tag: number; readonly secure: boolean }>;
  loaded: boolean;
  halted: boolean;
  aliasEnabled: boolean;
  resetHeld: boolean;
  dmactl: number;
  irq: number;
  riscv: { active: boolean; halted: boolean };
  bcr: number;
  /** DMA transfers that have not finished. */
  transfers: number;
  imemPort: { control: number; tag: number }[];
  dmemPort: number[];
}

function cold(): FalconState {
  return {
    imem: new Uint8Array(IMEM_SIZE), dmem: new Uint8Array(DMEM_SIZE), blocks: new Map(), loaded: false, halted: true, aliasEnabled: false,
    resetHeld: false, dmactl: 0, irq: 0, riscv: { active: false, halted: true }, bcr: 0, transfers: 0,
    imemPort: Array.from({ length: 4 }, () => ({ control: 0, tag: 0 })), dmemPort: new Array<number>(8).fill(0),
  };
}

/** What a falcon needs of the chip around it. */
export interface FalconSurroundings {
  start(job: MemoryJob): void;
  readVram(address: number, into: Uint8Array): boolean;
  started(start: FalconStart): void;
  reset(engine: EngineName): void;
  /** The falcon's interrupt line changed. */
  interrupt(engine: EngineName, pending: boolean): void;
  fault(point: string): boolean;
  trace(point: string, args: Readonly<Record<string, string | number>>): void;
}

/** One falcon: its registers, its memories, the mechanics of loading and starting. It runs no code. */
export class Falcon {
  readonly name: EngineName;
  state: FalconState = cold();
  readonly #base: number;
  readonly #registers: RegisterFile;
  readonly #world: FalconSurroundings;

  constructor(name: EngineName, base: number, registers: RegisterFile, world: FalconSurroundings) {
    this.name = name;
    this.#base = base;
    this.#registers = registers;
    this.#world = world;
    this.#declare();
  }

  mailbox(index: 0 | 1): number {
    return this.#registers.get(this.#base + REG.mailbox0 + 4 * index);
  }

  setMailbox(index: 0 | 1, value: number): void {
    this.#registers.set(this.#base + REG.mailbox0 + 4 * index, value);
  }

  halt(): void {
    if (this.#world.fault(`hw-model.falcon.${this.name}.halt`)) return;
    this.state.halted = true;
  }

  raise(bits: number): void {
    this.state.irq = (this.state.irq | bits) >>> 0;
    this.#signal();
  }

  /** Power-on or device reset. */
  cold(): void {
    this.state = cold();
  }

  #reg(offset: number): number {
    return this.#registers.get(this.#base + offset);
  }

  #declare(): void {
    const { plain, handle } = {
      plain: (offset: number, value = 0, readOnly = false): void => { this.#registers.plain(this.#base + offset, value, { readOnly }); },
      handle: (offset: number, read?: () => number, write?: (value: number) => void): void => {
        this.#registers.handle(this.#base + offset, { ...(read && { read }), ...(write && { write }) });
      },
    };
    for (const offset of [
      REG.irqDest, REG.mailbox0, REG.mailbox1, REG.itfen, REG.os, REG.rm, REG.bootvec, REG.dmaBase, REG.dmaBase1, REG.dmaMemOffset, REG.dmaFbOffset,
      REG.fbifControl, REG.modSel, REG.ucodeId, REG.engineIdMask, REG.paraAddr,
    ]) plain(offset);
    for (let i = 0; i < 8; i++) plain(REG.transcfg + 4 * i);
    plain(REG.hwcfg, (IMEM_SIZE / BLOCK) | ((DMEM_SIZE / BLOCK) << 9), true);
    // Core revision 6, heavy secure, one IMEM and one DMEM port.
    plain(REG.hwcfg1, 0x6 | (3 << 4) | (1 << 8) | (1 << 12), true);
    plain(REG.irqMask, SWGEN0, true);
    plain(REG.riscvIrqMask, SWGEN0, true);

    handle(REG.irqSet, undefined, (bits) => { this.raise(bits); });
    handle(REG.irqClear, undefined, (bits) => { this.state.irq = (this.state.irq & ~bits) >>> 0; this.#signal(); });
    handle(REG.irqStatus, () => this.state.irq);
    handle(REG.irqMaskSet, undefined, (bits) => { this.#mask(this.#reg(REG.irqMask) | bits); });
    handle(REG.irqMaskClear, undefined, (bits) => { this.#mask(this.#reg(REG.irqMask) & ~bits); });
    handle(REG.retrigger, undefined, () => { this.#signal(); });
    handle(REG.hwcfg2, () => HWCFG2.resetReady | HWCFG2.riscv);
    handle(REG.cpuctl, () => (this.state.halted ? CPUCTL.halted : 0) | (this.state.aliasEnabled ? CPUCTL.aliasEnable : 0), (value) => {
      this.state.aliasEnabled = (value & CPUCTL.aliasEnable) !== 0;
      if (value & CPUCTL.start) this.#start();
    });
    handle(REG.cpuctlAlias, undefined, (value) => { if (this.state.aliasEnabled && value & CPUCTL.start) this.#start(); });
    handle(REG.dmactl, () => this.state.dmactl, (value) => { this.state.dmactl = value & 1; });
    handle(REG.dmaCommand, () => (this.state.transfers === 0 && !this.#world.fault(`hw-model.falcon.${this.name}.dma`) ? DMA.idle : 0), (command) => { this.#transfer(command); });
    handle(REG.engine, () => (this.state.resetHeld ? 1 : 0), (value) => { this.#engineReset((value & 1) !== 0); });
    handle(REG.bcr, () => this.state.bcr | BCR.valid, (value) => { this.state.bcr = value & ~BCR.valid & 0x111; });
    handle(REG.riscvActive, () => (this.state.riscv.active ? 1 : 0));
    handle(REG.riscvCpuctl, () => (this.state.riscv.active ? 1 << 7 : 0) | (this.state.riscv.halted ? 1 << 4 : 0));
    for (let port = 0; port < 4; port++) this.#imemPort(port, handle);
    for (let port = 0; port < 8; port++) this.#dmemPort(port, handle);
  }

  #imemPort(port: number, handle: (offset: number, read?: () => number, write?: (value: number) => void) => void): void {
    const at = REG.imem + 16 * port;
    const view = (): { control: number; tag: number } => this.state.imemPort[port]!;
    handle(at, () => view().control, (value) => { view().control = value >>> 0; });
    handle(at + 4, () => this.#portRead(this.state.imem, view().control, (next) => { view().control = next; }), (value) => {
      const { control, tag } = view();
      const offset = control & 0xfffc;
      this.#storeWord(this.state.imem, offset, value);
      this.state.blocks.set(offset >>> 8, { tag, secure: (control & (1 << 28)) !== 0 });
      this.state.loaded = true;
      if (control & (1 << 24)) view().control = this.#advance(control);
    });
    handle(at + 8, () => view().tag, (value) => { view().tag = value & 0xffff; });
  }

  #dmemPort(port: number, handle: (offset: number, read?: () => number, write?: (value: number) => void) => void): void {
    const at = REG.dmem + 8 * port;
    handle(at, () => this.state.dmemPort[port]!, (value) => { this.state.dmemPort[port] = value >>> 0; });
    handle(at + 4, () => this.#portRead(this.state.dmem, this.state.dmemPort[port]!, (next) => { this.state.dmemPort[port] = next; }), (value) => {
      const control = this.state.dmemPort[port]!;
      this.#storeWord(this.state.dmem, control & 0xfffc, value);
      this.state.loaded = true;
      if (control & (1 << 24)) this.state.dmemPort[port] = this.#advance(control);
    });
  }

  #portRead(memory: Uint8Array, control: number, advance: (next: number) => void): number {
    const at = control & 0xfffc;
    if (control & (1 << 25)) advance(this.#advance(control));
    return (memory[at]! | (memory[at + 1]! << 8) | (memory[at + 2]! << 16) | (memory[at + 3]! << 24)) >>> 0;
  }

  #advance(control: number): number {
    return ((control & ~0xffff) | ((control + 4) & 0xffff)) >>> 0;
  }

  #storeWord(memory: Uint8Array, at: number, value: number): void {
    for (let i = 0; i < 4; i++) memory[at + i] = value >>> (8 * i);
  }

  #mask(value: number): void {
    this.#registers.set(this.#base + REG.irqMask, value);
    this.#registers.set(this.#base + REG.riscvIrqMask, value);
    this.#signal();
  }

  #signal(): void {
    this.#world.interrupt(this.name, (this.state.irq & this.#reg(REG.irqMask)) !== 0);
  }

  #engineReset(held: boolean): void {
    const was = this.state.resetHeld;
    this.state.resetHeld = held;
    if (!was || held) return;
    const { imemPort, dmemPort } = cold();
    const kept = this.state;
    kept.imem.fill(0);
    kept.dmem.fill(0);
    this.state = { ...kept, blocks: new Map(), loaded: false, halted: true, aliasEnabled: false, dmactl: 1, irq: 0, riscv: { active: false, halted: true }, bcr: 0, transfers: 0, imemPort, dmemPort };
    for (let i = 0; i < 8; i++) this.#registers.set(this.#base + REG.transcfg + 4 * i, 0);
    this.#registers.set(this.#base + REG.fbifControl, 0);
    this.#signal();
    this.#world.reset(this.name);
  }

  #transfer(command: number): void {
    const state = this.state;
    const size = 4 << ((command >>> 8) & 7);
    const memory = command & DMA.imem ? state.imem : state.dmem;
    const offset = this.#reg(REG.dmaMemOffset) & 0xffffff;
    const tag = this.#reg(REG.dmaFbOffset);
    const address = this.#reg(REG.dmaBase1) * 2 ** 40 + this.#reg(REG.dmaBase) * 2 ** 8 + tag;
    const target = this.#reg(REG.transcfg + 4 * ((command >>> 12) & 7));
    if (command & DMA.write || offset + size > memory.length || state.dmactl & 1 || (target & 4) === 0) {
      this.#world.trace('hw-model.falcon.dma-refused', { engine: this.name, command, offset, address });
      return;
    }
    state.loaded = true;
    if (command & DMA.imem) {
      for (let block = offset >>> 8; block < (offset + size + 255) >>> 8; block++) state.blocks.set(block, { tag: (tag >>> 8) & 0xffff, secure: (command & DMA.secure) !== 0 });
    }
    const into = memory.subarray(offset, offset + size);
    if ((target & 3) === 0) {
      if (!this.#world.readVram(address, into)) this.#world.trace('hw-model.falcon.dma-failed', { engine: this.name, address });
      return;
    }
    state.transfers++;
    this.#world.start(this.#read(state, address, into));
  }

  *#read(state: FalconState, address: number, into: Uint8Array): MemoryJob {
    const done = yield { op: 'read', address, into };
    state.transfers--;
    if (!done) this.#world.trace('hw-model.falcon.dma-failed', { engine: this.name, address });
  }

  #start(): void {
    const { state } = this;
    state.halted = false;
    this.#world.trace('hw-model.falcon.started', { engine: this.name, bootvec: this.#reg(REG.bootvec) });
    this.#world.started({
      engine: this.name,
      imem: state.imem,
      dmem: state.dmem,
      loadedImem: [...state.blocks].map(([block, { tag, secure }]) => ({ block, tag, secure })),
      empty: !state.loaded,
      bootVector: this.#reg(REG.bootvec),
      brom: {
        algorithm: this.#reg(REG.modSel), ucodeId: this.#reg(REG.ucodeId), engineIdMask: this.#reg(REG.engineIdMask), paraAddr: this.#reg(REG.paraAddr),
      },
      mailbox0: this.mailbox(0),
      mailbox1: this.mailbox(1),
    });
  }
}
