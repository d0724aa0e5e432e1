/** Deep copy of plain data: objects, arrays, Maps, byte arrays and primitives; nothing is shared with the original. */
export function copyPlain<T>(value: T): T {
  return copy(value) as T;
}

function copy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return value.slice();
  if (Array.isArray(value)) return value.map(copy);
  if (value instanceof Map) return new Map([...value].map(([key, entry]) => [key, copy(entry)] as const));
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, copy(entry)]));
}
