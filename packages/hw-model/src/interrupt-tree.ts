import {
  at, get, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF as LEAF, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_CLEAR as LEAF_EN_CLEAR,
  NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_SET as LEAF_EN_SET, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_TRIGGER as TRIGGER,
  NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP as TOP, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_CLEAR as TOP_EN_CLEAR,
  NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_SET as TOP_EN_SET,
} from '@nova-stack/gpu-regs';

import type { RegisterFile } from './register-file.ts';

export interface InterruptState {
  leaf: Uint32Array;
  leafEnable: Uint32Array;
  topEnable: number;
  /** A message was sent, and software has neither handled all nor re-armed. */
  sent: boolean;
}

export interface InterruptOptions {
  /** Leaves of 32 vectors each. */
  readonly leaves: number;
  /** Where in BAR0 the register is that re-arms; undefined on chips that do without. */
  readonly rearm: number | undefined;
  /** Sends the message to the CPU. */
  readonly send: () => void;
  /** Whether a fault strikes at this point now. */
  readonly fault?: (point: 'hw-model.interrupt.lost' | 'hw-model.interrupt.storm') => boolean;
  /** Sets the level of the line, which is high while something pending is enabled. */
  readonly line?: (high: boolean) => void;
}

/**
 * The interrupt tree of the physical function: vectors in leaves, two leaves to a bit of the top, one message to the
 * CPU. The message goes out when something that is pending and enabled appears; then not again until all of it is
 * gone, the whole top was disabled, or software re-arms.
 * Source: linux: drivers/gpu/drm/nouveau/nvkm/subdev/vfn/tu102.c
 */
export class InterruptTree {
  state: InterruptState;
  readonly #leaves: number;
  readonly #send: () => void;
  readonly #fault: NonNullable<InterruptOptions['fault']>;
  readonly #line: ((high: boolean) => void) | undefined;

  constructor(registers: RegisterFile, { leaves, rearm, send, line, fault = () => false }: InterruptOptions) {
    this.#leaves = leaves;
    this.#fault = fault;
    this.#send = send;
    this.#line = line;
    this.state = this.#coldState();
    for (let i = 0; i < leaves; i++) {
      const enabled = (): number => this.state.leafEnable[i]!;
      registers.handle(at(LEAF, i), { read: () => this.state.leaf[i]!, write: (bits) => { this.#clear(i, bits); } });
      registers.handle(at(LEAF_EN_SET, i), { read: enabled, write: (bits) => { this.#enable(i, enabled() | bits); } });
      registers.handle(at(LEAF_EN_CLEAR, i), { read: enabled, write: (bits) => { this.#enable(i, enabled() & ~bits); } });
    }
    const topEnabled = (): number => this.state.topEnable;
    registers.handle(TOP, { read: () => this.#top() });
    registers.handle(TOP_EN_SET, { read: topEnabled, write: (bits) => { this.#enableTop(topEnabled() | bits); } });
    registers.handle(TOP_EN_CLEAR, { read: topEnabled, write: (bits) => { this.#enableTop(topEnabled() & ~bits); } });
    registers.handle(TRIGGER, { write: (value) => { this.raise(get(TRIGGER, 'vector', value)); } });
    if (rearm === undefined) return;
    registers.handle({ address: rearm }, {
      write: () => {
        this.state.sent = false;
        this.#check();
      },
    });
  }

  /** Makes a vector pending. One that the tree lacks is dropped. */
  raise(vector: number): void {
    const leaf = vector >>> 5;
    if (leaf < this.#leaves) this.#leaf(leaf, this.state.leaf[leaf]! | (1 << (vector & 31)));
  }

  cold(): void {
    this.state = this.#coldState();
  }

  #coldState(): InterruptState {
    return { leaf: new Uint32Array(this.#leaves), leafEnable: new Uint32Array(this.#leaves), topEnable: 0, sent: false };
  }

  /** What the fault plan holds on to is pending again at once. */
  #clear(index: number, bits: number): void {
    const held = this.state.leaf[index]! & bits;
    if (held !== 0 && this.#fault('hw-model.interrupt.storm')) this.#check();
    else this.#leaf(index, this.state.leaf[index]! & ~bits);
  }

  #leaf(index: number, bits: number): void {
    this.state.leaf[index] = bits;
    this.#check();
  }

  #enable(index: number, bits: number): void {
    this.state.leafEnable[index] = bits;
    this.#check();
  }

  #enableTop(bits: number): void {
    this.state.topEnable = bits >>> 0;
    this.#check();
  }

  #top(): number {
    let top = 0;
    for (let i = 0; i < this.#leaves; i++) if (this.state.leaf[i]! & this.state.leafEnable[i]!) top |= 1 << (i >>> 1);
    return top >>> 0;
  }

  #check(): void {
    const high = (this.#top() & this.state.topEnable) !== 0;
    this.#line?.(high);
    if (!high) {
      this.state.sent = false;
      return;
    }
    if (this.state.sent) return;
    this.state.sent = true;
    if (!this.#fault('hw-model.interrupt.lost')) this.#send();
  }
}
