import fc from 'fast-check';
import { expect } from 'vitest';

import { ops, type Op } from './plan-fixture.ts';
import type { Reference } from './reference-fixture.ts';
import type { World } from './world-fixture.ts';

/** One step, done by both; afterwards they must agree about everything. */
class Step implements fc.AsyncCommand<Reference, World> {
  readonly #op: Op;

  constructor(op: Op) {
    this.#op = op;
  }

  check(): boolean {
    return true;
  }

  async run(model: Reference, world: World): Promise<void> {
    const { probes, removes } = world;
    const { blocked } = model;
    const binds = world.watch.binds;
    const waiting = model.added.filter(({ waits }) => waits).length;
    const events = world.watch.events.length;
    const code = await world.apply(this.#op);
    await world.bus.settled();
    expect(code).toBe(model.apply(this.#op));
    const { ledger } = world;
    if (this.#op.op === 'add' && code === 'EEXIST') ledger.check(2, world.watch.events.length === events && world.probes === probes, 'a colliding add was noticed');
    if (this.#op.op === 'bind' && code === 'ENODEV') ledger.check(20, world.probes === probes || world.watch.events.some((event) => event.kind === 'notifier' && event.code === 'ENODEV'), 'a pair that does not match was probed');
    if (this.#op.op.startsWith('bind') && code === 'EAGAIN') ledger.check(21, world.bus.devices().filter(({ deferred }) => deferred !== undefined).length === waiting, 'a bind by hand changed who waits');
    if (this.#op.op.startsWith('unbind') && code === 'OK') ledger.check(17, world.watch.binds === binds, 'an unbind led to a bind');
    if (!model.autoprobe && (this.#op.op === 'add' || this.#op.op === 'register')) ledger.check(19, world.probes === probes, `${this.#op.op} probed with autoprobe off`);
    if (this.#op.op === 'shutdown') ledger.check(48, world.removes === removes, 'shutdown removed');
    if (blocked && !model.blocked && model.autoprobe) ledger.check(47, !world.bus.waits().some((wait) => wait.for === 'probing'), 'somebody still waits for probing');
    this.#compare(model, world);
  }

  #compare(model: Reference, world: World): void {
    const views = world.bus.devices();
    for (const slot of model.added) {
      const view = views.find(({ name }) => name === slot.name);
      const other = model.drivers.find(({ name }) => name === view?.driver);
      // Which drivers are asked first, and how often, when a device is tried again is left open; so is which link that goes with a refusal is still there.
      if (model.retried.has(slot.name)) model.links = model.links.filter(({ consumer, supplier, options }) => consumer !== slot || options.autoremove !== 'consumer' || view?.suppliers.some((one) => one.supplier === supplier.name && one.state !== 'none') === true);
      if (other && slot.driver !== undefined && slot.driver !== other.name && model.retried.has(slot.name) && model.accepts(other, slot)) slot.driver = other.name;
    }
    expect(views.map(({ name, driver, deferred, suppliers, references }) => [name, driver, deferred !== undefined, suppliers.map(({ supplier }) => supplier), references]))
      .toEqual(model.added.map((slot) => [slot.name, slot.driver, slot.waits, model.suppliers(slot), model.references(slot)]));
    expect(world.bus.drivers()).toEqual(model.drivers.map(({ name }) => name));
    for (const [index, slot] of world.slots.entries()) {
      const modelled = model.slots[index]!;
      world.ledger.check(26, (slot.released === 1) === (model.references(modelled) === 0), `${slot.name} released ${slot.released} times with ${model.references(modelled)} references`);
      world.ledger.check(27, slot.initialized.references === model.references(modelled), `${slot.name} has ${slot.initialized.references} references, not ${model.references(modelled)}`);
      if (modelled.state === 'failed') world.ledger.check(29, slot.released === (modelled.uninit && modelled.gets === 0 ? 1 : 0), `${slot.name}: failed add and ${slot.released} releases`);
    }
    world.quiet();
    expect(world.ledger.violations).toEqual([]);
  }

  toString(): string {
    return JSON.stringify(this.#op);
  }
}

/** One step, begun without waiting for its end. */
class Begin implements fc.AsyncCommand<object, World> {
  readonly #op: Op;

  constructor(op: Op) {
    this.#op = op;
  }

  check(): boolean {
    return true;
  }

  run(_model: object, world: World): Promise<void> {
    // Who gets a supplier just while it is its turn comes too late to be moved behind it.
    if (this.#op.op === 'link' && world.bus.powerState() !== 'awake') return Promise.resolve();
    world.apply(this.#op).catch((error: unknown) => world.ledger.violations.push(`${this.toString()}: ${String(error)}`));
    return Promise.resolve();
  }

  toString(): string {
    return JSON.stringify(this.#op);
  }
}

const SIZE = { maxCommands: 60, size: '+1' } as const;

/** Steps one after the other, compared with the model. */
export const steps: fc.Arbitrary<Iterable<fc.AsyncCommand<Reference, World>>> = fc.commands(
  ops({ nests: false }).flatMap(({ weight, arbitrary }) => Array.from({ length: weight }, () => arbitrary.map((op) => new Step(op)))), SIZE,
);

/** Steps that overlap in any way. */
export const begun: fc.Arbitrary<Iterable<fc.AsyncCommand<object, World>>> = fc.commands(
  ops({ nests: true }).flatMap(({ weight, arbitrary }) => Array.from({ length: weight }, () => arbitrary.map((op) => new Begin(op)))), SIZE,
);
