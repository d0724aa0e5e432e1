import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readRegistry } from './registry.ts';

function table(entries: readonly (readonly [string, number, number])[]): Uint8Array {
  const names = entries.map(([name]) => `${name}\0`).join('');
  const bytes = new Uint8Array(8 + 16 * entries.length + names.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint32(4, entries.length, true);
  let at = 8 + 16 * entries.length;
  entries.forEach(([name, value, length], i) => {
    view.setUint32(8 + 16 * i, at, true);
    bytes[12 + 16 * i] = 1;
    view.setUint32(16 + 16 * i, value, true);
    view.setUint32(20 + 16 * i, length, true);
    for (const char of `${name}\0`) bytes[at++] = char.charCodeAt(0);
  });
  return bytes;
}

test('keys by name, with length 0 as nova writes it and 4 as nouveau does', () => {
  expect(readRegistry(table([['RMSecBusResetEnable', 1, 4], ['RMSetSriovMode', 1, 0]]))).toEqual({
    keys: { RMSecBusResetEnable: 1, RMSetSriovMode: 1 },
  });
});

test('a size that is not the payload\'s, a name without end, an unknown type', () => {
  const good = table([['A', 1, 4]]);
  const broken = (change: (bytes: Uint8Array) => void): Uint8Array => {
    const bytes = good.slice();
    change(bytes);
    return bytes;
  };
  for (const bytes of [good.subarray(1), broken((b) => { b[0]!++; }), broken((b) => { b[4] = 200; }), broken((b) => { b.fill(0x41, 24); }), broken((b) => { b[12] = 4; })]) {
    expect(readRegistry(bytes)).toHaveProperty('refused');
  }
});

test('arbitrary bytes are read or refused, never thrown at', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, sized) => {
    if (sized && bytes.length >= 8) new DataView(bytes.buffer).setUint32(0, bytes.length, true);
    readRegistry(bytes);
  }));
});
