/**
 * Plain data as bytes and back: what a suspended firmware leaves in its heap. Maps, byte arrays, big integers and
 * `undefined` survive, which JSON alone would lose.
 */

type Tagged = { readonly $map: readonly unknown[] } | { readonly $bytes: string } | { readonly $big: string } | { readonly $none: true };

/** Characters that are made at a time. */
const PIECE = 0x1000;

function tag(this: unknown, key: string, value: unknown): unknown {
  // JSON has called toJSON by now; the holder still has the value itself.
  const own = (this as Readonly<Record<string, unknown>>)[key];
  if (own === undefined) return { $none: true } satisfies Tagged;
  if (typeof own === 'bigint') return { $big: own.toString() } satisfies Tagged;
  if (own instanceof Map) return { $map: [...own as Map<unknown, unknown>] } satisfies Tagged;
  if (own instanceof Uint8Array) return { $bytes: Array.from(own, (byte) => byte.toString(16).padStart(2, '0')).join('') } satisfies Tagged;
  return value;
}

function untag(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('$none' in value) return undefined;
  if ('$big' in value) return BigInt(value.$big as string);
  if ('$map' in value) return new Map(value.$map as readonly [unknown, unknown][]);
  if ('$bytes' in value) return Uint8Array.from({ length: (value.$bytes as string).length / 2 }, (_, i) => parseInt((value.$bytes as string).slice(2 * i, 2 * i + 2), 16));
  return value;
}

/** Members whose value is `undefined` are kept; JSON.parse drops what its reviver makes undefined, which reads the same. */
export function toBytes(value: unknown): Uint8Array {
  // Only ASCII goes out, so that a byte is a character.
  const text = JSON.stringify(value, tag).replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function fromBytes(bytes: Uint8Array): unknown {
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return JSON.parse(text, untag) as unknown;
}
