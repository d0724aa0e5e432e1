import fc from 'fast-check';
import { expect, it } from 'vitest';

import { bench, client } from '../bench-fixture.ts';

it('56: of several GPUs, removing one changes nothing that can be seen on the others', async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 2, max: 5 }), fc.nat(9), fc.constantFrom('withdraw', 'unbind parent', 'unbind', 'refuses to let go'), async (gpus, pick, how) => {
    const gone = pick % gpus;
    const { bus, log } = bench();
    await bus.registerDriver(client(log, {
      idTable: [{ name: 'core.client' }, { name: 'core.other' }],
      remove: () => {
        if (how === 'refuses to let go') throw new Error('stuck');
      },
    }));
    const parents = Array.from({ length: gpus }, (_one, id) => bus.parent(`gpu ${id}`));
    const published = [];
    for (const [id, parent] of parents.entries()) {
      published.push([await bus.publish({ parent, module: 'core', name: 'client', id }), await bus.publish({ parent, module: 'core', name: 'other', id })]);
    }
    const others = (): unknown => [
      bus.tree().filter(({ name }) => name !== `gpu ${gone}`), bus.waits(), bus.powerOrder().filter((name) => !name.endsWith(`.${gone}`)), parents.filter((_parent, id) => id !== gone).map(({ children }) => children),
    ];
    const before = JSON.stringify(others());
    log.length = 0;
    if (how === 'unbind') for (const name of ['client', 'other']) await bus.unbind('client', `core.${name}.${gone}`);
    else if (how === 'unbind parent') await parents[gone]!.unbind();
    else for (const device of published[gone]!) await device.withdraw();
    expect(JSON.stringify(others())).toBe(before);
    expect(log.every((line) => line.split(' ')[1]!.endsWith(`.${gone}`))).toBe(true);
  }), { numRuns: 60 });
});
