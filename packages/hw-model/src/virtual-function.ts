import {
  NV_PMC_BOOT_0, NV_PMC_BOOT_1, NV_PMC_BOOT_42, NV_VIRTUAL_FUNCTION_FULL_PHYS_OFFSET, NV_VIRTUAL_FUNCTION_PRIV_TIMER, NV_VIRTUAL_FUNCTION_TIME_0,
  NV_VIRTUAL_FUNCTION_TIME_1, PRI_DECODE_ERROR, set, type Register,
} from '@nova-stack/gpu-regs';
import type { AccessSize, BarSpec, ConfigSpace, PciFunction } from '@nova-stack/pci';

import type { Board } from './boards.ts';
import { BAR, VIRTUAL_BARS, VIRTUAL_MSIX, virtualConfig, virtualVectors } from './config-space.ts';
import type { Translation } from './mmu/walk.ts';
import type { VramRange } from './port.ts';
import type { RegisterFile, Window } from './register-file.ts';
import { vramWindow } from './windows.ts';
import type { Vram } from './vram.ts';

/** What virtual functions share with the GPU that they are of. */
export interface VirtualSurroundings {
  readonly board: Board;
  readonly registers: RegisterFile;
  readonly vram: Vram;
  readonly isProtected: (address: number, length: number) => boolean;
  /** Is told of accesses to memory that came to nothing. */
  readonly refused: (window: string, why: string, offset: number) => void;
}

/** Everything that the virtual functions remember, as plain data. Where in the list, by index of the function. */
export interface VirtualState {
  readonly configs: readonly Uint8Array[];
  readonly tables: readonly Uint8Array[];
  /** What firmware gave each function of video memory, by GFID: the VMMU's table. */
  readonly memory: readonly (readonly [gfid: number, ranges: readonly VramRange[]])[];
}

const ONES = { 1: 0xff, 2: 0xffff, 4: 0xffff_ffff } as const;
const ENTRY = 16;
/** In the last word of an entry of the table: the vector is masked. */
const MASK_BIT = 1;
/** Software cannot write the low bits of an address, nor more than the mask bit of the last word. */
const WRITABLE = [0xffff_fffc, 0xffff_ffff, 0xffff_ffff, MASK_BIT] as const;
const SRIOV_GUEST = 2;

/**
 * One virtual function. While firmware has given it no memory it reads all ones and takes no notice of writes. Then BAR0 says which chip it
 * is and whose view this is, tells the time and keeps its interrupt table, and BARs 1 and 3 show the memory that is its own from 0 on, by
 * way of the VMMU: nothing that a guest does there reaches anything else. Page tables of its own, engines and interrupts are not modelled.
 */
class VirtualFunction implements PciFunction {
  readonly config: ConfigSpace;
  readonly bars: readonly BarSpec[] = VIRTUAL_BARS;
  readonly table: Uint8Array;
  readonly #registers: RegisterFile;
  readonly #memory: () => readonly VramRange[];
  readonly #view: Required<Window>;

  constructor({ board, registers, vram, isProtected, refused }: VirtualSurroundings, index: number, memory: () => readonly VramRange[]) {
    this.config = virtualConfig(board);
    this.table = new Uint8Array(ENTRY * virtualVectors(board));
    this.#registers = registers;
    this.#memory = memory;
    this.#view = vramWindow({
      vram, isProtected, base: () => undefined, translate: (offset) => translate(memory(), offset),
      refused: (why, offset) => { refused(`VF ${index}`, why, offset); },
    });
    this.reset();
  }

  plug(): void {}

  read(bar: number, offset: number, size: AccessSize): number {
    if (this.#memory().length === 0) return ONES[size];
    if (bar !== BAR.registers) return this.#view.read(offset, size);
    return ((this.#word(offset - (offset % 4)) >>> (8 * (offset % 4))) & ONES[size]) >>> 0;
  }

  write(bar: number, offset: number, size: AccessSize, value: number): void {
    if (this.#memory().length === 0) return;
    if (bar !== BAR.registers) this.#view.write(offset, size, value);
    else for (let i = 0; i < size; i++) this.#writeByte(offset + i, (value >>> (8 * i)) & 0xff);
  }

  readBlock(bar: number, offset: number, into: Uint8Array): void {
    if (bar !== BAR.registers && this.#memory().length > 0) this.#view.readBlock(offset, into);
    else for (let i = 0; i < into.length; i++) into[i] = this.read(bar, offset + i, 1);
  }

  writeBlock(bar: number, offset: number, from: Uint8Array): void {
    if (this.#memory().length === 0) return;
    if (bar !== BAR.registers) this.#view.writeBlock(offset, from);
    else from.forEach((byte, i) => { this.#writeByte(offset + i, byte); });
  }

  reset(): void {
    this.table.fill(0);
    for (let at = ENTRY - 4; at < this.table.length; at += ENTRY) this.table[at] = MASK_BIT;
  }

  nextDue(): undefined {
    return undefined;
  }

  runDue(): void {}

  #word(offset: number): number {
    const at = offset - VIRTUAL_MSIX.table;
    if (at >= 0 && at < this.table.length) return new DataView(this.table.buffer).getUint32(at, true);
    if (offset >= VIRTUAL_MSIX.pending && offset < VIRTUAL_MSIX.pending + 8) return 0;
    const shown = SHOWN.find(({ at: place }) => place === offset);
    if (shown === undefined) return (PRI_DECODE_ERROR << 8) >>> 0;
    const value = this.#registers.read(shown.from.address, 4);
    return shown.from === NV_PMC_BOOT_1 ? set(NV_PMC_BOOT_1, value, { guest: SRIOV_GUEST }) : value;
  }

  #writeByte(offset: number, byte: number): void {
    const at = offset - VIRTUAL_MSIX.table;
    if (at < 0 || at >= this.table.length) return;
    const mask = (WRITABLE[Math.floor((at % ENTRY) / 4)]! >>> (8 * (at % 4))) & 0xff;
    this.table[at] = byte & mask;
  }
}

/** Registers of the physical function that a virtual one shows, and where. */
const SHOWN: readonly { readonly at: number; readonly from: Register }[] = [
  ...[NV_PMC_BOOT_0, NV_PMC_BOOT_1, NV_PMC_BOOT_42].map((from) => ({ at: from.address, from })),
  ...[NV_VIRTUAL_FUNCTION_TIME_0, NV_VIRTUAL_FUNCTION_TIME_1, NV_VIRTUAL_FUNCTION_PRIV_TIMER].map((from) => ({ at: from.address - NV_VIRTUAL_FUNCTION_FULL_PHYS_OFFSET, from })),
];

/** What the VMMU makes of an offset in a function's memory: its ranges lie there one behind the other. */
function translate(ranges: readonly VramRange[], offset: number): Translation | 'invalid-pte' {
  let left = offset;
  for (const { start, size } of ranges) {
    if (left < size) return { aperture: 'vram', address: start + left, left: size - left, readOnly: false, kind: 0 };
    left -= size;
  }
  return 'invalid-pte';
}

/** The virtual functions of a GPU, those that exist and what firmware has given them. */
export class VirtualFunctions {
  readonly #around: VirtualSurroundings;
  readonly #list: VirtualFunction[] = [];
  #memory = new Map<number, readonly VramRange[]>();

  constructor(around: VirtualSurroundings) {
    this.#around = around;
  }

  /** Lets there be `count` of them. */
  list(count: number): readonly PciFunction[] {
    while (this.#list.length < count) {
      const index = this.#list.length;
      this.#list.push(new VirtualFunction(this.#around, index, () => this.#memory.get(index + 1) ?? []));
    }
    this.#list.length = count;
    return this.#list;
  }

  /** Gives the function of a GFID these ranges of video memory in place of what it had; none: it is empty. @throws RangeError outside VRAM. */
  setMemory(gfid: number, ranges: readonly VramRange[]): void {
    const { vram } = this.#around;
    for (const { start, size } of ranges) {
      if (!(start >= 0 && size > 0 && start + size <= vram.size)) throw new RangeError(`Memory of GFID ${gfid} at ${start}, ${size} bytes: VRAM has ${vram.size}`);
    }
    if (ranges.length === 0) this.#memory.delete(gfid);
    else this.#memory.set(gfid, ranges.map((range) => ({ ...range })));
  }

  /** The GPU was reset: nobody has anything. */
  cold(): void {
    this.#memory.clear();
  }

  get state(): VirtualState {
    return {
      configs: this.#list.map(({ config }) => config.state()), tables: this.#list.map(({ table }) => table.slice()),
      memory: [...this.#memory].map(([gfid, ranges]) => [gfid, ranges.map((range) => ({ ...range }))]),
    };
  }

  /** After there are as many as there were. */
  restore({ configs, tables, memory }: VirtualState): void {
    this.#list.forEach((fn, index) => {
      const [config, table] = [configs[index], tables[index]];
      if (config) fn.config.restore(config);
      if (table) fn.table.set(table);
    });
    this.#memory = new Map(memory.map(([gfid, ranges]) => [gfid, ranges.map((range) => ({ ...range }))]));
  }
}
