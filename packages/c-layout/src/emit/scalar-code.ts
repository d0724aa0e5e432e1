import type { ScalarName } from '../scalars.ts';

/** Code that reads, writes and checks one scalar. `v` is a DataView, `p` a place in it, `x` a value. */
export interface ScalarCode {
  /** Name of the scalar as the runtime knows it, in small letters: `u32` reads it, `U32` is its part. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly get: (v: string, p: string) => string;
  readonly set: (v: string, p: string, x: string) => string;
  /** The scratch's typed array for it, and what is stored there. */
  readonly typed?: { readonly array: string; readonly stored: (x: string) => string };
  /**
   * True when `x` can be written. May throw a TypeError for another kind of value (a bigint has no `>>>`): who asks takes
   * that for no.
   */
  readonly is: (x: string) => string;
  /** There are functions of the runtime for whole arrays. */
  readonly loops: boolean;
}

// Checks and writes are written out, so that the engine learns at each place whether small integers or doubles come by;
// in a function that all share it would learn nothing. Reads have no such choice.
const CODES: Readonly<Record<string, readonly [size: number, method: string, is: (x: string) => string, stored?: (x: string) => string]>> = {
  u8: [1, 'Uint8', (x) => `(${x}&255)===${x}`],
  u16: [2, 'Uint16', (x) => `(${x}&65535)===${x}`],
  u32: [4, 'Uint32', (x) => `${x}>>>0===${x}`],
  u64: [8, 'BigUint64', (x) => `BigInt.asUintN(64,${x})===${x}`],
  s8: [1, 'Int8', (x) => `${x}<<24>>24===${x}`],
  s16: [2, 'Int16', (x) => `${x}<<16>>16===${x}`],
  s32: [4, 'Int32', (x) => `(${x}|0)===${x}`],
  s64: [8, 'BigInt64', (x) => `BigInt.asIntN(64,${x})===${x}`],
  f32: [4, 'Float32', (x) => `typeof ${x}==='number'`],
  f64: [8, 'Float64', (x) => `typeof ${x}==='number'`],
  t8: [1, 'Uint8', (x) => `typeof ${x}==='boolean'`, (x) => `${x}?1:0`],
  t32: [4, 'Uint32', (x) => `typeof ${x}==='boolean'`, (x) => `${x}?1:0`],
};
const LOOPS: ReadonlySet<string> = new Set(['u16', 'u32', 's32', 'u64']);

const asItIs = (x: string): string => x;

/** How a field's scalar is reached; a truth value is a boolean over an integer. */
export function scalarCode(kind: ScalarName, truth: boolean): ScalarCode {
  const name = truth ? kind.replace('u', 't') : kind === 'bool' ? 't8' : kind === 'char' ? 'u8' : kind === 'ptr' ? 'u64' : kind;
  const [size, method, is, stored = asItIs] = CODES[name]!;
  return {
    name, size, is,
    get: (v, p) => `${name}(${v},${p})`,
    set: (v, p, x) => `${v}.set${method}(${p},${stored(x)}${size === 1 ? '' : ',true'})`,
    ...(name.startsWith('f') ? {} : { typed: { array: `at${size * 8}`, stored } }),
    loops: LOOPS.has(name),
  };
}
