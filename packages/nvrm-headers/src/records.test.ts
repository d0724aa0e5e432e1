import type { Layout } from '@nova-stack/c-layout';
import { describe, expect, test } from 'vitest';

import { readFacts } from '../scripts/facts.mjs';

interface Vite {
  glob<T>(pattern: string, options: { readonly eager: true; readonly query?: string; readonly import?: string }): Record<string, T>;
}

const texts = (import.meta as unknown as Vite).glob<string>('../facts/*.jsonl', { eager: true, query: '?raw', import: 'default' });
const modules = (import.meta as unknown as Vite).glob<Record<string, unknown>>('./generated/r570_144/**/*.ts', { eager: true });

const facts = readFacts(texts['../facts/570.144.jsonl']!);
const layouts = new Map<string, Layout<Record<string, unknown>>>();
for (const module of Object.values(modules)) {
  for (const value of Object.values(module)) {
    if (typeof value === 'object' && value !== null && 'decode' in value) layouts.set((value as Layout<unknown>).name, value as Layout<Record<string, unknown>>);
  }
}

describe('the records of 570.144', () => {
  test('are all there, with the size and alignment that a C compiler gave them', () => {
    expect(facts.records.size).toBe(2909);
    for (const record of facts.records.values()) {
      const layout = layouts.get(record.name);
      expect([layout?.size, layout?.align], record.name).toEqual([record.size, record.align]);
    }
  });

  test('have every field where it was, and round-trip', () => {
    for (const record of facts.records.values()) {
      const layout = layouts.get(record.name)!;
      for (const [name, offset, , , , bit] of record.fields) {
        // Fields of members without a name are the record's own; bitfields lie in the unit that holds their first bit.
        if (name !== '' && !bit) expect((layout.offsets as Record<string, number>)[name], `${record.name}.${name}`).toBe(offset);
      }
      if (record.size > 0x4000 || record.size === 0) continue;
      const bytes = Uint8Array.from({ length: record.size }, (_, i) => (i * 31 + 7) & 1);
      const value = layout.read(bytes);
      const copy = bytes.slice();
      layout.encode(new DataView(copy.buffer), 0, value);
      expect(Buffer.compare(copy, bytes), record.name).toBe(0);
    }
  });
});
