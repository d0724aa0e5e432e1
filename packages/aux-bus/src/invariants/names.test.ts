import fc from 'fast-check';
import { expect, it } from 'vitest';

import { bench, client, code, free } from '../bench-fixture.ts';
import { matchId } from '../match.ts';
import { deviceName, matchNameOf, NAME_SIZE } from '../name.ts';

const part = fc.string().filter((text) => !text.includes('/'));
const id = fc.integer({ min: 0, max: 2 ** 32 - 1 });

it('1: a name is module, name and id with dots between, its match name everything before the last dot', () => {
  fc.assert(fc.property(part, part, id, (module, name, number) => {
    const full = deviceName(module, name, number);
    expect(full).toBe(`${module}.${name}.${number}`);
    expect(matchNameOf(full)).toBe(full.slice(0, full.lastIndexOf('.')));
    expect(matchNameOf(full)).toBe(`${module}.${name}`);
  }));
});

it('2: names are unique on the bus, and a colliding add changes nothing', async () => {
  const { bus, log } = bench();
  await bus.registerDriver(client(log));
  await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 0 });
  for (const parent of [bus.parent('p'), bus.parent('q')]) {
    const twin = bus.initialize({ parent, name: 'client', id: 0, release: free });
    const before = JSON.stringify([log, bus.tree(), bus.powerOrder(), twin.references]);
    await expect(twin.add('core')).rejects.toEqual(code('EEXIST'));
    expect(JSON.stringify([log, bus.tree(), bus.powerOrder(), twin.references])).toBe(before);
    twin.uninit();
  }
});

it('3: a match depends on match name and table alone, not on id, parent or order', async () => {
  await fc.assert(fc.asyncProperty(id, fc.constantFrom('p', 'q'), fc.boolean(), fc.constantFrom('client', 'other'), async (number, parent, first, name) => {
    const { bus, log } = bench();
    const driver = (): Promise<unknown> => bus.registerDriver(client(log));
    if (first) await driver();
    await bus.publish({ parent: bus.parent(parent), module: 'core', name, id: number });
    if (!first) await driver();
    expect(bus.devices()[0]!.driver).toBe(name === 'client' ? 'client' : undefined);
  }), { numRuns: 50 });
});

it('4: a match is exact: one character or the length altered on either side, and there is none', () => {
  fc.assert(fc.property(fc.string({ minLength: 1 }), fc.nat(), (name, at) => {
    const altered = Array.from(name);
    const index = at % altered.length;
    altered[index] = altered[index] === 'x' ? 'y' : 'x';
    const other = altered.join('');
    expect(matchId([{ name }], name)).toBeDefined();
    for (const [a, b] of [[name, other], [name, `${name}x`], [name, name.slice(0, -1)]] as const) {
      expect(matchId([{ name: a }], b)).toBeUndefined();
      expect(matchId([{ name: b }], a)).toBeUndefined();
    }
  }));
});

it('5: entries after the first empty one have no effect', () => {
  const word = fc.constantFrom('a.b', 'a.c', 'a.d');
  fc.assert(fc.property(fc.array(word), fc.array(word), word, (before, after, wanted) => {
    const table = [...before, '', ...after].map((name) => ({ name }));
    expect(matchId(table, wanted)).toEqual(matchId(before.map((name) => ({ name })), wanted));
  }));
});

it('6: a match name of 40 bytes and more never binds', async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 30, max: 50 }), fc.constantFrom('x', 'é'), async (length, letter) => {
    const { bus, log } = bench();
    const name = letter.repeat(length);
    const bytes = Buffer.byteLength(`core.${name}`);
    const registered = await bus.registerDriver(client(log, { idTable: [{ name: `core.${name}` }] })).catch((error: unknown) => error);
    await bus.publish({ parent: bus.parent('p'), module: 'core', name, id: 0 });
    expect(bus.devices()[0]!.driver).toBe(bytes < NAME_SIZE ? 'client' : undefined);
    if (bytes >= NAME_SIZE) expect(registered).toEqual(code('EINVAL'));
  }));
});
