import { ascii } from '@nova-stack/c-layout';

import type { Notice, RegistryEntry } from '../abi.ts';
import type { Needs } from './needs.ts';

export type RegistryNeeds = Needs<
  'NV_VGPU_MSG_FUNCTION_SET_REGISTRY' | 'PACKED_REGISTRY_TABLE' | 'PACKED_REGISTRY_ENTRY' | 'REGISTRY_TABLE_ENTRY_TYPE_DWORD'
>;

/** The packed registry: a head, one entry per key, and the names that the entries point to. */
export function setRegistry(rm: RegistryNeeds): Notice<readonly RegistryEntry[]> {
  const { PACKED_REGISTRY_TABLE: head, PACKED_REGISTRY_ENTRY: entry } = rm;
  return {
    name: 'SET_REGISTRY', function: rm.NV_VGPU_MSG_FUNCTION_SET_REGISTRY,
    encode(entries) {
      const namesAt = head.size + entries.length * entry.size;
      const size = namesAt + entries.reduce((sum, { name }) => sum + name.length + 1, 0);
      const table = new Uint8Array(size);
      head.write(table, 0, { size, numEntries: entries.length });
      let nameOffset = namesAt;
      for (const [i, { name, value }] of entries.entries()) {
        entry.write(table, head.size + i * entry.size, { nameOffset, type: rm.REGISTRY_TABLE_ENTRY_TYPE_DWORD, data: value, length: 4 });
        table.set(ascii(name), nameOffset);
        nameOffset += name.length + 1;
      }
      return table;
    },
  };
}
