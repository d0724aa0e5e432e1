import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { RegisteredDriver } from './aux-bus.ts';
import { createAuxBus } from './bus.ts';
import type { InitializedDevice, RegisteredDevice } from './device.ts';
import { AuxBusError, type Errno } from './errno.ts';
import type { AuxEvent } from './events.ts';

/** What probe answers. */
type Answer = 'ok' | 'ENODEV' | 'EIO' | 'EPROBE_DEFER';

const NAMES = ['a', 'b'] as const;
const PARENTS = ['p', 'q'] as const;

type Step =
  | { readonly op: 'publish'; readonly name: string; readonly id: number; readonly parent: number }
  | { readonly op: 'withdraw'; readonly pick: number }
  | { readonly op: 'register'; readonly driver: number; readonly table: readonly string[]; readonly answer: Answer }
  | { readonly op: 'unregister'; readonly pick: number }
  | { readonly op: 'bind' | 'unbind'; readonly driver: number; readonly name: string; readonly id: number }
  | { readonly op: 'autoprobe'; readonly on: boolean }
  | { readonly op: 'unbind parent'; readonly parent: number };

const steps = (answers: readonly Answer[]): fc.Arbitrary<Step[]> => {
  const name = fc.constantFrom(...NAMES);
  const id = fc.nat(2);
  const driver = fc.nat(3);
  return fc.array(fc.oneof(
    { weight: 6, arbitrary: fc.record({ op: fc.constant('publish' as const), name, id, parent: fc.nat(1) }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constant('withdraw' as const), pick: fc.nat(9) }) },
    { weight: 4, arbitrary: fc.record({ op: fc.constant('register' as const), driver, table: fc.subarray(NAMES.map((one) => `m.${one}`)), answer: fc.constantFrom(...answers) }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constant('unregister' as const), pick: fc.nat(9) }) },
    { weight: 3, arbitrary: fc.record({ op: fc.constantFrom('bind' as const, 'unbind' as const), driver, name, id }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('autoprobe' as const), on: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('unbind parent' as const), parent: fc.nat(1) }) },
  ), { maxLength: 30 });
};

/** The simplest thing that could be right. */
class Model {
  autoprobe = true;
  readonly gone = new Set<number>();
  devices: { readonly name: string; readonly match: string; readonly parent: number; driver?: string | undefined }[] = [];
  drivers: { readonly name: string; readonly table: readonly string[]; readonly answer: Answer }[] = [];

  attach(device: Model['devices'][number], drivers: Model['drivers']): void {
    if (device.driver !== undefined) return;
    device.driver = drivers.find(({ table, answer }) => answer === 'ok' && table.includes(device.match))?.name;
  }

  /** What the step does to the model, and how it answers. */
  apply(step: Step): Errno | 'OK' {
    switch (step.op) {
      case 'publish': {
        const name = `m.${step.name}.${step.id}`;
        if (this.devices.some((one) => one.name === name)) return 'EEXIST';
        if (this.gone.has(step.parent)) return 'ENODEV';
        const device = { name, match: `m.${step.name}`, parent: step.parent };
        this.devices.push(device);
        if (this.autoprobe) this.attach(device, this.drivers);
        return 'OK';
      }
      case 'withdraw': {
        if (this.devices.length > 0) this.devices.splice(step.pick % this.devices.length, 1);
        return 'OK';
      }
      case 'register': {
        const name = `d.${step.driver}`;
        if (this.drivers.some((one) => one.name === name)) return 'EBUSY';
        const driver = { name, table: step.table, answer: step.answer };
        this.drivers.push(driver);
        if (this.autoprobe) for (const device of this.devices) this.attach(device, [driver]);
        return 'OK';
      }
      case 'unregister': {
        if (this.drivers.length === 0) return 'OK';
        const [driver] = this.drivers.splice(step.pick % this.drivers.length, 1);
        for (const device of this.devices) if (device.driver === driver!.name) device.driver = undefined;
        return 'OK';
      }
      case 'bind':
      case 'unbind': {
        const device = this.devices.find((one) => one.name === `m.${step.name}.${step.id}`);
        const driver = this.drivers.find((one) => one.name === `d.${step.driver}`);
        if (!device || !driver) return 'ENODEV';
        if (step.op === 'unbind') {
          if (device.driver !== driver.name) return 'ENODEV';
          device.driver = undefined;
          return 'OK';
        }
        if (device.driver !== undefined) return 'EBUSY';
        if (!driver.table.includes(device.match)) return 'ENODEV';
        if (driver.answer === 'ok') device.driver = driver.name;
        return driver.answer === 'ok' ? 'OK' : driver.answer;
      }
      case 'autoprobe':
        this.autoprobe = step.on;
        return 'OK';
      case 'unbind parent':
        this.gone.add(step.parent);
        this.devices = this.devices.filter(({ parent }) => parent !== step.parent);
        return 'OK';
    }
  }
}

/** The real bus, driven by steps, with everything observed that must hold at any time. */
class Rig {
  readonly bus = createAuxBus();
  readonly parents = PARENTS.map((name) => this.bus.parent(name));
  readonly events: AuxEvent[] = [];
  /** Published, oldest first, as the model has them. */
  devices: { readonly name: string; readonly parent: number; readonly initialized: InitializedDevice; readonly registered: RegisteredDevice }[] = [];
  drivers: (RegisteredDriver & { readonly life: { ended: boolean } })[] = [];
  /** What a callback found wrong; the bus would swallow it. */
  readonly violations: string[] = [];
  initialized = 0;
  released = 0;
  #running = new Map<string, string>();
  readonly #pause: () => Promise<void>;

  constructor(pause: () => Promise<void> = () => Promise.resolve()) {
    this.#pause = pause;
    this.bus.listen((event) => this.events.push(event));
  }

  async apply(step: Step): Promise<Errno | 'OK'> {
    try {
      await this.#do(step);
      return 'OK';
    } catch (error) {
      if (error instanceof AuxBusError) return error.code;
      throw error;
    }
  }

  async #do(step: Step): Promise<void> {
    switch (step.op) {
      case 'publish': {
        const initialized = this.bus.initialize({ parent: this.parents[step.parent]!, name: step.name, id: step.id, release: () => this.released++ });
        this.initialized++;
        const registered = await initialized.add('m').catch((error: unknown) => {
          expect(initialized.references).toBe(1);
          initialized.uninit();
          throw error;
        });
        this.devices.push({ name: registered.name, parent: step.parent, initialized, registered });
        return;
      }
      case 'withdraw': {
        const [device] = this.devices.splice(step.pick % Math.max(1, this.devices.length), 1);
        await device?.registered.delete();
        device?.initialized.uninit();
        return;
      }
      case 'register':
        this.drivers.push(await this.#register(step));
        return;
      case 'unregister': {
        const [driver] = this.drivers.splice(step.pick % Math.max(1, this.drivers.length), 1);
        await driver?.unregister();
        if (driver) driver.life.ended = true;
        return;
      }
      case 'bind':
        return this.bus.bind(`d.${step.driver}`, `m.${step.name}.${step.id}`);
      case 'unbind':
        return this.bus.unbind(`d.${step.driver}`, `m.${step.name}.${step.id}`);
      case 'autoprobe':
        this.bus.autoprobe = step.on;
        return;
      case 'unbind parent':
        await this.parents[step.parent]!.unbind();
        expect(this.parents[step.parent]!.children).toEqual([]);
        for (const { initialized } of this.devices.filter(({ parent }) => parent === step.parent)) initialized.uninit();
        this.devices = this.devices.filter(({ parent }) => parent !== step.parent);
    }
  }

  async #register({ driver: number, table, answer }: Extract<Step, { op: 'register' }>): Promise<Rig['drivers'][number]> {
    const life = { ended: false };
    const driver = await this.bus.registerDriver<string>({
      module: 'd', name: String(number), idTable: table.map((entry) => ({ name: entry })),
      probe: async (device, id) => {
        this.#require(id.name === device.matchName, `${device.name} probed for ${id.name}`);
        await this.#callback(device.name, life, 'probe');
        let released = 0;
        device.defer('first', () => this.#require(released++ === 1, 'first released first'));
        device.defer('second', () => this.#require(released++ === 0, 'second released second'));
        if (answer !== 'ok') throw new AuxBusError(answer, 'as told');
        return device.name;
      },
      remove: async (device, state) => {
        this.#require(device.bound && state === device.name, `remove of ${device.name} with ${state}`);
        await this.#callback(device.name, life, 'remove');
      },
    });
    return { ...driver, life };
  }

  #require(holds: boolean, what: string): void {
    if (!holds) this.violations.push(what);
  }

  /** Callbacks of one device never overlap, and a driver that has left is not called. */
  async #callback(device: string, life: { readonly ended: boolean }, what: string): Promise<void> {
    this.#require(!this.#running.has(device), `${what} of ${device} during ${this.#running.get(device) ?? ''}`);
    this.#require(!life.ended, `${what} of ${device} by a driver that left`);
    this.#running.set(device, what);
    await this.#pause();
    this.#running.delete(device);
  }

  /** Takes everything away, and checks what must be left: nothing. */
  async end(): Promise<void> {
    for (const parent of this.parents) await parent.unbind();
    for (const { initialized } of this.devices) initialized.uninit();
    for (const driver of this.drivers) await driver.unregister();
    await this.bus.settled();
    expect([this.bus.devices(), this.bus.drivers()]).toEqual([[], []]);
    expect(this.released).toBe(this.initialized);
    expect(this.violations).toEqual([]);
    this.#checkJournal();
  }

  #checkJournal(): void {
    expect(this.events.map(({ seq }) => seq)).toEqual(this.events.map((_event, index) => index));
    const lives = new Map<string, string>();
    const letter = { added: 'A', binding: 'b', bound: 'B', 'not-bound': 'n', unbinding: 'u', unbound: 'U', deleting: 'D', removed: 'R' } as const;
    for (const { action, device, modalias } of this.events) {
      expect(modalias).toBe(`auxiliary:${device.slice(0, device.lastIndexOf('.'))}`);
      lives.set(device, (lives.get(device) ?? '') + letter[action]);
    }
    for (const [device, life] of lives) expect(life, device).toMatch(/^(A(b(BuU|n))*(bBDuUR|DR))*$/);
  }
}

describe('the bus', () => {
  it('does what the model does, step by step', async () => {
    await fc.assert(fc.asyncProperty(steps(['ok', 'ENODEV', 'EIO']), async (list) => {
      const model = new Model();
      const rig = new Rig();
      for (const step of list) {
        expect(await rig.apply(step), JSON.stringify(step)).toBe(model.apply(step));
        expect(rig.bus.devices().map(({ name, driver }) => [name, driver])).toEqual(model.devices.map(({ name, driver }) => [name, driver]));
        expect(rig.bus.drivers()).toEqual(model.drivers.map(({ name }) => name));
        for (const { initialized } of rig.devices) expect(initialized.references).toBe(3);
        expect(rig.released).toBe(rig.initialized - rig.devices.length);
      }
      await rig.end();
    }), { numRuns: 300 });
  });

  it('keeps its promises over any interleaving of operations and callbacks', async () => {
    await fc.assert(fc.asyncProperty(steps(['ok', 'ok', 'ENODEV', 'EPROBE_DEFER']), fc.scheduler(), async (list, scheduler) => {
      const rig = new Rig(() => scheduler.schedule(Promise.resolve(), 'callback'));
      // Parents stay until the end: what is withdrawn by two at once is another test's business.
      const operations = list.filter(({ op }) => op !== 'unbind parent').map((step) => scheduler.schedule(Promise.resolve(), step.op).then(() => rig.apply(step)));
      const all = Promise.all(operations);
      await scheduler.waitFor(all);
      await scheduler.waitFor(rig.bus.settled());
      await scheduler.waitFor(rig.end());
    }), { numRuns: 300 });
  });

  it('binds the same whatever order drivers and devices come in, when each device has one willing driver', async () => {
    const order = fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 });
    await fc.assert(fc.asyncProperty(order, async (sequence) => {
      const rig = new Rig();
      const all: Step[] = [
        { op: 'register', driver: 0, table: ['m.a'], answer: 'ok' },
        { op: 'register', driver: 1, table: ['m.b'], answer: 'ok' },
        { op: 'register', driver: 2, table: ['m.a', 'm.b'], answer: 'ENODEV' },
        { op: 'publish', name: 'a', id: 0, parent: 0 },
        { op: 'publish', name: 'a', id: 1, parent: 1 },
        { op: 'publish', name: 'b', id: 0, parent: 1 },
      ];
      for (const index of sequence) await rig.apply(all[index]!);
      const bound = rig.bus.devices().map(({ name, driver }) => `${name} ${String(driver)}`).sort();
      expect(bound).toEqual(['m.a.0 d.0', 'm.a.1 d.0', 'm.b.0 d.1']);
      await rig.end();
    }));
  });
});
