import { wrongKind, type Part, type PartFlaw } from './part.ts';
import type { Scalar } from './scalars.ts';

export function scalarPart(scalar: Scalar): Part {
  return { size: scalar.size, get: scalar.get, set: scalar.set, flaw: (value) => scalarFlaw(scalar, value) };
}

function scalarFlaw({ value: kind, min, max }: Pick<Scalar, 'value' | 'min' | 'max'>, value: unknown): PartFlaw | undefined {
  if (typeof value !== kind) return wrongKind(`a ${kind}`, value);
  if (min === undefined || max === undefined) return undefined;
  if (kind === 'number' && !Number.isInteger(value)) return { code: 'RANGE', path: '', message: `expected a whole number, got ${String(value)}`, value, range: { min, max } };
  if ((value as number) < min || (value as number) > max) return { code: 'RANGE', path: '', message: `${String(value)} is outside ${String(min)} to ${String(max)}`, value, range: { min, max } };
  return undefined;
}

/** A C truth value in an integer. */
export function truthPart(scalar: Scalar): Part {
  return {
    size: scalar.size,
    get: (view, at) => scalar.get(view, at) !== 0,
    set: (view, at, value) => { scalar.set(view, at, (value ? 1 : 0) as never); },
    flaw: (value) => (typeof value === 'boolean' ? undefined : wrongKind('a boolean', value)),
  };
}

/** A bitfield. Only the bytes that it lies in are touched, for in a packed record its unit may lie half outside. */
export function bitsPart(unit: Scalar, shift: number, width: number): Part {
  const bytes = Math.ceil((shift + width) / 8);
  const mask = (1n << BigInt(width)) - 1n;
  const at0 = BigInt(shift);
  const raw = (view: DataView, at: number): bigint => {
    let all = 0n;
    for (let i = bytes - 1; i >= 0; i--) all = (all << 8n) | BigInt(view.getUint8(at + i));
    return all;
  };
  const large = unit.value === 'bigint';
  return {
    size: unit.size,
    get: (view, at) => {
      const value = (raw(view, at) >> at0) & mask;
      return large ? value : Number(value);
    },
    set: (view, at, value) => {
      let all = (raw(view, at) & ~(mask << at0)) | (BigInt(value as number | bigint) << at0);
      for (let i = 0; i < bytes; i++, all >>= 8n) view.setUint8(at + i, Number(all & 0xffn));
    },
    flaw: (value) => scalarFlaw({ value: unit.value, min: large ? 0n : 0, max: large ? mask : Number(mask) }, value),
  };
}
