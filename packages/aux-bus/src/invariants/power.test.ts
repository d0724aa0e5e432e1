import fc from 'fast-check';
import { expect, it } from 'vitest';

import type { AuxBus } from '../aux-bus.ts';
import { bench, client, code, gate } from '../bench-fixture.ts';
import type { ParentDevice } from '../device/parent.ts';
import { AuxBusError } from '../errno.ts';
import { POWER_STEPS, type PowerCallback } from '../power/steps.ts';

const STEPS = POWER_STEPS.flatMap(({ down, up }) => [down, up]);

/** Up to six devices: each below another bus's device or below an earlier one, with links that agree with that. */
const forest = fc.record({
  parents: fc.array(fc.option(fc.nat(9), { nil: undefined }), { minLength: 1, maxLength: 6 }),
  links: fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 5 }),
});
interface Forest {
  readonly parents: readonly (number | undefined)[];
  readonly links: readonly (readonly [number, number])[];
}

interface Grown {
  readonly bus: AuxBus;
  /** `<callback> <device>`, as they were called. */
  readonly log: string[];
  /** Pairs of names: what is needed, and what needs it. */
  readonly needs: readonly (readonly [string, string])[];
}

/** Builds it; `refuse` throws in the callbacks that are to fail. */
async function grow({ parents, links }: Forest, refuse: (call: string) => void = () => undefined): Promise<Grown> {
  const { bus } = bench();
  const log: string[] = [];
  const scopes: ParentDevice[] = [];
  const needs: (readonly [string, string])[] = [];
  const note = (callback: string) => ({ name }: { readonly name: string }): void => {
    log.push(`${callback} ${name}`);
    refuse(`${callback} ${name}`);
  };
  await bus.registerDriver({
    module: 'd', idTable: [{ name: 'm.d' }], probe: (device) => void (scopes[device.id] = device.asParent),
    pm: Object.fromEntries(STEPS.map((callback) => [callback, note(callback)])), shutdown: note('shutdown'), remove: note('remove'),
  });
  const foreign = bus.parent('p', Object.fromEntries([...STEPS, 'shutdown'].map((callback) => [callback, () => note(callback)({ name: 'p' })])));
  for (const [id, pick] of parents.entries()) {
    const above = pick === undefined || id === 0 ? undefined : pick % id;
    await bus.publish({ parent: above === undefined ? foreign : scopes[above]!, module: 'm', name: 'd', id });
    needs.push([above === undefined ? 'p' : `m.d.${above}`, `m.d.${id}`]);
  }
  for (const [a, b] of links) {
    const [consumer, supplier] = [`m.d.${a % parents.length}`, `m.d.${b % parents.length}`];
    try {
      bus.link(consumer, supplier, { stateless: (a + b) % 2 === 0 });
      needs.push([supplier, consumer]);
    } catch (error) {
      expect(error).toEqual(code('EINVAL'));
    }
  }
  return { bus, log, needs };
}

it('45: children go to sleep before parents and consumers before suppliers; waking up is the reverse', async () => {
  await fc.assert(fc.asyncProperty(forest, async (plan) => {
    const { bus, log, needs } = await grow(plan);
    await bus.suspend();
    await bus.resume();
    const at = (callback: PowerCallback, name: string): number => log.indexOf(`${callback} ${name}`);
    for (const [needed, needing] of needs) {
      for (const callback of ['suspend', 'suspendLate', 'suspendNoirq', 'complete'] as const) expect(at(callback, needing)).toBeLessThan(at(callback, needed));
      for (const callback of ['prepare', 'resumeNoirq', 'resumeEarly', 'resume'] as const) expect(at(callback, needed)).toBeLessThan(at(callback, needing));
    }
    const undo = new Map<string, string>(POWER_STEPS.map(({ down, up }) => [down, up]));
    const half = log.length / 2;
    const turned = (line: string): string => line.replace(/^\w+/, (down) => undo.get(down)!);
    expect(log.slice(half)).toEqual(log.slice(0, half).map(turned).reverse());
    expect(new Set(log).size).toBe((plan.parents.length + 1) * 8);
  }));
});

it('46: when the k-th suspend fails exactly those that went before it are resumed', async () => {
  await fc.assert(fc.asyncProperty(forest, fc.constantFrom('prepare', 'suspend', 'suspendLate', 'suspendNoirq'), fc.nat(9), async (plan, callback, pick) => {
    const failing = `${callback} m.d.${pick % plan.parents.length}`;
    const { bus, log } = await grow(plan, (call) => {
      if (call === failing) throw new AuxBusError('EBUSY', 'not now');
    });
    await expect(bus.suspend()).rejects.toEqual(code('EBUSY'));
    const undo = new Map<string, string>(POWER_STEPS.map(({ down, up }) => [down, up]));
    const k = log.indexOf(failing);
    expect(log.slice(k + 1)).toEqual(log.slice(0, k).map((line) => line.replace(/^\w+/, (down) => undo.get(down)!)).reverse());
    // Everybody is awake, so it can be tried again, and what is new is probed.
    await bus.publish({ parent: bus.parent('q'), module: 'm', name: 'd', id: 100 });
    expect(bus.devices().at(-1)!.driver).toBe('d');
    await expect(bus.resume()).rejects.toEqual(code('EINVAL'));
  }));
});

it('47: no probe runs while probing is blocked, and all that were held up run afterwards', async () => {
  const { bus, log } = bench();
  const [slow, started] = [gate(), gate()];
  await bus.registerDriver(client(log, { name: 'slow', idTable: [{ name: 'core.slow' }], probe: async () => {
    started.open();
    await slow.wait;
    log.push('slow probed');
    return '';
  } }));
  const parent = bus.parent('p');
  const adding = bus.publish({ parent, module: 'core', name: 'slow', id: 0 });
  await started.wait;
  const blocking = bus.blockProbing().then((unblock) => (log.push('blocked'), unblock));
  await Promise.resolve();
  expect(bus.waits()).toEqual([{ who: 'block of probing', for: '1 probes', why: 'they began before probing was blocked' }]);
  slow.open();
  const [unblock] = await Promise.all([blocking, adding]);
  expect(log.filter((line) => !line.includes('core'))).toEqual(['slow probed', 'blocked']);

  await bus.registerDriver(client(log));
  await bus.publish({ parent, module: 'core', name: 'client', id: 0 });
  await bus.publish({ parent, module: 'core', name: 'client', id: 1 });
  await expect(bus.bind('client', 'core.client.0')).rejects.toEqual(code('EAGAIN'));
  await expect(bus.probe('core.client.0')).rejects.toEqual(code('EINVAL'));
  expect(bus.waits()).toEqual([0, 1].map((id) => ({ who: `core.client.${id}`, for: 'probing', why: 'client: probing is blocked' })));
  expect(log.filter((line) => line.startsWith('probe '))).toEqual([]);
  // Two who block: both have to end it; ending it twice does nothing.
  const other = await bus.blockProbing();
  unblock();
  unblock();
  await bus.settled();
  expect(log.filter((line) => line.startsWith('probe '))).toEqual([]);
  other();
  await bus.settled();
  expect(log.filter((line) => line.startsWith('probe '))).toEqual(['probe core.client.0', 'probe core.client.1']);

  // Sleep blocks it too.
  await bus.suspend();
  await expect(bus.suspend()).rejects.toEqual(code('EBUSY'));
  await bus.publish({ parent, module: 'core', name: 'client', id: 2 });
  expect(bus.devices().at(-1)!.driver).toBeUndefined();
  await bus.resume();
  await bus.settled();
  expect(bus.devices().at(-1)!.driver).toBe('client');
});

it('48: shutdown visits each device once, children and consumers first, and removes nothing', async () => {
  await fc.assert(fc.asyncProperty(forest, async (plan) => {
    const { bus, log, needs } = await grow(plan);
    await Promise.all([bus.shutdown(), bus.shutdown()]);
    await bus.shutdown();
    expect([...log].sort()).toEqual(['p', ...plan.parents.map((_parent, id) => `m.d.${id}`)].map((name) => `shutdown ${name}`).sort());
    for (const [needed, needing] of needs) expect(log.indexOf(`shutdown ${needing}`)).toBeLessThan(log.indexOf(`shutdown ${needed}`));
    await bus.publish({ parent: bus.parent('q'), module: 'm', name: 'd', id: 100 });
    expect(bus.devices().at(-1)!.driver).toBeUndefined();
  }));
});
