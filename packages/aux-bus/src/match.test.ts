import fc from 'fast-check';
import { expect, it } from 'vitest';

import { explainTable, matchId } from './match.ts';
import { deviceName, matchNameOf, modaliasOf, utf8Length } from './name.ts';

it('builds names with the id behind the last dot', () => {
  expect(deviceName('nova-core', 'nova-drm', 3)).toBe('nova-core.nova-drm.3');
  expect(deviceName('a', 'b', 2 ** 32 - 1)).toBe('a.b.4294967295');
  expect([matchNameOf('a.b.c.0'), matchNameOf('plain'), modaliasOf('a.b.1')]).toEqual(['a.b.c', '', 'auxiliary:a.b']);
});

it('takes the match name back out of any full name', () => {
  const part = fc.string().filter((text) => !text.includes('/'));
  fc.assert(fc.property(part, part, fc.integer({ min: 0, max: 2 ** 32 - 1 }), (module, name, id) => {
    expect(matchNameOf(deviceName(module, name, id))).toBe(`${module}.${name}`);
  }));
});

it('matches exactly the first equal entry before the end of the table, and explains it', () => {
  const word = fc.constantFrom('', 'a.b', 'a.c', 'a.b ', 'A.b', 'a.b.c');
  fc.assert(fc.property(fc.array(word), word.filter((text) => text !== ''), (names, wanted) => {
    const table = names.map((name, data) => ({ name, data }));
    const end = names.includes('') ? names.indexOf('') : names.length;
    const index = names.slice(0, end).indexOf(wanted);
    expect(matchId(table, wanted)).toBe(index < 0 ? undefined : table[index]);
    const verdicts = explainTable(table, wanted).map(({ verdict }) => verdict);
    expect(verdicts.indexOf('match')).toBe(index);
    expect(verdicts.filter((verdict) => verdict === 'match').length).toBe(index < 0 ? 0 : 1);
  }));
});

it('changes its answer when one character of either side is altered', () => {
  fc.assert(fc.property(fc.string({ minLength: 1 }), fc.nat(), (name, at) => {
    const altered = Array.from(name);
    const index = at % altered.length;
    altered[index] = altered[index] === 'x' ? 'y' : 'x';
    expect(matchId([{ name }], name)).toBeDefined();
    expect(matchId([{ name }], altered.join(''))).toBeUndefined();
    expect(matchId([{ name }], `${name}x`)).toBeUndefined();
  }));
});

it('counts bytes, not characters', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => {
    expect(utf8Length(text)).toBe(Buffer.byteLength(text));
  }));
});
