import type { RegisterFile } from './register-file.ts';

// open-gpu-kernel-modules 570.144: src/common/inc/swref/published/turing/tu102/dev_vm.h
const REG = {
  leaf: 0xb81000, leafEnableSet: 0xb81200, leafEnableClear: 0xb81400, top: 0xb81600, topEnableSet: 0xb81608, topEnableClear: 0xb81610, leafTrigger: 0xb81640,
  msiRearm: 0x088704,
} as const;

/** Leaves of 32 vectors each. */
const LEAVES = 8;

export interface InterruptState {
  leaf: number[];
  leafEnable: number[];
  topEnable: number;
  /** A message was sent and software has not re-armed. */
  sent: boolean;
}

const cold = (): InterruptState => ({ leaf: new Array<number>(LEAVES).fill(0), leafEnable: new Array<number>(LEAVES).fill(0), topEnable: 0, sent: false });

/** The interrupt tree of the physical function: vectors in leaves, two leaves to a bit of the top, one message to the CPU. */
export class InterruptTree {
  state: InterruptState = cold();
  readonly #send: () => void;

  constructor(registers: RegisterFile, send: () => void) {
    this.#send = send;
    for (let i = 0; i < LEAVES; i++) {
      registers.handle(REG.leaf + 4 * i, { read: () => this.state.leaf[i]!, write: (bits) => { this.#leaf(i, this.state.leaf[i]! & ~bits); } });
      registers.handle(REG.leafEnableSet + 4 * i, { read: () => this.state.leafEnable[i]!, write: (bits) => { this.#enable(i, this.state.leafEnable[i]! | bits); } });
      registers.handle(REG.leafEnableClear + 4 * i, { read: () => this.state.leafEnable[i]!, write: (bits) => { this.#enable(i, this.state.leafEnable[i]! & ~bits); } });
    }
    registers.handle(REG.top, { read: () => this.#top() });
    registers.handle(REG.topEnableSet, { read: () => this.state.topEnable, write: (bits) => { this.#topEnable(this.state.topEnable | bits); } });
    registers.handle(REG.topEnableClear, { read: () => this.state.topEnable, write: (bits) => { this.#topEnable(this.state.topEnable & ~bits); } });
    registers.handle(REG.leafTrigger, { write: (vector) => { this.raise(vector & 0xfff); } });
    registers.handle(REG.msiRearm, { write: () => { this.state.sent = false; this.#check(); } });
  }

  /** Makes a vector pending. One that the tree lacks is dropped. */
  raise(vector: number): void {
    const leaf = vector >>> 5;
    if (leaf < LEAVES) this.#leaf(leaf, this.state.leaf[leaf]! | (1 << (vector & 31)));
  }

  cold(): void {
    this.state = cold();
  }

  #leaf(index: number, bits: number): void {
    this.state.leaf[index] = bits >>> 0;
    this.#check();
  }

  #enable(index: number, bits: number): void {
    this.state.leafEnable[index] = bits >>> 0;
    this.#check();
  }

  #topEnable(bits: number): void {
    this.state.topEnable = bits >>> 0;
    // Disabling the top ends what was under way; enabling it again sends a message for what is still pending.
    if (bits === 0) this.state.sent = false;
    this.#check();
  }

  #top(): number {
    let top = 0;
    for (let i = 0; i < LEAVES; i++) if (this.state.leaf[i]! & this.state.leafEnable[i]!) top |= 1 << (i >>> 1);
    return top;
  }

  #check(): void {
    if ((this.#top() & this.state.topEnable) === 0) {
      this.state.sent = false;
      return;
    }
    if (this.state.sent) return;
    this.state.sent = true;
    this.#send();
  }
}
