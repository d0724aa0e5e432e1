import type { DecodedEntry } from './decoder.ts';
import type { Value } from './value.ts';

/** What `JSON.stringify` takes as it is. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * A value as plain data: numbers up to 32 bits are numbers, larger ones `0x` texts, numbers that stand for something `{ value, name }`, bytes hex
 * texts, missing fields null, unknown bytes `{ unknown, why }`.
 */
export function jsonOfValue(value: Value): Json {
  switch (value.kind) {
    case 'number': {
      const number = typeof value.value === 'bigint' ? `0x${value.value.toString(16)}` : Number.isFinite(value.value) ? value.value : String(value.value);
      return value.name === undefined ? number : { value: number, name: value.name };
    }
    case 'truth': case 'text': return value.value;
    case 'bytes': return hexOf(value.value);
    case 'list': return value.items.map(jsonOfValue);
    case 'record': return Object.fromEntries(value.fields.map(({ name, value: field }) => [name, jsonOfValue(field)]));
    case 'unknown': return { unknown: hexOf(value.value), why: value.why };
    case 'missing': return null;
  }
}

/** A decoded message or note as plain data. */
export function jsonOf(entry: DecodedEntry): Json {
  if (entry.kind === 'note') return { time: entry.time, note: entry.text };
  const { time, direction, release, name, event, result, resultName, sequence, length, subject, status, statusName, body, unknown, missing } = entry;
  return {
    time, direction, release, function: { value: entry.function, name }, ...(event && { event }),
    result: resultName === undefined ? result : { value: result, name: resultName }, sequence, length,
    ...(subject !== undefined && { subject }),
    ...(status !== undefined && { status: statusName === undefined ? status : { value: status, name: statusName } }),
    ...(body !== undefined && { type: body.type, body: jsonOfValue(body) }),
    ...(unknown.bytes > 0 && { unknown: { bytes: unknown.bytes, where: unknown.where } }),
    ...(missing > 0 && { missing }),
  };
}

export function hexOf(bytes: Uint8Array): string {
  let out = '';
  for (const byte of bytes) out += byte.toString(16).padStart(2, '0');
  return out;
}
