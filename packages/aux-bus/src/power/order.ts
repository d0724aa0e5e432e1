/** What can be put to sleep: a device of this bus, or the device that others are published for. */
export interface PowerNode {
  readonly name: string;
  /** Its parent, where that can sleep too. */
  readonly above: PowerNode | undefined;
  /** How many steps it went into sleep. */
  depth: number;
}

/**
 * Everything that can sleep, parents and suppliers before what needs them: the order of registration, except that
 * what gets a new supplier, or is probed late, goes to the end with all that depends on it.
 * Source: linux: drivers/base/core.c (device_reorder_to_tail).
 */
export class PowerOrder {
  readonly #nodes = new Set<PowerNode>();
  readonly #suppliers: (node: PowerNode) => readonly PowerNode[];

  constructor(suppliers: (node: PowerNode) => readonly PowerNode[]) {
    this.#suppliers = suppliers;
  }

  get nodes(): readonly PowerNode[] {
    return [...this.#nodes];
  }

  has(node: PowerNode): boolean {
    return this.#nodes.has(node);
  }

  add(node: PowerNode): void {
    this.#nodes.add(node);
  }

  remove(node: PowerNode): void {
    this.#nodes.delete(node);
  }

  /** Moves a device to the end, and after it, in their order, all that depends on it. */
  toTail(first: PowerNode): void {
    if (!this.#nodes.has(first)) return;
    const moving = new Set([first]);
    // What depends on a device comes after it, so one pass finds all.
    for (const node of this.#nodes) {
      if ((node.above && moving.has(node.above)) || this.#suppliers(node).some((one) => moving.has(one))) moving.add(node);
    }
    const order = this.nodes.filter((node) => moving.has(node));
    for (const node of order) this.#nodes.delete(node);
    for (const node of order) this.#nodes.add(node);
  }
}
