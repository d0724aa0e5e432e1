import {
  at, decode, FALCONS, get, make, NV_PFALCON2_FALCON_BROM_CURR_UCODE_ID, NV_PFALCON2_FALCON_BROM_ENGIDMASK, NV_PFALCON2_FALCON_BROM_PARAADDR,
  NV_PFALCON2_FALCON_MOD_SEL, NV_PFALCON_FALCON_BOOTVEC, NV_PFALCON_FALCON_CPUCTL, NV_PFALCON_FALCON_CPUCTL_ALIAS, NV_PFALCON_FALCON_DMACTL,
  NV_PFALCON_FALCON_DMATRFBASE, NV_PFALCON_FALCON_DMATRFBASE1, NV_PFALCON_FALCON_DMATRFCMD, NV_PFALCON_FALCON_DMATRFFBOFFS,
  NV_PFALCON_FALCON_DMATRFMOFFS, NV_PFALCON_FALCON_DMEMC, NV_PFALCON_FALCON_DMEMD, NV_PFALCON_FALCON_ENGINE, NV_PFALCON_FALCON_HWCFG,
  NV_PFALCON_FALCON_HWCFG1, NV_PFALCON_FALCON_HWCFG2, NV_PFALCON_FALCON_IMEMC, NV_PFALCON_FALCON_IMEMD, NV_PFALCON_FALCON_IMEMT,
  NV_PFALCON_FALCON_INTR_RETRIGGER, NV_PFALCON_FALCON_IRQDEST, NV_PFALCON_FALCON_IRQMASK, NV_PFALCON_FALCON_IRQMCLR, NV_PFALCON_FALCON_IRQMSET,
  NV_PFALCON_FALCON_IRQSCLR, NV_PFALCON_FALCON_IRQSSET, NV_PFALCON_FALCON_IRQSTAT, NV_PFALCON_FALCON_ITFEN, NV_PFALCON_FALCON_MAILBOX0,
  NV_PFALCON_FALCON_MAILBOX1, NV_PFALCON_FALCON_OS, NV_PFALCON_FALCON_RM, NV_PFALCON_FBIF_CTL, NV_PFALCON_FBIF_TRANSCFG,
  NV_PFALCON_SCP_CTL_STAT, NV_PRISCV_RISCV_BCR_CTRL, NV_PRISCV_RISCV_CORE_SWITCH_RISCV_STATUS, NV_PRISCV_RISCV_CPUCTL, NV_PRISCV_RISCV_IRQDEST,
  NV_PRISCV_RISCV_IRQDEST_TU102, NV_PRISCV_RISCV_IRQMASK, NV_PRISCV_RISCV_IRQMASK_TU102, PRI_TARGET_MASKED, set, within, type Family, type Fields, type Register,
} from '@nova-stack/gpu-regs';

import type { EngineName, FalconFetch, FalconStart, Lockdown, MemoryJob } from '../port.ts';
import type { RegisterFile } from '../register-file.ts';
import { readDmemPort, readImemPort, writeDmemPort, writeImemPort } from './ports.ts';
import { coldFalcon, MEMORY_BLOCKS, type FalconState } from './state.ts';
import { beginFetch, beginTransfer, type Refusal, type Transfer } from './transfer.ts';

type FalconRegister = Register<Fields, 'falcon'>;

/** Bytes of BAR0 that a falcon has, with its second bank. */
const REGISTERS_SIZE = 0x2000;

/** How long clearing the memories takes after a reset, in nanoseconds. */
const SCRUB_TIME = 2_000;
// What drivers poll is put together from these.
const SWGEN0: number = make(NV_PFALCON_FALCON_IRQMASK, { swgen0: 1 });
const HALTED: number = make(NV_PFALCON_FALCON_CPUCTL, { halted: 1 });
const ALIAS_ENABLED: number = make(NV_PFALCON_FALCON_CPUCTL, { aliasEnable: 1 });
const READY: number = make(NV_PFALCON_FALCON_HWCFG2, { resetReady: 1, riscv: 1 });
const READY_SCRUBBING: number = make(NV_PFALCON_FALCON_HWCFG2, { resetReady: 1, riscv: 1, memScrubbing: 1 });
const HAS_RISCV: number = make(NV_PFALCON_FALCON_HWCFG2, { riscv: 1 });
const LOCKED: number = make(NV_PFALCON_FALCON_HWCFG2, { lockdown: 1 });
const REQUIRE_CONTEXT: number = make(NV_PFALCON_FALCON_DMACTL, { requireContext: 1 });
const SCRUBBING: number = make(NV_PFALCON_FALCON_DMACTL, { imemScrubbing: 1, dmemScrubbing: 1 });
const IDLE: number = make(NV_PFALCON_FALCON_DMATRFCMD, { idle: 1 });
const RISCV_ACTIVE: number = make(NV_PRISCV_RISCV_CPUCTL, { active: 1 });
const RISCV_HALTED: number = make(NV_PRISCV_RISCV_CPUCTL, { halted: 1 });

/** Registers that only hold what is written to them. */
const PLAIN: readonly FalconRegister[] = [
  NV_PFALCON_FALCON_IRQDEST, NV_PFALCON_FALCON_MAILBOX0, NV_PFALCON_FALCON_MAILBOX1, NV_PFALCON_FALCON_ITFEN, NV_PFALCON_FALCON_OS,
  NV_PFALCON_FALCON_RM, NV_PFALCON_FALCON_BOOTVEC, NV_PFALCON_FALCON_DMATRFBASE, NV_PFALCON_FALCON_DMATRFBASE1, NV_PFALCON_FALCON_DMATRFMOFFS,
  NV_PFALCON_FALCON_DMATRFFBOFFS, NV_PFALCON_FBIF_CTL, NV_PFALCON_SCP_CTL_STAT,
];
/** More of them since there is a boot ROM. */
const PLAIN_GA102: readonly FalconRegister[] = [
  NV_PFALCON2_FALCON_MOD_SEL, NV_PFALCON2_FALCON_BROM_CURR_UCODE_ID, NV_PFALCON2_FALCON_BROM_ENGIDMASK, NV_PRISCV_RISCV_IRQDEST,
];
/** Of these, the ones that a reset of the engine clears; mailboxes, OS and RM stay. */
const CLEARED_BY_RESET: readonly FalconRegister[] = [NV_PFALCON_FALCON_IRQDEST, NV_PFALCON_FALCON_ITFEN, NV_PFALCON_FALCON_BOOTVEC, NV_PFALCON_FBIF_CTL];

/** What a falcon needs of the chip around it. */
export interface FalconSurroundings {
  /** The CPU can have its interrupt sent again: so since Ampere. */
  readonly retriggers: boolean;
  now(): number;
  start(job: MemoryJob): void;
  /** False outside VRAM. */
  readVram(address: number, into: Uint8Array): boolean;
  started(start: FalconStart): void;
  reset(engine: EngineName): void;
  /** The falcon sends its interrupt. */
  interrupt(engine: EngineName): void;
  fault(point: string): boolean;
  trace(point: string, args: Readonly<Record<string, string | number>>): void;
}

/**
 * One falcon: its registers, its memories, the mechanics of loading and starting. It runs no code: what was loaded is
 * handed on at the start. On Turing it has no boot ROM, no choice between its cores, and shows less of its state.
 * Source: linux: drivers/gpu/nova-core/falcon.rs, falcon/hal/tu102.rs, falcon/hal/ga102.rs
 */
export class Falcon {
  readonly name: EngineName;
  readonly kind: Family['falcon'];
  state: FalconState;
  readonly #cold: Lockdown;
  readonly #registers: RegisterFile;
  readonly #world: FalconSurroundings;

  /** @param cold - how far the CPU gets at it before any firmware has run */
  constructor(name: EngineName, kind: Family['falcon'], cold: Lockdown, registers: RegisterFile, world: FalconSurroundings) {
    this.name = name;
    this.kind = kind;
    this.state = coldFalcon(cold);
    this.#cold = cold;
    this.#registers = registers;
    this.#world = world;
    this.#declare();
  }

  /** Goes on from a state of before. */
  restore(state: FalconState): void {
    this.state = state;
    this.#shut();
  }

  setLockdown(lockdown: Lockdown): void {
    this.state.lockdown = this.#cold === 'released' ? 'released' : lockdown;
    this.#shut();
  }

  mailbox(index: 0 | 1): number {
    return this.#get(index === 0 ? NV_PFALCON_FALCON_MAILBOX0 : NV_PFALCON_FALCON_MAILBOX1);
  }

  setMailbox(index: 0 | 1, value: number): void {
    this.#set(index === 0 ? NV_PFALCON_FALCON_MAILBOX0 : NV_PFALCON_FALCON_MAILBOX1, value);
  }

  halt(): void {
    if (!this.#world.fault(`hw-model.falcon.${this.name}.halt`)) this.state.halted = true;
  }

  /** What runs on the RISC-V core has its software interrupt enabled, whatever a driver masked before it started. */
  setRiscv({ active, halted }: { readonly active: boolean; readonly halted: boolean }): void {
    this.state.riscv = { active, halted };
    if (active) this.#set(NV_PFALCON_FALCON_IRQMASK, this.#get(NV_PFALCON_FALCON_IRQMASK) | SWGEN0);
  }

  /** Sets bits of IRQSTAT. */
  raise(bits: number): void {
    this.state.pending = (this.state.pending | bits) >>> 0;
    this.#signal();
  }

  /** Power-on, or reset of the device. */
  cold(): void {
    this.restore(coldFalcon(this.#cold));
  }

  /** While the engine is masked the CPU reads an error wherever it looks. */
  #shut(): void {
    if (this.state.lockdown === 'masked') this.#registers.shut(FALCONS[this.name], REGISTERS_SIZE, PRI_TARGET_MASKED * 0x100);
    else this.#registers.open(FALCONS[this.name], REGISTERS_SIZE);
  }

  #here<F extends Fields>(register: Register<F, 'falcon'>): Register<F> {
    return within(FALCONS[this.name], register);
  }

  #get(register: FalconRegister): number {
    return this.#registers.get(this.#here(register));
  }

  #set(register: FalconRegister, value: number): void {
    this.#registers.set(this.#here(register), value);
  }

  #plain(register: FalconRegister, value = 0): void {
    this.#registers.plain(this.#here(register), value);
  }

  #handle(register: FalconRegister, handler: { readonly read?: () => number; readonly write?: (value: number) => void }): void {
    this.#registers.handle(this.#here(register), handler);
  }

  #declare(): void {
    for (const register of PLAIN) this.#plain(register);
    for (let i = 0; i < NV_PFALCON_FBIF_TRANSCFG.count; i++) this.#plain(at(NV_PFALCON_FBIF_TRANSCFG, i));
    this.#plain(NV_PFALCON_FALCON_HWCFG, make(NV_PFALCON_FALCON_HWCFG, { imemSize: MEMORY_BLOCKS, dmemSize: MEMORY_BLOCKS }));
    this.#plain(NV_PFALCON_FALCON_HWCFG1, make(NV_PFALCON_FALCON_HWCFG1, { coreRevision: 6, security: 3, imemPorts: 1, dmemPorts: 1 }));
    // Firmware that talks to the CPU has its software interrupt enabled; both views show one mask.
    this.#plain(NV_PFALCON_FALCON_IRQMASK, SWGEN0);
    this.#declareInterrupts();
    this.#declareCpu();
    if (this.kind === 'tu102') this.#declareTu102();
    else this.#declareGa102();
    this.#declareMemories();
  }

  #declareInterrupts(): void {
    this.#handle(NV_PFALCON_FALCON_IRQSSET, { write: (bits) => { this.raise(bits); } });
    this.#handle(NV_PFALCON_FALCON_IRQSCLR, { write: (bits) => { this.state.pending = (this.state.pending & ~bits) >>> 0; } });
    this.#handle(NV_PFALCON_FALCON_IRQSTAT, { read: () => this.state.pending });
    this.#handle(NV_PFALCON_FALCON_IRQMSET, {
      write: (bits) => {
        this.#set(NV_PFALCON_FALCON_IRQMASK, this.#get(NV_PFALCON_FALCON_IRQMASK) | bits);
        this.#signal();
      },
    });
    for (let i = 0; this.#world.retriggers && i < NV_PFALCON_FALCON_INTR_RETRIGGER.count; i++) {
      this.#handle(at(NV_PFALCON_FALCON_INTR_RETRIGGER, i), { write: () => { this.#signal(); } });
    }
    this.#handle(NV_PFALCON_FALCON_IRQMCLR, { write: (bits) => { this.#set(NV_PFALCON_FALCON_IRQMASK, this.#get(NV_PFALCON_FALCON_IRQMASK) & ~bits); } });
  }

  #declareTu102(): void {
    this.#handle(NV_PFALCON_FALCON_HWCFG2, { read: () => HAS_RISCV });
    this.#handle(NV_PRISCV_RISCV_IRQMASK_TU102, { read: () => this.#get(NV_PFALCON_FALCON_IRQMASK) });
    this.#plain(NV_PRISCV_RISCV_IRQDEST_TU102);
    this.#handle(NV_PRISCV_RISCV_CORE_SWITCH_RISCV_STATUS, { read: () => (this.state.riscv.active ? 1 : 0) });
  }

  #declareGa102(): void {
    for (const register of PLAIN_GA102) this.#plain(register);
    for (let i = 0; i < NV_PFALCON2_FALCON_BROM_PARAADDR.count; i++) this.#plain(at(NV_PFALCON2_FALCON_BROM_PARAADDR, i));
    this.#handle(NV_PFALCON_FALCON_HWCFG2, {
      read: () => (this.#scrubbing() ? READY_SCRUBBING : READY) | (this.state.lockdown === 'released' ? 0 : LOCKED),
    });
    this.#handle(NV_PRISCV_RISCV_IRQMASK, { read: () => this.#get(NV_PFALCON_FALCON_IRQMASK) });
    this.#handle(NV_PRISCV_RISCV_BCR_CTRL, {
      read: () => set(NV_PRISCV_RISCV_BCR_CTRL, this.state.bootConfig, { valid: this.state.bootConfigValid ? 1 : 0 }),
      write: (value) => {
        const { brfetch, coreSelect } = decode(NV_PRISCV_RISCV_BCR_CTRL, value);
        this.state.bootConfig = make(NV_PRISCV_RISCV_BCR_CTRL, { brfetch, coreSelect });
        this.state.bootConfigValid = true;
      },
    });
    this.#handle(NV_PRISCV_RISCV_CPUCTL, {
      read: () => (this.state.riscv.active ? RISCV_ACTIVE : 0) | (this.state.riscv.halted ? RISCV_HALTED : 0),
    });
  }

  #declareCpu(): void {
    this.#handle(NV_PFALCON_FALCON_CPUCTL, {
      read: () => (this.state.halted ? HALTED : 0) | (this.state.aliasEnabled ? ALIAS_ENABLED : 0),
      write: (value) => {
        this.state.aliasEnabled = get(NV_PFALCON_FALCON_CPUCTL, 'aliasEnable', value) === 1;
        if (get(NV_PFALCON_FALCON_CPUCTL, 'start', value)) this.#start();
      },
    });
    this.#handle(NV_PFALCON_FALCON_CPUCTL_ALIAS, {
      write: (value) => { if (this.state.aliasEnabled && get(NV_PFALCON_FALCON_CPUCTL_ALIAS, 'start', value)) this.#start(); },
    });
    this.#handle(NV_PFALCON_FALCON_ENGINE, {
      read: () => make(NV_PFALCON_FALCON_ENGINE, { reset: this.state.held ? 1 : 0 }),
      write: (value) => { this.#hold(get(NV_PFALCON_FALCON_ENGINE, 'reset', value) === 1); },
    });
  }

  #declareMemories(): void {
    this.#handle(NV_PFALCON_FALCON_DMACTL, {
      read: () => (this.state.requireContext ? REQUIRE_CONTEXT : 0) | (this.#scrubbing() ? SCRUBBING : 0),
      write: (value) => { this.state.requireContext = get(NV_PFALCON_FALCON_DMACTL, 'requireContext', value) === 1; },
    });
    this.#handle(NV_PFALCON_FALCON_DMATRFCMD, {
      read: () => {
        const idle = this.state.transfers === 0 && !this.#world.fault(`hw-model.falcon.${this.name}.dma`);
        return this.state.command | (idle ? IDLE : 0);
      },
      write: (command) => { this.#transfer(command); },
    });
    for (let port = 0; port < NV_PFALCON_FALCON_IMEMC.count; port++) {
      this.#handle(at(NV_PFALCON_FALCON_IMEMC, port), {
        read: () => this.state.imemControl[port]!, write: (value) => { this.state.imemControl[port] = value; },
      });
      this.#handle(at(NV_PFALCON_FALCON_IMEMD, port), {
        read: () => readImemPort(this.state, port), write: (value) => { writeImemPort(this.state, port, value); },
      });
      this.#handle(at(NV_PFALCON_FALCON_IMEMT, port), {
        read: () => this.state.imemTag[port]!, write: (value) => { this.state.imemTag[port] = get(NV_PFALCON_FALCON_IMEMT, 'tag', value); },
      });
    }
    for (let port = 0; port < NV_PFALCON_FALCON_DMEMC.count; port++) {
      this.#handle(at(NV_PFALCON_FALCON_DMEMC, port), {
        read: () => this.state.dmemControl[port]!, write: (value) => { this.state.dmemControl[port] = value; },
      });
      this.#handle(at(NV_PFALCON_FALCON_DMEMD, port), {
        read: () => readDmemPort(this.state, port), write: (value) => { writeDmemPort(this.state, port, value); },
      });
    }
  }

  #scrubbing(): boolean {
    return this.state.held || this.#world.now() < this.state.scrubbedAt || this.#world.fault(`hw-model.falcon.${this.name}.scrub`);
  }

  #signal(): void {
    if (this.state.pending & this.#get(NV_PFALCON_FALCON_IRQMASK)) this.#world.interrupt(this.name);
  }

  /** Holding the engine in reset stops all of it; letting go starts the clearing of its memories. */
  #hold(held: boolean): void {
    if (held === this.state.held) return;
    if (held) {
      // A new state: transfers of before that have not finished write into memory that nobody sees any more.
      this.state = { ...coldFalcon(this.#cold), held };
      for (const register of CLEARED_BY_RESET) this.#set(register, 0);
      for (let i = 0; i < NV_PFALCON_FBIF_TRANSCFG.count; i++) this.#set(at(NV_PFALCON_FBIF_TRANSCFG, i), 0);
      this.#world.reset(this.name);
      return;
    }
    this.state.held = false;
    this.state.scrubbedAt = this.#world.now() + SCRUB_TIME;
  }

  #transfer(command: number): void {
    const { state } = this;
    state.command = set(NV_PFALCON_FALCON_DMATRFCMD, command, { idle: 0, full: 0 });
    const transfer = beginTransfer(state, {
      command,
      base: this.#get(NV_PFALCON_FALCON_DMATRFBASE),
      base1: this.#get(NV_PFALCON_FALCON_DMATRFBASE1),
      sourceOffset: this.#get(NV_PFALCON_FALCON_DMATRFFBOFFS),
      offset: this.#get(NV_PFALCON_FALCON_DMATRFMOFFS),
      config: this.#get(at(NV_PFALCON_FBIF_TRANSCFG, get(NV_PFALCON_FALCON_DMATRFCMD, 'context', command))),
    });
    if ('source' in transfer && transfer.source === 'system') {
      state.transfers++;
      this.#world.start(this.#counted(state, transfer));
    } else this.#carryOut(transfer).next();
  }

  *#counted(state: FalconState, transfer: Transfer): MemoryJob {
    yield* this.#carryOut(transfer);
    state.transfers--;
  }

  /** Fetches into the falcon's memory what code that runs on it asks for. @returns whether it could be fetched */
  *fetch(request: FalconFetch): MemoryJob<boolean> {
    const config = this.#get(at(NV_PFALCON_FBIF_TRANSCFG, request.context));
    return yield* this.#carryOut(beginFetch(this.state, { ...request, config }));
  }

  /** Yields for system memory only. */
  *#carryOut(transfer: Transfer | Refusal): MemoryJob<boolean> {
    const { address } = transfer;
    if ('refused' in transfer) {
      this.#world.trace('hw-model.falcon.dma-refused', { engine: this.name, address, why: transfer.refused });
      return false;
    }
    const { source, into } = transfer;
    const done = source === 'system' ? yield { op: 'read', address, into } : this.#world.readVram(address, into);
    if (!done) this.#world.trace('hw-model.falcon.dma-failed', { engine: this.name, address });
    return done;
  }

  #start(): void {
    const { state } = this;
    if (state.held || !state.halted) {
      this.#world.trace('hw-model.falcon.start-ignored', { engine: this.name, why: state.held ? 'it is held in reset' : 'it is running' });
      return;
    }
    state.halted = false;
    const bootVector = this.#get(NV_PFALCON_FALCON_BOOTVEC);
    this.#world.trace('hw-model.falcon.started', { engine: this.name, bootvec: bootVector });
    this.#world.started({
      engine: this.name,
      imem: state.imem,
      dmem: state.dmem,
      loadedImem: [...state.blocks].map(([block, { tag, secure }]) => ({ block, tag, secure })),
      empty: !state.loaded,
      bootVector,
      brom: this.kind === 'tu102' ? undefined : {
        algorithm: get(NV_PFALCON2_FALCON_MOD_SEL, 'algorithm', this.#get(NV_PFALCON2_FALCON_MOD_SEL)),
        ucodeId: get(NV_PFALCON2_FALCON_BROM_CURR_UCODE_ID, 'ucodeId', this.#get(NV_PFALCON2_FALCON_BROM_CURR_UCODE_ID)),
        engineIdMask: this.#get(NV_PFALCON2_FALCON_BROM_ENGIDMASK),
        paraAddr: this.#get(at(NV_PFALCON2_FALCON_BROM_PARAADDR, 0)),
      },
      mailbox0: this.mailbox(0),
      mailbox1: this.mailbox(1),
    });
  }
}
