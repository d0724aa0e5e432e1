import { AuxBusError } from '../errno.ts';
import type { PowerNode } from '../power/order.ts';
import type { PowerCallback } from '../power/steps.ts';
import type { Device } from './device.ts';

/** A published device, as far as its parent is concerned. */
export interface Child {
  readonly name: string;
  /** Takes it off the bus. */
  withdraw(): Promise<void>;
}

/** The device that auxiliary devices belong to, while a driver is bound to it. */
export interface ParentDevice {
  readonly name: string;
  /** Devices published for it, oldest first; one whose first probe is under way is not among them. */
  readonly children: readonly string[];
}

/** A parent that lives on another bus. */
export interface ForeignParent extends ParentDevice {
  /**
   * The driver lets go of the device: no device can be published for it any more, and those that are still there
   * are withdrawn, last first. A driver should have withdrawn them before.
   */
  unbind(): Promise<void>;
}

/** What such a parent's own driver does when the bus goes to sleep, wakes up or shuts down: after, or before, its children. */
export type ParentCallbacks = Readonly<Partial<Record<PowerCallback | 'shutdown', () => void | Promise<void>>>>;

export interface ParentOptions {
  readonly name: string;
  /** Below `/devices`. */
  readonly path: string;
  /** The bus that it is for. */
  readonly home: object;
  /** The auxiliary device that is the parent, if it is one. */
  readonly device?: Device;
  readonly callbacks?: ParentCallbacks;
  readonly forced?: (child: string) => void;
  readonly gone?: (parent: Parent) => void;
}

/** What the bus uses of a parent. */
export class Parent implements ForeignParent, PowerNode {
  readonly name: string;
  readonly path: string;
  readonly home: object;
  readonly device: Device | undefined;
  readonly callbacks: ParentCallbacks | undefined;
  depth: number = 0;
  /** Its own parent is on a bus that this one knows nothing of. */
  readonly above: undefined = undefined;
  /** On the bus, their first probe under way or over. */
  readonly #adopted: Child[] = [];
  readonly #settled = new Set<Child>();
  readonly #forced: ((child: string) => void) | undefined;
  readonly #gone: ((parent: Parent) => void) | undefined;
  #leaving: Promise<void> | undefined;
  #ever = 0;

  constructor({ name, path, home, device, callbacks, forced, gone }: ParentOptions) {
    this.name = name;
    this.path = path;
    this.home = home;
    this.device = device;
    this.callbacks = callbacks;
    this.#forced = forced;
    this.#gone = gone;
  }

  get children(): readonly string[] {
    return this.#adopted.filter((child) => this.#settled.has(child)).map(({ name }) => name);
  }

  /** How many children it ever had. */
  get ever(): number {
    return this.#ever;
  }

  /** @throws {@link AuxBusError} `ENODEV` once the parent's removal has begun. */
  adopt(child: Child): void {
    if (this.#leaving) throw new AuxBusError('ENODEV', `Cannot publish ${child.name}: ${this.name} is being unbound`);
    this.#adopted.push(child);
    this.#ever++;
  }

  /** Its first probe is over. */
  settle(child: Child): void {
    this.#settled.add(child);
  }

  /** Its deletion has begun: it is not to be found among the children any more. */
  unsettle(child: Child): void {
    this.#settled.delete(child);
  }

  disown(child: Child): void {
    const index = this.#adopted.indexOf(child);
    if (index >= 0) this.#adopted.splice(index, 1);
  }

  unbind(): Promise<void> {
    this.#leaving ??= this.#withdrawAll().catch((error: unknown) => {
      this.#leaving = undefined;
      throw error;
    });
    return this.#leaving;
  }

  async #withdrawAll(): Promise<void> {
    for (let child = this.#adopted.at(-1); child; child = this.#adopted.at(-1)) {
      this.#forced?.(child.name);
      await child.withdraw();
      this.disown(child);
    }
    this.#gone?.(this);
  }
}
