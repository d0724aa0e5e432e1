import type { ScalarName } from '../scalars.ts';

/** Expressions that read, write and check one scalar. */
export interface Access {
  /** Bytes. */
  readonly size: number;
  readonly get: (at: string) => string;
  readonly set: (at: string, value: string) => string;
  readonly is: (value: string) => string;
  /** Suffix of the functions for whole arrays, where there are some. */
  readonly loops?: string;
}

const METHODS: Readonly<Record<ScalarName, readonly [method: string, size: number, is: (x: string) => string, loops?: string]>> = {
  u8: ['Uint8', 1, (x) => `typeof ${x} === 'number' && (${x} & 0xff) === ${x}`],
  char: ['Uint8', 1, (x) => `typeof ${x} === 'number' && (${x} & 0xff) === ${x}`],
  bool: ['Uint8', 1, (x) => `typeof ${x} === 'boolean'`],
  u16: ['Uint16', 2, (x) => `typeof ${x} === 'number' && (${x} & 0xffff) === ${x}`, 'U16'],
  u32: ['Uint32', 4, (x) => `typeof ${x} === 'number' && ${x} >>> 0 === ${x}`, 'U32'],
  u64: ['BigUint64', 8, (x) => `typeof ${x} === 'bigint' && BigInt.asUintN(64, ${x}) === ${x}`, 'U64'],
  ptr: ['BigUint64', 8, (x) => `typeof ${x} === 'bigint' && BigInt.asUintN(64, ${x}) === ${x}`, 'U64'],
  s8: ['Int8', 1, (x) => `typeof ${x} === 'number' && ${x} << 24 >> 24 === ${x}`],
  s16: ['Int16', 2, (x) => `typeof ${x} === 'number' && ${x} << 16 >> 16 === ${x}`],
  s32: ['Int32', 4, (x) => `typeof ${x} === 'number' && (${x} | 0) === ${x}`, 'S32'],
  s64: ['BigInt64', 8, (x) => `typeof ${x} === 'bigint' && BigInt.asIntN(64, ${x}) === ${x}`],
  f32: ['Float32', 4, (x) => `typeof ${x} === 'number'`],
  f64: ['Float64', 8, (x) => `typeof ${x} === 'number'`],
};

/** Code for a scalar in the DataView `view`; a truth value is a boolean over an integer. */
export function access(kind: ScalarName, truth: boolean, view = 'v'): Access {
  const [method, size, is, loops] = METHODS[kind];
  const end = size === 1 ? '' : ', true';
  const get = (at: string): string => `${view}.get${method}(${at}${end})`;
  const set = (at: string, value: string): string => `${view}.set${method}(${at}, ${value}${end})`;
  if (truth || kind === 'bool') {
    return { size, get: (at) => `${get(at)} !== 0`, set: (at, value) => set(at, `${value} ? 1 : 0`), is: METHODS.bool[2] };
  }
  return { size, get, set, is, ...(loops !== undefined && { loops }) };
}
