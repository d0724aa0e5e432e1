import { expect, it } from 'vitest';

import { bench, client, code, gate } from '../bench-fixture.ts';
import type { DeviceRef, Managed } from '../binding/context.ts';
import { AuxBusError } from '../errno.ts';
import { formatTree } from './tree.ts';

it('shows the tree, who drives what, and what waits', async () => {
  const { bus, log } = bench();
  await bus.registerDriver(client(log, { name: 'upper', idTable: [{ name: 'core.upper' }], probe: async (device) => {
    await bus.publish({ parent: device.asParent, module: 'upper', name: 'lower', id: 0 });
    return '';
  } }));
  await bus.registerDriver(client(log, { name: 'late', idTable: [{ name: 'core.late' }], probe: () => {
    throw new AuxBusError('EPROBE_DEFER', 'no lower yet', { waitsFor: 'upper.lower.0' });
  } }));
  const parent = bus.parent('0000:01:00.0');
  for (const name of ['late', 'upper']) await bus.publish({ parent, module: 'core', name, id: 0 });
  bus.link('core.late.0', 'upper.lower.0');
  await bus.settled();
  expect(formatTree(bus.tree())).toBe([
    '0000:01:00.0',
    '  core.late.0: unbound, waits (client.late: no lower yet), needs upper.lower.0 (dormant)',
    '  core.upper.0: bound to client.upper',
    '    upper.lower.0: unbound',
    '',
  ].join('\n'));
  expect(bus.waits()).toEqual([{ who: 'core.late.0', for: 'upper.lower.0', why: 'client.late: no lower yet' }]);
  expect(bus.powerOrder()).toEqual(['core.upper.0', 'upper.lower.0', 'core.late.0']);
  await bus.suspend();
  expect(formatTree(bus.tree())).toContain('core.upper.0: bound to client.upper, asleep since suspendNoirq');
  await bus.resume();
});

it('shows operations that wait for each other, and revocations that wait for users', async () => {
  const { bus, log } = bench();
  const [slow, using] = [gate(), gate()];
  const slot: { managed?: Managed<number>; ref?: DeviceRef } = {};
  await bus.registerDriver(client(log, { probe: async (device) => {
    slot.managed = device.manage('buffer', 1);
    await slow.wait;
    return '';
  } }));
  const adding = bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 0 });
  await Promise.resolve();
  const probing = bus.probe('core.client.0');
  expect(bus.waits()).toEqual([{ who: 'probe core.client.0', for: 'first probe of core.client.0', why: 'one operation on a device at a time' }]);
  expect(formatTree(bus.tree())).toBe('p\n  core.client.0: probing by client\n');
  expect(bus.explain('client', 'core.client.0').verdict).toBe('busy');
  slow.open();
  await Promise.all([adding, probing]);
  const used = slot.managed!.use(() => using.wait);
  const unbinding = bus.unbind('client', 'core.client.0');
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  expect(bus.waits()).toEqual([{ who: 'revocation of buffer of core.client.0', for: '1 accesses', why: 'they began before it was revoked' }]);
  expect(formatTree(bus.tree())).toContain('core.client.0: unbinding from client');
  using.open();
  await Promise.all([used, unbinding]);
  expect(bus.waits()).toEqual([]);
});

it('explains why a driver does or does not have a device', async () => {
  const { bus, log } = bench();
  await bus.registerDriver(client(log, { name: 'near', idTable: [{ name: 'core.client-' }, { name: 'core_client' }, { name: '' }, { name: 'core.client' }] }));
  await bus.registerDriver(client(log, { name: 'no', probe: () => {
    throw new AuxBusError('ENXIO', 'absent');
  } }));
  await bus.registerDriver(client(log, { name: 'yes' }));
  await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 0 });
  await bus.registerDriver(client(log, { name: 'last' }));
  expect(bus.explain('client.near', 'core.client.0')).toEqual({
    matches: false, verdict: 'no match', text: 'client.near has no entry "core.client" in its table', lastProbe: undefined,
    entries: [
      { entry: 'core.client-', verdict: 'other name', differsAt: 11 }, { entry: 'core_client', verdict: 'other name', differsAt: 4 },
      { entry: '', verdict: 'after the end' }, { entry: 'core.client', verdict: 'after the end' },
    ],
  });
  expect(['no', 'yes', 'last'].map((name) => bus.explain(`client.${name}`, 'core.client.0').text)).toEqual([
    'core.client.0 is held by client.yes', 'core.client.0 is bound to client.yes', 'core.client.0 is held by client.yes',
  ]);
  await bus.unbind('client.yes', 'core.client.0');
  expect(['no', 'yes', 'last'].map((name) => bus.explain(`client.${name}`, 'core.client.0').text)).toEqual([
    'client.no answered ENXIO: absent', 'client.yes had core.client.0 and let go; nothing binds again by itself', 'client.last and core.client.0 match and were never tried on each other',
  ]);
  expect(() => bus.explain('nobody', 'core.client.0')).toThrow(code('ENOENT'));
});

it('counts references, resources and interrupts', async () => {
  const { bus, log } = bench();
  await bus.registerDriver(client(log, { probe: (device) => {
    device.addIrq(33);
    const early = device.addIrq(4);
    expect(() => device.addIrq(4)).toThrow(code('EBUSY'));
    expect(() => device.addIrq(-1)).toThrow(code('EINVAL'));
    void early.release();
    device.addIrq(5);
    return '';
  } }));
  await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 0 });
  expect(bus.devices()[0]).toMatchObject({ irqs: [5, 33], resources: ['irq 33', 'irq 5'], references: 3, driverData: true });
  // Linux forgets that the directory went with the first binding.
  await bus.unbind('client', 'core.client.0');
  await bus.bind('client', 'core.client.0');
  expect(bus.devices()[0]!.irqs).toEqual([5, 33]);
});
