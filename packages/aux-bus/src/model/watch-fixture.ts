import type { AuxBus } from '../aux-bus.ts';
import type { AuxEvent, NotifierEvent, Uevent } from '../events/events.ts';
import type { Ledger } from './ledger-fixture.ts';

/** Letters for the notifications of a device's life. */
const LETTER: Readonly<Record<NotifierEvent['action'], string>> = {
  ADD_DEVICE: 'A', DEL_DEVICE: 'D', REMOVED_DEVICE: 'R', BIND_DRIVER: 'b', BOUND_DRIVER: 'B', UNBIND_DRIVER: 'u', UNBOUND_DRIVER: 'U', DRIVER_NOT_BOUND: 'n',
};
/** The notification that every uevent follows. */
const BEFORE: Readonly<Record<string, NotifierEvent['action']>> = { add: 'ADD_DEVICE', bind: 'BOUND_DRIVER', unbind: 'UNBOUND_DRIVER', remove: 'REMOVED_DEVICE' };
const LIFE = /^(A(b(BuU|n))*(bBDuUR|DR))*$/;
const UEVENTS = /^(add (bind unbind )*remove )*$/;

/** Looks at every event, and at the bus in the moment of it. */
export class Watch {
  readonly events: AuxEvent[] = [];
  /** Who has which device, by events alone. */
  readonly bound: Map<string, string> = new Map<string, string>();
  /** Bindings made. */
  binds = 0;
  readonly #bus: AuxBus;
  readonly #ledger: Ledger;

  constructor(bus: AuxBus, ledger: Ledger) {
    this.#bus = bus;
    this.#ledger = ledger;
    bus.listen((event) => this.#look(event));
  }

  #look(event: AuxEvent): void {
    const last = this.events.at(-1);
    this.events.push(event);
    if (event.kind === 'uevent') {
      if (event.subsystem !== 'auxiliary') return;
      this.#ledger.check(44, last?.kind === 'notifier' && last.action === BEFORE[event.action] && last.device === event.name, `${event.action} of ${event.name} after ${last?.action}`);
      return;
    }
    this.#account(event);
    this.#instant();
  }

  #account({ action, device, driver }: NotifierEvent): void {
    const waits = this.#bus.waits().some(({ who }) => who === device);
    if (action === 'BOUND_DRIVER') {
      this.binds++;
      this.#ledger.check(13, !this.bound.has(device), `${device} bound twice`);
      this.bound.set(device, driver!);
    }
    if (action === 'UNBOUND_DRIVER') {
      this.#ledger.check(13, this.bound.get(device) === driver, `${device} let go by ${driver} that did not have it`);
      this.bound.delete(device);
    }
    if (action === 'DEL_DEVICE') this.#ledger.check(25, !waits, `${device} waits although it is being deleted`);
    if (action === 'REMOVED_DEVICE') this.#ledger.check(28, !this.bound.has(device), `${device} removed while bound`);
  }

  #instant(): void {
    const views = this.#bus.devices();
    this.#ledger.check(2, new Set(views.map(({ name }) => name)).size === views.length, 'two devices of one name');
    for (const { name, modalias, driver, phase, parent } of views) {
      this.#ledger.check(1, modalias === `auxiliary:${name.slice(0, name.lastIndexOf('.'))}`, `${name} has ${modalias}`);
      this.#ledger.check(7, (driver === undefined) === (phase === 'unbound' || phase === 'probing'), `${name} is ${phase} with ${driver}`);
      const above = views.find((one) => one.name === parent);
      if (phase !== 'unbound' && above) this.#ledger.check(31, above.phase !== 'unbound', `${name} is ${phase}, its parent ${above.phase}`);
    }
  }

  /** After the end, and whenever nothing is going on. */
  quiet(): void {
    for (const { name, driver, deferred, phase } of this.#bus.devices()) {
      this.#ledger.check(7, this.bound.get(name) === driver, `${name} has ${driver}, events say ${this.bound.get(name)}`);
      this.#ledger.check(25, driver === undefined || deferred === undefined, `${name} is bound and waits: ${deferred}`);
      this.#ledger.check(7, phase === 'unbound' || phase === 'bound', `${name} is ${phase}`);
    }
  }

  /** Everything is over. */
  end(): void {
    const lives = new Map<string, string>();
    const uevents = new Map<string, string>();
    const uevent = this.events.filter((event): event is Uevent => event.kind === 'uevent');
    this.#ledger.check(43, uevent.every(({ env }, index) => Number(env['SEQNUM']) === index + 1), 'uevents are not numbered one by one');
    this.#ledger.check(42, this.events.every(({ seq }, index) => seq === index), 'events are not numbered one by one');
    for (const event of this.events) {
      if (event.kind === 'notifier') lives.set(event.device, (lives.get(event.device) ?? '') + LETTER[event.action]);
      else if (event.subsystem === 'auxiliary') {
        uevents.set(event.name, `${uevents.get(event.name) ?? ''}${event.action} `);
        this.#ledger.check(43, event.env['MODALIAS'] === `auxiliary:${event.name.slice(0, event.name.lastIndexOf('.'))}`, `MODALIAS ${event.env['MODALIAS']}`);
      }
    }
    for (const [device, life] of lives) this.#ledger.check(42, LIFE.test(life), `${device}: ${life}`);
    for (const [device, sent] of uevents) this.#ledger.check(43, UEVENTS.test(sent), `${device}: ${sent}`);
  }
}
