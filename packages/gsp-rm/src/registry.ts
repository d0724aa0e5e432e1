/**
 * PACKED_REGISTRY_TABLE: keys that the driver hands to the firmware. The same form in every release.
 *
 * Source: open-gpu-kernel-modules 570.144: src/nvidia/src/kernel/os/os_registry.c
 */

const HEADER = 8;
const ENTRY = 16;
const TYPES = { dword: 1, binary: 2, string: 3 } as const;
/** Longest name in bytes. */
const NAME_LIMIT = 256;

export type Registry = Record<string, number | string>;

/** The keys by name, or why the table is refused. The length field of DWORD entries is 0 or 4, as drivers differ. */
export function readRegistry(table: Uint8Array): { readonly keys: Registry } | { readonly refused: string } {
  if (table.length < HEADER) return { refused: `table of ${table.length} bytes` };
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const size = view.getUint32(0, true);
  const count = view.getUint32(4, true);
  if (size !== table.length) return { refused: `size ${size} in a payload of ${table.length} bytes` };
  if (HEADER + count * ENTRY > size) return { refused: `${count} entries do not fit` };
  const keys: Registry = {};
  for (let i = 0; i < count; i++) {
    const at = HEADER + i * ENTRY;
    const name = text(table, view.getUint32(at, true), NAME_LIMIT);
    const type = view.getUint8(at + 4);
    const data = view.getUint32(at + 8, true);
    const length = view.getUint32(at + 12, true);
    if (name === undefined) return { refused: `name of entry ${i} is not terminated inside the table` };
    if (type === TYPES.dword) {
      if (length !== 0 && length !== 4) return { refused: `DWORD ${name} of ${length} bytes` };
      keys[name] = data;
    } else if (type === TYPES.string || type === TYPES.binary) {
      if (data > size || length > size - data) return { refused: `value of ${name} outside the table` };
      keys[name] = text(table.subarray(data, data + length), 0, length) ?? '';
    } else return { refused: `type ${type} of ${name}` };
  }
  return { keys };
}

function text(bytes: Uint8Array, at: number, limit: number): string | undefined {
  let result = '';
  for (let i = at; i < bytes.length && i - at < limit; i++) {
    if (bytes[i] === 0) return result;
    result += String.fromCharCode(bytes[i]!);
  }
  return undefined;
}
