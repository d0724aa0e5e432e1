import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readFwsecCommand } from './fwsec.ts';

/** DMEM with an interface table at 0x40, a mapper at 0x80 and a command buffer at 0x100. */
function dmem(init: number): DataView {
  const view = new DataView(new ArrayBuffer(0x200));
  view.setUint32(0x40, 0x02_08_04_01, true);
  view.setUint32(0x44, 1, true);
  view.setUint32(0x4c, 4, true);
  view.setUint32(0x50, 0x80, true);
  view.setUint32(0x80 + 0x08, 0x100, true);
  view.setUint32(0x80 + 0x2c, init, true);
  view.setUint32(0x100, 1, true);
  view.setUint32(0x104, 24, true);
  view.setUint32(0x118, 1, true);
  view.setUint32(0x11c, 20, true);
  view.setUint32(0x120, 0x5ffe00, true);
  view.setUint32(0x124, 0x100, true);
  view.setUint32(0x128, 2, true);
  return view;
}

const bytes = (view: DataView): Uint8Array => new Uint8Array(view.buffer);

test('FRTS with its region, SB', () => {
  expect(readFwsecCommand(bytes(dmem(0x15)), 0x40)).toEqual({ command: 'frts', start: 0x5ffe00000, size: 0x100000 });
  expect(readFwsecCommand(bytes(dmem(0x19)), 0x40)).toEqual({ command: 'sb' });
});

test('another command, another version, another medium, an offset outside', () => {
  expect(readFwsecCommand(bytes(dmem(0x16)), 0x40)).toHaveProperty('code', 2);
  for (const [at, value, code] of [[0x100, 2, 3], [0x128, 1, 4], [0x124, 0, 4], [0x88, 0x1f0, 3], [0x50, 0x1fffffff, 1]] as const) {
    const view = dmem(0x15);
    view.setUint32(at, value, true);
    expect(readFwsecCommand(bytes(view), 0x40)).toHaveProperty('code', code);
  }
});

test('arbitrary DMEM never throws', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 0x200 }), fc.nat(0x300), fc.boolean(), (noise, offset, seeded) => {
    if (seeded && noise.length > offset + 16) noise.set([1, 4, 8, 1, 4, 0, 0, 0], offset);
    readFwsecCommand(noise, offset);
  }));
});
