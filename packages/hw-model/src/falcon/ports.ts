import { FALCON_BLOCK, get, NV_PFALCON_FALCON_DMEMC, NV_PFALCON_FALCON_IMEMC, set } from '@nova-stack/gpu-regs';

import { MEMORY_SIZE, type FalconState } from './state.ts';

/**
 * The ports through which the CPU reads and writes a falcon's memories, word by word. Offsets wrap at the end of the
 * memory. Secure code does not read back.
 */
const WORD_MASK = MEMORY_SIZE - 4;
/** What reads of secure IMEM answer. */
const SECURE_READ = 0xdead_5ec1;

export function readImemPort(state: FalconState, port: number): number {
  const control = state.imemControl[port]!;
  const at = get(NV_PFALCON_FALCON_IMEMC, 'offset', control) & WORD_MASK;
  if (get(NV_PFALCON_FALCON_IMEMC, 'autoIncrementRead', control)) state.imemControl[port] = advance(control);
  return state.blocks.get(Math.floor(at / FALCON_BLOCK))?.secure === true ? SECURE_READ : word(state.imem, at);
}

export function writeImemPort(state: FalconState, port: number, value: number): void {
  const control = state.imemControl[port]!;
  const at = get(NV_PFALCON_FALCON_IMEMC, 'offset', control) & WORD_MASK;
  store(state.imem, at, value);
  state.loaded = true;
  state.blocks.set(Math.floor(at / FALCON_BLOCK), { tag: state.imemTag[port]!, secure: get(NV_PFALCON_FALCON_IMEMC, 'secure', control) === 1 });
  if (get(NV_PFALCON_FALCON_IMEMC, 'autoIncrementWrite', control)) state.imemControl[port] = advance(control);
}

export function readDmemPort(state: FalconState, port: number): number {
  const control = state.dmemControl[port]!;
  if (get(NV_PFALCON_FALCON_DMEMC, 'autoIncrementRead', control)) state.dmemControl[port] = advance(control);
  return word(state.dmem, get(NV_PFALCON_FALCON_DMEMC, 'offset', control) & WORD_MASK);
}

export function writeDmemPort(state: FalconState, port: number, value: number): void {
  const control = state.dmemControl[port]!;
  store(state.dmem, get(NV_PFALCON_FALCON_DMEMC, 'offset', control) & WORD_MASK, value);
  state.loaded = true;
  if (get(NV_PFALCON_FALCON_DMEMC, 'autoIncrementWrite', control)) state.dmemControl[port] = advance(control);
}

/** IMEMC and DMEMC have their offset in the same place. */
function advance(control: number): number {
  return set(NV_PFALCON_FALCON_DMEMC, control, { offset: (get(NV_PFALCON_FALCON_DMEMC, 'offset', control) + 4) & (MEMORY_SIZE - 1) });
}

function word(memory: Uint8Array, at: number): number {
  return (memory[at]! | (memory[at + 1]! << 8) | (memory[at + 2]! << 16) | (memory[at + 3]! << 24)) >>> 0;
}

function store(memory: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 4; i++) memory[at + i] = value >>> (8 * i);
}
