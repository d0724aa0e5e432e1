import { expect, it } from 'vitest';

import { bench, client } from '../bench-fixture.ts';
import { AuxBusError } from '../errno.ts';
import { NOTIFIER, type AuxEvent, type Uevent } from '../events/events.ts';

/** A device that is refused, bound, unbound, bound again, and deleted while bound; another that is deleted while unbound. */
async function lives(): Promise<{ readonly events: AuxEvent[]; readonly of: (device: string, kind: 'notifier' | 'uevent') => string[] }> {
  const { bus, log } = bench();
  const events: AuxEvent[] = [];
  bus.listen((event) => events.push(event));
  bus.listen(() => {
    throw new Error('a listener that fails harms nobody');
  });
  let refuse = true;
  await bus.registerDriver(client(log, { probe: () => {
    if (refuse) throw new AuxBusError('ENODEV', 'as told');
    return '';
  } }));
  const device = await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 0 });
  const other = await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'other', id: 0 });
  refuse = false;
  await bus.bind('client', 'core.client.0');
  await bus.unbind('client', 'core.client.0');
  await bus.bind('client', 'core.client.0');
  await device.withdraw();
  await other.withdraw();
  return {
    events,
    of: (name, kind) => events.flatMap((event) => (event.kind === kind && (event.kind === 'notifier' ? event.device : event.name) === name ? [event.action] : [])),
  };
}

it('42: the notifications of a device tell its life in order', async () => {
  const { of } = await lives();
  expect(of('core.client.0', 'notifier')).toEqual([
    'ADD_DEVICE', 'BIND_DRIVER', 'DRIVER_NOT_BOUND', 'BIND_DRIVER', 'BOUND_DRIVER', 'UNBIND_DRIVER', 'UNBOUND_DRIVER',
    'BIND_DRIVER', 'BOUND_DRIVER', 'DEL_DEVICE', 'UNBIND_DRIVER', 'UNBOUND_DRIVER', 'REMOVED_DEVICE',
  ]);
  expect(of('core.other.0', 'notifier')).toEqual(['ADD_DEVICE', 'DEL_DEVICE', 'REMOVED_DEVICE']);
  expect(Object.entries(NOTIFIER).sort(([, a], [, b]) => a - b).map(([name]) => name)).toEqual([
    'ADD_DEVICE', 'DEL_DEVICE', 'REMOVED_DEVICE', 'BIND_DRIVER', 'BOUND_DRIVER', 'UNBIND_DRIVER', 'UNBOUND_DRIVER', 'DRIVER_NOT_BOUND',
  ]);
});

it('43: uevents of a device are add, bind, unbind, remove, all with one MODALIAS, and their numbers rise', async () => {
  const { events, of } = await lives();
  expect(of('core.client.0', 'uevent')).toEqual(['add', 'bind', 'unbind', 'bind', 'unbind', 'remove']);
  const uevents = events.filter((event): event is Uevent => event.kind === 'uevent');
  expect(uevents.map(({ env }) => Number(env['SEQNUM']))).toEqual(uevents.map((_one, index) => index + 1));
  const mine = uevents.filter(({ name }) => name === 'core.client.0');
  expect(new Set(mine.map(({ env }) => env['MODALIAS']))).toEqual(new Set(['auxiliary:core.client']));
  expect(mine.map(({ env }) => env['DRIVER'])).toEqual([undefined, 'client', undefined, 'client', undefined, undefined]);
  expect(mine[0]!.env).toEqual({ ACTION: 'add', DEVPATH: '/devices/p/core.client.0', SUBSYSTEM: 'auxiliary', MODALIAS: 'auxiliary:core.client', SEQNUM: '2' });
  expect(uevents[0]).toMatchObject({ action: 'add', name: 'client', subsystem: 'drivers' });
});

it('44: a notification always comes before its uevent', async () => {
  const { events } = await lives();
  const before = { add: 'ADD_DEVICE', bind: 'BOUND_DRIVER', unbind: 'UNBOUND_DRIVER', remove: 'REMOVED_DEVICE' } as const;
  for (const [index, event] of events.entries()) {
    if (event.kind !== 'uevent' || event.subsystem !== 'auxiliary') continue;
    expect(events[index - 1]).toMatchObject({ kind: 'notifier', action: before[event.action as 'add'], device: event.name });
  }
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, index) => index));
});
