import { AuxBusError } from '../errno.ts';
import type { Device } from '../device/device.ts';

/** How a consumer depends on its supplier (linux: include/linux/device.h, DL_FLAG_*). */
export interface LinkOptions {
  /** It is about the order of sleep and shutdown only. Excludes the others. */
  readonly stateless?: boolean;
  /** The link goes when this side's driver lets go. */
  readonly autoremove?: 'consumer' | 'supplier';
  /** The consumer is tried again when the supplier is bound. Excludes `autoremove`. */
  readonly autoprobe?: boolean;
}

export type LinkState = 'none' | 'dormant' | 'available' | 'consumer probe' | 'active' | 'supplier unbind';

/** One consumer's dependency on one supplier. */
export interface Link {
  readonly consumer: Device;
  readonly supplier: Device;
  readonly options: LinkOptions;
  state: LinkState;
  /** How often a stateless one was made. */
  uses: number;
}

/** All that `device` needs: its parent, and its suppliers. */
function* needs(device: Device, links: Iterable<Link>): Iterable<Device> {
  if (device.scope.device) yield device.scope.device;
  for (const link of links) if (link.consumer === device) yield link.supplier;
}

/** Dependencies between devices, beside that of child and parent. Source: linux: drivers/base/core.c (device links). */
export class Links {
  readonly #links = new Set<Link>();

  get size(): number {
    return this.#links.size;
  }

  suppliersOf(device: Device): readonly Link[] {
    return [...this.#links].filter(({ consumer }) => consumer === device);
  }

  consumersOf(device: Device): readonly Link[] {
    return [...this.#links].filter(({ supplier }) => supplier === device);
  }

  /** @throws {@link AuxBusError} `EINVAL` for a cycle or contradicting options. */
  add(consumer: Device, supplier: Device, options: LinkOptions): Link {
    const { stateless, autoremove, autoprobe } = options;
    if ((stateless === true && (autoremove !== undefined || autoprobe === true)) || (autoprobe === true && autoremove !== undefined)) {
      throw new AuxBusError('EINVAL', 'A stateless link has no other options, and one that is probed again is not removed');
    }
    if (this.#depends(supplier, consumer)) throw new AuxBusError('EINVAL', `${supplier.name} needs ${consumer.name} already`);
    const known = this.suppliersOf(consumer).find((link) => link.supplier === supplier && (link.options.stateless === true) === (stateless === true));
    if (known) {
      known.uses++;
      return known;
    }
    const link: Link = { consumer, supplier, options, state: 'none', uses: 1 };
    if (stateless !== true) link.state = this.#firstState(consumer, supplier);
    this.#links.add(link);
    return link;
  }

  /** Gives a stateless link back. @throws {@link AuxBusError} `EINVAL` for a managed one, which goes by itself. */
  remove(link: Link): void {
    if (link.options.stateless !== true) throw new AuxBusError('EINVAL', 'A managed link goes with its devices');
    if (!this.#links.has(link)) throw new AuxBusError('EINVAL', 'The link was removed before');
    if (--link.uses === 0) this.#links.delete(link);
  }

  /** Before a probe: claims all suppliers, or none. @returns One that is not ready. */
  claim(consumer: Device): Device | undefined {
    const managed = this.suppliersOf(consumer).filter(({ state }) => state !== 'none');
    const missing = managed.find(({ state }) => state !== 'available');
    if (missing) return missing.supplier;
    for (const link of managed) link.state = 'consumer probe';
    return undefined;
  }

  /** @returns Consumers that want to be tried now. */
  bound(device: Device): readonly Device[] {
    for (const link of this.suppliersOf(device)) if (link.state === 'consumer probe') link.state = 'active';
    const waiting: Device[] = [];
    for (const link of this.consumersOf(device)) {
      if (link.state !== 'dormant') continue;
      link.state = link.consumer.binding?.phase === 'bound' ? 'active' : 'available';
      if (link.options.autoprobe === true) waiting.push(link.consumer);
    }
    return waiting;
  }

  /** Supplier's driver is about to let go: nobody new may rely on it. @returns Consumers, last linked first. */
  unbinding(supplier: Device): readonly Device[] {
    const links = this.consumersOf(supplier).filter(({ state }) => state !== 'none');
    for (const link of links) link.state = 'supplier unbind';
    return links.map(({ consumer }) => consumer).reverse();
  }

  /** A probe failed, or a driver let go. */
  unbound(device: Device): void {
    for (const link of this.suppliersOf(device)) {
      if (link.options.autoremove === 'consumer') this.#links.delete(link);
      else if (link.state === 'consumer probe' || link.state === 'active') link.state = link.supplier.binding?.phase === 'bound' ? 'available' : 'dormant';
    }
    for (const link of this.consumersOf(device)) {
      if (link.state === 'none') continue;
      if (link.options.autoremove === 'supplier' && link.state === 'supplier unbind') this.#links.delete(link);
      else link.state = 'dormant';
    }
  }

  /** The device is gone. */
  drop(device: Device): void {
    for (const link of this.#links) if (link.consumer === device || link.supplier === device) this.#links.delete(link);
  }

  /** Whether `device` needs `on`, directly or not. */
  #depends(device: Device, on: Device): boolean {
    const seen = new Set([device]);
    // A set also visits what is added while it is walked.
    for (const one of seen) for (const needed of needs(one, this.#links)) seen.add(needed);
    return seen.has(on);
  }

  #firstState(consumer: Device, supplier: Device): LinkState {
    const phase = supplier.binding?.phase;
    // A child that is probed inside its parent's probe may rely on the parent.
    if (phase !== 'bound' && !(phase === 'probing' && consumer.scope.device === supplier)) return 'dormant';
    if (consumer.binding?.phase === 'probing') return 'consumer probe';
    return consumer.binding?.phase === 'bound' ? 'active' : 'available';
  }
}
