/**
 * Plain data as bytes and back: what a suspended firmware leaves in its heap. Maps, byte arrays, big integers and
 * `undefined` survive, which JSON alone would lose.
 */

type Tagged = { readonly $map: readonly unknown[] } | { readonly $bytes: string } | { readonly $big: string } | { readonly $none: true };

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
export const toBytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value, tag));
export const fromBytes = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes), untag) as unknown;
