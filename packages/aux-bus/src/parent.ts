import { AuxBusError } from './errno.ts';

/** A published device, as far as its parent is concerned. */
export interface Child {
  readonly name: string;
  /** Takes it off the bus. */
  withdraw(): Promise<void>;
}

/** The device that auxiliary devices belong to; it lives on another bus, and a driver is bound to it. */
export interface ParentDevice {
  readonly name: string;
  /** Devices published for it, oldest first. */
  readonly children: readonly string[];
  /**
   * The driver lets go of the device: no device can be published for it any more, and those that are still there
   * are withdrawn, last first. A driver should have withdrawn them before.
   */
  unbind(): Promise<void>;
}

/** What the bus uses of a parent. */
export class Parent implements ParentDevice {
  readonly name: string;
  readonly #children: Child[] = [];
  readonly #forced: (child: string) => void;
  #leaving: Promise<void> | undefined;

  constructor(name: string, forced: (child: string) => void) {
    this.name = name;
    this.#forced = forced;
  }

  get children(): readonly string[] {
    return this.#children.map(({ name }) => name);
  }

  /** @throws {@link AuxBusError} `ENODEV` once the parent's removal has begun. */
  adopt(child: Child): void {
    if (this.#leaving) throw new AuxBusError('ENODEV', `Cannot publish ${child.name}: ${this.name} is being unbound`);
    this.#children.push(child);
  }

  disown(child: Child): void {
    const index = this.#children.indexOf(child);
    if (index >= 0) this.#children.splice(index, 1);
  }

  unbind(): Promise<void> {
    this.#leaving ??= this.#withdrawAll().catch((error: unknown) => {
      this.#leaving = undefined;
      throw error;
    });
    return this.#leaving;
  }

  async #withdrawAll(): Promise<void> {
    for (let child = this.#children.at(-1); child; child = this.#children.at(-1)) {
      this.#forced(child.name);
      await child.withdraw();
      this.disown(child);
    }
  }
}
