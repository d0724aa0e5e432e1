import type { ScalarName } from '../scalars.ts';

/** Code that reads, writes and checks one scalar. */
export interface Access {
  /** Bytes. */
  readonly size: number;
  /** Reads at `p` of the DataView `v`. */
  readonly get: (v: string, p: string) => string;
  readonly set: (v: string, p: string, x: string) => string;
  /**
   * True when `x` can be written. May throw a TypeError for another kind of value (a bigint has no `>>>`): `encode`
   * takes that for no.
   */
  readonly is: (x: string) => string;
  /** Checks `x`, writes it at `p` of `v`, and tells whether that was done. Never throws. */
  readonly put: (v: string, p: string, x: string) => string;
  /** Name of the functions for whole arrays, where there are some. */
  readonly loops?: string;
}

// Checks and writes of numbers are written out, so that the engine learns at each place whether small integers or
// doubles come by; in a function that all share it would learn nothing. Reads have no such choice.
const NUMBERS: Readonly<Record<string, readonly [size: number, method: string, is: (x: string) => string]>> = {
  u8: [1, 'Uint8', (x) => `(${x}&255)===${x}`],
  u16: [2, 'Uint16', (x) => `(${x}&65535)===${x}`],
  u32: [4, 'Uint32', (x) => `${x}>>>0===${x}`],
  s8: [1, 'Int8', (x) => `${x}<<24>>24===${x}`],
  s16: [2, 'Int16', (x) => `${x}<<16>>16===${x}`],
  s32: [4, 'Int32', (x) => `(${x}|0)===${x}`],
};
const LOOPS: ReadonlySet<string> = new Set(['u16', 'u32', 's32', 'u64']);

/** How a field's scalar is reached; a truth value is a boolean over an integer. */
export function access(kind: ScalarName, truth: boolean): Access {
  if (truth || kind === 'bool') return calls(kind === 'u32' ? 't32' : 't8', kind === 'u32' ? 4 : 1, 'isBool');
  const name = kind === 'char' ? 'u8' : kind === 'ptr' ? 'u64' : kind;
  const number = NUMBERS[name];
  const loops = LOOPS.has(name) && { loops: name };
  if (number === undefined) return { ...calls(name, name === 'f32' ? 4 : 8, `is${name.toUpperCase()}`), ...loops };
  const [size, method, is] = number;
  return {
    ...calls(name, size, `is${name.toUpperCase()}`),
    set: (v, p, x) => `${v}.set${method}(${p},${x}${size === 1 ? '' : ',true'})`,
    is,
    ...loops,
  };
}

function calls(name: string, size: number, check: string): Access {
  const upper = name.toUpperCase();
  return {
    size, get: (v, p) => `${name}(${v},${p})`, set: (v, p, x) => `set${upper}(${v},${p},${x})`, is: (x) => `${check}(${x})`, put: (v, p, x) => `p${upper}(${v},${p},${x})`,
  };
}
