import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';

import {
  at, decode, FALCONS, get, make, NV_PFALCON_FALCON_IMEMC, NV_PFALCON_FALCON_MAILBOX0, NV_PMC_BOOT_0, NV_PMC_BOOT_42, register,
  REGISTER_UNITS, RegisterError, set, within, type AnyRegister,
} from './index.ts';

const all = Object.values(REGISTER_UNITS).flat();
const facts = { doc: 'd', source: 's' };
const arbitraryRegister = fc.constantFrom(...all);

describe('a register', () => {
  it('decodes BOOT_0 and BOOT_42 of AD102, revision A1', () => {
    expect(decode(NV_PMC_BOOT_0, 0x192000a1)).toEqual({ raw: 0x192000a1, architecture: 0x19, implementation: 2, architectureHigh: 0, major: 0xa, minor: 1 });
    expect(get(NV_PMC_BOOT_42, 'architecture', 0x192a1000)).toBe(0x19);
    expect(make(NV_PMC_BOOT_42, { architecture: 0x19, implementation: 2, major: 0xa, minor: 1 })).toBe(0x192a1000);
  });

  it('is one of an array, and lies within an engine', () => {
    const second = at(NV_PFALCON_FALCON_IMEMC, 1);
    expect([second.name, second.address]).toEqual(['NV_PFALCON_FALCON_IMEMC(1)', 0x190]);
    expect(within(FALCONS.gsp, NV_PFALCON_FALCON_MAILBOX0).address).toBe(0x110040);
    expect(() => at(NV_PFALCON_FALCON_IMEMC, 4)).toThrow(new RegisterError('INDEX', 'There is no NV_PFALCON_FALCON_IMEMC(4): expected 0 to 3'));
  });

  it('refuses a value that does not fit, and a field that it lacks', () => {
    expect(() => make(NV_PMC_BOOT_0, { major: 16 })).toThrow('Cannot encode NV_PMC_BOOT_0.major: value 16 does not fit bits 7:4');
    expect(() => make(NV_PMC_BOOT_0, { major: -1 })).toThrow(RegisterError);
    expect(() => set(NV_PMC_BOOT_0, 0, { other: 1 } as never)).toThrow('has no field other');
  });

  it.each([
    ['unaligned', 2, {}], ['outside', 0, { a: [32, 0] }], ['turned round', 0, { a: [0, 1] }], ['overlapping', 0, { a: [7, 0], b: [8, 7] }],
  ] as const)('cannot be declared %s', (_, address, fields) => {
    expect(() => register('X', address, fields, facts)).toThrow(RegisterError);
  });

  test.prop([arbitraryRegister, fc.integer({ min: 0, max: 0xffffffff }), fc.infiniteStream(fc.integer({ min: 0, max: 0xffffffff }))])(
    'keeps what is set, and leaves other bits alone', (reg, value, stream) => {
      const before = decode(reg, value);
      for (const [name, [high, low]] of Object.entries(reg.fields)) {
        const part = stream.next().value! % 2 ** (high - low + 1);
        const after = set(reg, value, { [name]: part });
        expect(get(reg, name, after)).toBe(part);
        for (const other of Object.keys(reg.fields)) if (other !== name) expect(get(reg, other, after)).toBe(before[other]);
        expect(set(reg, after, { [name]: before[name]! })).toBe(value);
      }
    });
});

describe('the table of registers', () => {
  it('has every name once', () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  it('has every address once, but for what is another view of the same bits', () => {
    const views = new Set(['NV_PBUS_SW_SCRATCH_0E_FRTS_ERR', 'NV_PBUS_SW_SCRATCH_15_SB_ERR']);
    const spread = (reg: AnyRegister): string[] =>
      'count' in reg ? Array.from({ length: reg.count }, (_, i) => `${reg.space} ${reg.address + i * reg.stride}`) : [`${reg.space} ${reg.address}`];
    const places = all.filter(({ name }) => !views.has(name)).flatMap(spread);
    expect(places.filter((place, index) => places.indexOf(place) !== index)).toEqual([]);
  });

  it('stays within BAR0 and says where it knows things from', () => {
    for (const { name, address, doc, source } of all) {
      expect(address, name).toBeLessThan(0x1000000);
      expect(doc, name).toMatch(/\.$/);
      expect(source, name).toMatch(/^(linux|open-gpu-kernel-modules 570\.144): /);
    }
  });
});
