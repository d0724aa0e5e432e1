import type { LinkOptions } from '../binding/links.ts';
import { FOREIGN, type Answer, type Code, type Op, type Script } from './plan-fixture.ts';

/** A device in the model. */
export interface ModelSlot {
  readonly name: string;
  readonly match: string;
  readonly parent: string;
  /** Its parent, where that is a device. */
  readonly above: ModelSlot | undefined;
  /** Its parent's binding, by number; undefined for a parent on another bus. */
  readonly scope: number | undefined;
  state: 'init' | 'registered' | 'failed' | 'deleted';
  uninit: boolean;
  gets: number;
  driver: string | undefined;
  /** Number of its binding. */
  binding: number | undefined;
  waits: boolean;
}

interface ModelDriver {
  readonly name: string;
  readonly table: readonly string[];
  readonly script: Script;
}

interface ModelLink {
  readonly consumer: ModelSlot;
  readonly supplier: ModelSlot;
  readonly options: LinkOptions;
}

const CODE: Readonly<Record<Exclude<Answer, 'ok' | 'needs'>, Code>> = { ENODEV: 'ENODEV', ENXIO: 'ENXIO', EIO: 'EIO', throw: 'EIO', EPROBE_DEFER: 'EAGAIN' };

/** The simplest thing that could be right: no time passes, nobody waits. */
export class Reference {
  autoprobe = true;
  slots: ModelSlot[] = [];
  /** On the bus, oldest first. */
  added: ModelSlot[] = [];
  drivers: ModelDriver[] = [];
  links: ModelLink[] = [];
  /** Devices that were tried again in this step, beside what the step itself does: the order is the bus's business. */
  readonly retried = new Set<string>();
  #blocks = 0;
  #asleep = false;
  #down = false;
  #bindings = 0;
  readonly #gone = new Set<string>();
  #queue: ModelSlot[] = [];

  get blocked(): boolean {
    return this.#blocks > 0 || this.#asleep || this.#down;
  }

  /** Whether a driver would take a device now, if asked. */
  accepts({ table, script }: ModelDriver, slot: ModelSlot): boolean {
    return table.includes(slot.match) && (script.answer === 'ok' || (script.answer === 'needs' && this.bound(script.needs)));
  }

  bound(name: string): boolean {
    return this.added.some((slot) => slot.name === name && slot.driver !== undefined);
  }

  references(slot: ModelSlot): number {
    const children = this.added.filter(({ above }) => above === slot).length;
    return (slot.uninit ? 0 : 1) + (slot.state === 'registered' ? 2 : 0) + slot.gets + children + (slot.driver === undefined ? 0 : 1);
  }

  suppliers(slot: ModelSlot): string[] {
    return this.links.filter(({ consumer }) => consumer === slot).map(({ supplier }) => supplier.name);
  }

  /** What the step does to the model, and how it answers. */
  apply(op: Op): Code {
    this.retried.clear();
    for (const { name, waits } of this.added) if (waits) this.retried.add(name);
    const code = this.#do(op);
    for (let slot = this.#queue.shift(); slot; slot = this.#queue.shift()) {
      this.retried.add(slot.name);
      if (slot.state !== 'registered' || slot.driver !== undefined) continue;
      slot.waits = false;
      this.#attach(slot, this.drivers);
    }
    return code;
  }

  #on(name: string): ModelSlot | undefined {
    return this.added.find((slot) => slot.name === name);
  }

  #managedSuppliers(slot: ModelSlot): ModelSlot[] {
    return this.links.filter(({ consumer, options }) => consumer === slot && options.stateless !== true).map(({ supplier }) => supplier);
  }

  /** @returns Who stopped it, or undefined. */
  #try(slot: ModelSlot, driver: ModelDriver): 'bus' | 'driver' | undefined {
    if (this.blocked || this.#managedSuppliers(slot).some((supplier) => supplier.driver === undefined)) return 'bus';
    if (!this.accepts(driver, slot)) {
      this.#letGoOfSuppliers(slot);
      return 'driver';
    }
    slot.driver = driver.name;
    slot.binding = this.#bindings++;
    slot.waits = false;
    for (const { consumer, supplier, options } of this.links) {
      if (supplier !== slot || options.autoprobe !== true || options.stateless === true || consumer.driver !== undefined) continue;
      if (consumer.state === 'registered' && this.drivers.some(({ table }) => table.includes(consumer.match))) consumer.waits = true;
    }
    this.#wake();
    return undefined;
  }

  #tryAndWait(slot: ModelSlot, driver: ModelDriver): 'bus' | 'driver' | undefined {
    const by = this.#try(slot, driver);
    if (by === 'bus' || (by === 'driver' && ['EPROBE_DEFER', 'needs'].includes(driver.script.answer))) slot.waits = true;
    return by;
  }

  #attach(slot: ModelSlot, drivers: readonly ModelDriver[]): 'bus' | undefined {
    if (slot.driver !== undefined) return undefined;
    for (const driver of drivers.filter(({ table }) => table.includes(slot.match))) {
      const by = this.#tryAndWait(slot, driver);
      if (by !== 'driver') return by;
    }
    return undefined;
  }

  #wake(): void {
    if (!this.autoprobe || this.blocked) return;
    for (const slot of this.added) if (slot.waits && !this.#queue.includes(slot)) this.#queue.push(slot);
  }

  #letGoOfSuppliers(slot: ModelSlot): void {
    this.links = this.links.filter(({ consumer, options }) => consumer !== slot || options.autoremove !== 'consumer');
  }

  #release(slot: ModelSlot): void {
    if (slot.driver === undefined) return;
    for (const child of this.added.filter(({ above }) => above === slot).reverse()) this.#delete(child);
    for (const { consumer, supplier, options } of [...this.links]) if (supplier === slot && options.stateless !== true) this.#release(consumer);
    slot.driver = undefined;
    slot.binding = undefined;
    this.#letGoOfSuppliers(slot);
    this.links = this.links.filter(({ supplier, options }) => supplier !== slot || options.autoremove !== 'supplier');
  }

  #delete(slot: ModelSlot): void {
    slot.waits = false;
    this.#release(slot);
    slot.state = 'deleted';
    this.added = this.added.filter((one) => one !== slot);
    this.links = this.links.filter(({ consumer, supplier }) => consumer !== slot && supplier !== slot);
  }

  #depends(slot: ModelSlot, on: ModelSlot): boolean {
    if (slot === on) return true;
    return (slot.above !== undefined && this.#depends(slot.above, on)) || this.links.some(({ consumer, supplier }) => consumer === slot && this.#depends(supplier, on));
  }

  #do(op: Op): Code {
    const slot = 'pick' in op ? this.slots[op.pick % Math.max(1, this.slots.length)] : undefined;
    switch (op.op) {
      case 'init': {
        const parent = this.#on(op.parent);
        const foreign = FOREIGN.includes(op.parent);
        if (!foreign && parent?.driver === undefined) return 'EINVAL';
        this.slots.push({
          name: `m.${op.name}.${op.id}`, match: `m.${op.name}`, parent: op.parent, above: foreign ? undefined : parent, scope: foreign ? undefined : parent!.binding,
          state: 'init', uninit: false, gets: 0, driver: undefined, binding: undefined, waits: false,
        });
        return 'OK';
      }
      case 'add': {
        if (!slot) return 'OK';
        if (slot.state === 'registered') return 'EBUSY';
        return slot.state === 'init' && !slot.uninit ? this.#add(slot) : 'EINVAL';
      }
      case 'delete':
        if (!slot) return 'OK';
        if (slot.state === 'registered') this.#delete(slot);
        else if (slot.state !== 'deleted') return 'EINVAL';
        return 'OK';
      case 'uninit':
        if (!slot) return 'OK';
        if (slot.uninit || slot.state === 'registered') return 'EINVAL';
        slot.uninit = true;
        return 'OK';
      case 'get':
        if (!slot) return 'OK';
        if (this.references(slot) === 0) return 'ENODEV';
        slot.gets++;
        return 'OK';
      case 'put':
        if (slot && slot.gets > 0) slot.gets--;
        return 'OK';
      case 'register': {
        const driver: ModelDriver = { name: `d.${op.driver}`, table: op.table, script: op.script };
        if (this.drivers.some(({ name }) => name === driver.name)) return 'EBUSY';
        this.drivers.push(driver);
        if (this.autoprobe) for (const one of this.added) if (one.driver === undefined && driver.table.includes(one.match)) this.#tryAndWait(one, driver);
        return 'OK';
      }
      case 'unregister': {
        const [driver] = this.drivers.splice(op.pick % Math.max(1, this.drivers.length), 1);
        for (const one of [...this.added]) if (driver && one.driver === driver.name) this.#release(one);
        return 'OK';
      }
      case 'bind':
      case 'unbind': {
        const driver = this.drivers.find(({ name }) => name === `d.${op.driver}`);
        const device = this.#on(op.device);
        if (!driver) return 'ENOENT';
        if (!device) return 'ENODEV';
        return op.op === 'bind' ? this.#bindByHand(device, driver) : this.#unbindByHand(device, driver);
      }
      case 'bind one': {
        const devices = this.added.filter((one) => one.driver === undefined);
        const [device, driver] = [devices[op.pick % Math.max(1, devices.length)], this.drivers[op.pick % Math.max(1, this.drivers.length)]];
        return device && driver ? this.#bindByHand(device, driver) : 'OK';
      }
      case 'unbind one': {
        const devices = this.added.filter((one) => one.driver !== undefined);
        if (devices.length > 0) this.#release(devices[op.pick % devices.length]!);
        return 'OK';
      }
      case 'probe': {
        const device = this.#on(op.device);
        if (!device) return 'ENODEV';
        return this.#attach(device, this.drivers) === 'bus' ? 'EINVAL' : 'OK';
      }
      case 'autoprobe':
        this.autoprobe = op.on;
        return 'OK';
      case 'unbind parent':
        this.#gone.add(op.parent);
        for (const one of this.added.filter(({ parent }) => parent === op.parent).reverse()) if (one.state === 'registered') this.#delete(one);
        return 'OK';
      case 'link':
        return this.#link(this.added[op.pick % Math.max(1, this.added.length)], this.added[op.supplier % Math.max(1, this.added.length)], op.options);
      case 'block':
        this.#blocks++;
        return 'OK';
      case 'unblock':
        if (this.#blocks === 0) return 'OK';
        this.#blocks--;
        this.#wake();
        return 'OK';
      case 'suspend': {
        if (this.#asleep) return 'EBUSY';
        if (this.added.some((one) => this.drivers.find(({ name }) => name === one.driver)?.script.refuses !== undefined)) {
          this.#wake();
          return 'EIO';
        }
        this.#asleep = true;
        return 'OK';
      }
      case 'resume':
        if (!this.#asleep) return 'EINVAL';
        this.#asleep = false;
        this.#wake();
        return 'OK';
      case 'shutdown':
        this.#down = true;
        return 'OK';
      case 'use':
      case 'steal':
        return 'OK';
    }
  }

  #add(slot: ModelSlot): Code {
    const { above } = slot;
    slot.state = 'failed';
    if (above && above.state !== 'registered') return 'ENODEV';
    if (this.#on(slot.name)) return 'EEXIST';
    if (this.#gone.has(slot.parent) || (above && above.binding !== slot.scope)) return 'ENODEV';
    slot.state = 'registered';
    this.added.push(slot);
    if (this.autoprobe) this.#attach(slot, this.drivers);
    return 'OK';
  }

  #bindByHand(device: ModelSlot, driver: ModelDriver): Code {
    if (!driver.table.includes(device.match)) return 'ENODEV';
    if (device.driver !== undefined) return 'EBUSY';
    const by = this.#try(device, driver);
    if (by === undefined) return 'OK';
    const { answer } = driver.script;
    return by === 'bus' || answer === 'needs' || answer === 'ok' ? 'EAGAIN' : CODE[answer];
  }

  #unbindByHand(device: ModelSlot, driver: ModelDriver): Code {
    if (device.driver !== driver.name) return 'ENODEV';
    this.#release(device);
    return 'OK';
  }

  #link(from: ModelSlot | undefined, to: ModelSlot | undefined, options: LinkOptions): Code {
    if (!from || !to) return 'ENODEV';
    if (options.stateless === true && options.autoprobe === true) return 'EINVAL';
    if (this.#depends(to, from)) return 'EINVAL';
    if (!this.links.some((link) => link.consumer === from && link.supplier === to && (link.options.stateless === true) === (options.stateless === true))) {
      this.links.push({ consumer: from, supplier: to, options });
    }
    return 'OK';
  }
}
