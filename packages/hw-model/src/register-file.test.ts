import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';

import { RegisterFile } from './register-file.ts';

const file = (): RegisterFile => new RegisterFile(() => 0xbad00000);
const value32 = fc.integer({ min: 0, max: 0xffffffff });

describe('the register file', () => {
  it('holds plain values, keeps read-only ones, and puts both back when cold', () => {
    const registers = file();
    registers.plain({ address: 0x10 }, 5);
    registers.plain({ address: 0x14, access: 'ro' }, 6);
    registers.write(0x10, 4, 0xffffffff);
    registers.write(0x14, 4, 0xffffffff);
    expect([registers.read(0x10, 4), registers.read(0x14, 4), registers.read(0x18, 4)]).toEqual([0xffffffff, 6, 0xbad00000]);
    registers.set({ address: 0x14 }, 7);
    expect(registers.read(0x14, 4)).toBe(7);
    registers.cold();
    expect([registers.read(0x10, 4), registers.read(0x14, 4)]).toEqual([5, 6]);
  });

  it('asks handlers, and windows where no register was declared', () => {
    const registers = file();
    const writes: number[] = [];
    registers.window(0x2000, 0x1000, { read: (offset, size) => offset * 16 + size, write: (offset) => void writes.push(offset) });
    registers.handle({ address: 0x2008 }, { read: () => -1, write: (value) => void writes.push(-value) });
    expect([registers.read(0x2004, 4), registers.read(0x2006, 2), registers.read(0x2008, 4), registers.read(0x200a, 1)]).toEqual([0x44, 0x62, 0xffffffff, 0xff]);
    registers.write(0x2004, 1, 1);
    registers.write(0x2009, 1, 2);
    expect(writes).toEqual([4, -0x200]);
  });

  it('refuses to declare registers outside BAR0', () => {
    for (const address of [0x1000000, -4, 2]) expect(() => { file().plain({ address }); }).toThrow(RangeError);
  });

  test.prop([fc.array(fc.record({ at: fc.nat(60), size: fc.constantFrom(1 as const, 2 as const, 4 as const), value: value32 }))])(
    'is memory where registers are plain, at any width', (writes) => {
      const registers = file();
      const memory = new DataView(new ArrayBuffer(64));
      for (let address = 0; address < 64; address += 4) registers.plain({ address });
      for (const { at, size, value } of writes) {
        const address = at - (at % size);
        const part = size === 4 ? value : value % 2 ** (8 * size);
        registers.write(address, size, part);
        if (size === 4) memory.setUint32(address, part, true);
        else if (size === 2) memory.setUint16(address, part, true);
        else memory.setUint8(address, part);
      }
      for (let address = 0; address < 64; address++) expect(registers.read(address, 1)).toBe(memory.getUint8(address));
      for (let address = 0; address < 64; address += 2) expect(registers.read(address, 2)).toBe(memory.getUint16(address, true));
      for (let address = 0; address < 64; address += 4) expect(registers.read(address, 4)).toBe(memory.getUint32(address, true));
    });

  test.prop([fc.nat(40), fc.uint8Array({ maxLength: 20 })])('reads and writes blocks as if word by word', (start, bytes) => {
    const registers = file();
    for (let address = 0; address < 64; address += 4) registers.plain({ address });
    registers.writeBlock(start, bytes);
    const back = new Uint8Array(bytes.length);
    registers.readBlock(start, back);
    expect(back).toEqual(bytes);
    expect(registers.read(start + bytes.length, 1)).toBe(0);
  });

  test.prop([fc.array(fc.tuple(fc.nat(15), value32))])('goes on from a state that it gave, which shares nothing with it', (writes) => {
    const registers = file();
    for (let address = 0; address < 64; address += 4) registers.plain({ address });
    for (const [word, value] of writes) registers.write(word * 4, 4, value);
    const state = registers.state();
    const before = structuredClone(state);
    for (let address = 0; address < 64; address += 4) registers.write(address, 4, 1);
    expect(state).toEqual(before);
    registers.restore(state);
    expect(registers.state()).toEqual(before);
  });
});
