/**
 * A deep copy of plain data, which is what devices and firmware keep as their state: objects, arrays, maps, sets, typed
 * arrays and scalars. Nothing is shared with the original.
 */
export function copyPlain<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array || value instanceof Uint32Array) return value.slice() as T;
  if (Array.isArray(value)) return value.map((item: unknown) => copyPlain(item)) as T;
  if (value instanceof Map) return new Map([...(value as Map<unknown, unknown>)].map(([key, item]) => [key, copyPlain(item)])) as T;
  if (value instanceof Set) return new Set(value) as T;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyPlain(item as unknown)])) as T;
}
