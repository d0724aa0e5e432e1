import { AuxBusError } from './errno.ts';
import { openEndpoint, type Endpoint, type EndpointKey } from './endpoint.ts';
import type { Release, ReleaseStack } from './release-stack.ts';

/** What anybody may know of a device at any time. */
export interface DeviceIdentity {
  /** `<module>.<name>.<id>` */
  readonly name: string;
  readonly matchName: string;
  /** Tells devices with the same match name apart. */
  readonly id: number;
  readonly parent: string;
}

/**
 * A device as its driver sees it, for as long as it is bound. After that every method throws `ENODEV`, so that
 * nothing that a driver kept by mistake leads to stale data.
 */
export interface BoundDevice extends DeviceIdentity {
  readonly bound: boolean;
  /**
   * Registration data: what the registrant hands to the driver.
   *
   * @throws {@link AuxBusError} `ENODEV`; `ENOENT` when there is none, `EINVAL` when it is of another type.
   */
  endpoint<T>(key: EndpointKey<T>): T;
  /** Has `release` called, last first, after `remove` or a failed probe. @throws {@link AuxBusError} `ENODEV`. */
  defer(label: string, release: Release): void;
}

/** One binding's handle. */
export class Binding implements BoundDevice {
  readonly name: string;
  readonly matchName: string;
  readonly id: number;
  readonly parent: string;
  readonly #endpoint: Endpoint | undefined;
  #resources: ReleaseStack | undefined;

  constructor({ name, matchName, id, parent }: DeviceIdentity, given: Endpoint | undefined, resources: ReleaseStack) {
    this.name = name;
    this.matchName = matchName;
    this.id = id;
    this.parent = parent;
    this.#endpoint = given;
    this.#resources = resources;
  }

  get bound(): boolean {
    return this.#resources !== undefined;
  }

  endpoint<T>(key: EndpointKey<T>): T {
    this.#live();
    return openEndpoint(this.name, this.#endpoint, key);
  }

  defer(label: string, release: Release): void {
    this.#live().defer(label, release);
  }

  /** Ends the binding. */
  revoke(): void {
    this.#resources = undefined;
  }

  #live(): ReleaseStack {
    if (!this.#resources) throw new AuxBusError('ENODEV', `${this.name} is no longer bound`);
    return this.#resources;
  }
}
