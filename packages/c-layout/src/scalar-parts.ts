import type { Part } from './part.ts';
import { numberFlaw, type Scalar } from './scalars.ts';

/**
 * A bitfield of a unit; a large unit's value is a bigint. Only the bytes that it lies in are touched, for in a packed
 * record its unit may lie half outside.
 */
export function bitsPart({ size, value: kind }: Scalar, shift: number, width: number): Part {
  const bytes = Math.ceil((shift + width) / 8);
  const mask = (1n << BigInt(width)) - 1n;
  const at0 = BigInt(shift);
  const raw = (view: DataView, at: number): bigint => {
    let all = 0n;
    for (let i = bytes - 1; i >= 0; i--) all = (all << 8n) | BigInt(view.getUint8(at + i));
    return all;
  };
  const large = kind === 'bigint';
  return {
    size,
    get: (view, at) => {
      const value = (raw(view, at) >> at0) & mask;
      return large ? value : Number(value);
    },
    set: (view, at, value) => {
      let all = (raw(view, at) & ~(mask << at0)) | (BigInt(value as number | bigint) << at0);
      for (let i = 0; i < bytes; i++, all >>= 8n) view.setUint8(at + i, Number(all & 0xffn));
    },
    flaw: (value) => numberFlaw({ value: kind, min: large ? 0n : 0, max: large ? mask : Number(mask) }, value),
  };
}
