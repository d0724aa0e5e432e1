import { readFileSync } from 'node:fs';

import { expect, it, vi } from 'vitest';

import { createAuxBus, endpoint, endpointKey } from './index.ts';

it('does what its README shows', async () => {
  const print = vi.spyOn(console, 'log').mockImplementation(() => undefined);

  // What both sides share: the type of the data that a device carries for its driver.
  const GREETER = endpointKey<{ greet(name: string): string }>('greeter');

  const bus = createAuxBus();

  // The client: matches by `<module>.<name>`, whatever the id.
  await bus.registerDriver({
    module: 'client',
    idTable: [{ name: 'core.greeter' }],
    probe(device) {
      device.defer('a good word', () => console.log(`${device.name} released`));
      return device.endpoint(GREETER).greet('client');
    },
    remove: (_device, greeting) => console.log('remove after', greeting),
  });

  // The core: publishes one device per GPU.
  const parent = bus.parent('0000:01:00.0');
  const published = await bus.publish({
    parent, module: 'core', name: 'greeter', id: 0,
    endpoint: endpoint(GREETER, { greet: (name) => `hello, ${name}` }),
  });
  console.log(bus.devices()[0]?.driver); // client

  await published.withdraw();
  // remove after hello, client
  // core.greeter.0 released

  expect(print.mock.calls.map((line) => line.join(' '))).toEqual(['client', 'remove after hello, client', 'core.greeter.0 released']);
  print.mockRestore();
});

it('shows in its README what is tested here', () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
  const [, code] = /```ts\n(.*?)```/s.exec(read('../README.md'))!;
  const here = read(import.meta.url).replaceAll(/^ {2}/gm, '');
  for (const line of code!.replace('@nova-stack/aux-bus', './index.ts').split('\n')) expect(here).toContain(line);
});
