import { registerClient, type ClientBus, type DrmClient, type Session } from '@nova-stack/nova-core-api';

import { DrmError } from './errors.ts';
import { File, type DrmFile } from './file.ts';

/** Key and value mean something to userspace only. */
export type DrmFact = ReturnType<DrmClient['facts']>['facts'][number];

/** A GPU as userspace finds it: something to open. */
export interface DrmDevice {
  /** Name of the GPU's device on the bus. */
  readonly device: string;
  /** Product name. */
  readonly name: string;
  /** Bytes of device memory, and how many of them clients can have between them. Synchronous. @throws {ContractError} `DeviceLost`. */
  memory(): { readonly total: number; readonly usable: number };
  /** What the core wants userspace compilers to know, passed on as it came; empty when it has nothing to say. Synchronous. */
  facts(): readonly DrmFact[];
  /** Files that are open. */
  readonly openFiles: number;
  /** @throws {DrmError} `ENODEV` after the device went away. */
  open(): DrmFile;
}

export interface NovaDrmOptions {
  readonly bus: ClientBus;
  /** A GPU is there. */
  readonly onDevice?: (device: DrmDevice) => void;
  /** A GPU is going; its files are closed next. */
  readonly onGone?: (device: DrmDevice) => void;
}

export interface NovaDrm {
  /** In the order in which the GPUs came. */
  readonly devices: readonly DrmDevice[];
  /** Closes everything and leaves the bus. */
  unregister(): Promise<void>;
}

class Device implements DrmDevice {
  readonly device: string;
  readonly #session: Session;
  readonly #files = new Set<File>();
  #leaving = false;

  constructor(session: Session, device: string) {
    this.#session = session;
    this.device = device;
  }

  get name(): string {
    return this.#session.base.deviceInfo().info.name;
  }

  memory(): { readonly total: number; readonly usable: number } {
    const { memoryTotal, memoryUsable } = this.#session.base.deviceInfo().info;
    return { total: memoryTotal, usable: memoryUsable };
  }

  facts(): readonly DrmFact[] {
    return this.#session.agreement.capabilities.includes('drm.facts') ? (this.#session.drm?.facts().facts ?? []) : [];
  }

  get openFiles(): number {
    return this.#files.size;
  }

  open(): DrmFile {
    if (this.#leaving || this.#session.state !== 'Attached') throw new DrmError('ENODEV', `${this.device} is gone`);
    const file = new File(this.#session, (closed) => void this.#files.delete(closed));
    this.#files.add(file);
    return file;
  }

  async closeAll(): Promise<void> {
    this.#leaving = true;
    for (const file of [...this.#files].reverse()) await file.close();
  }
}

/**
 * Registers the graphics driver as a client of all cores on the bus, those there are and those that come.
 *
 * @throws AuxBusError `EBUSY` when it is registered already.
 */
export async function createNovaDrm({ bus, onDevice, onGone }: NovaDrmOptions): Promise<NovaDrm> {
  const devices: Device[] = [];
  const registered = await registerClient<Device>(bus, {
    module: 'nova-drm',
    devices: ['nova-core.nova-drm'],
    hello: {
      kind: 'drm',
      name: 'nova-drm',
      wants: [
        { interface: 'base', major: 1, minMinor: 0, maxMinor: 0 },
        { interface: 'drm', major: 1, minMinor: 0, maxMinor: 0, optional: true },
      ],
      required: ['device.info', 'memory.region', 'memory.cpu-window'],
      optional: ['device.events', 'memory.clear', 'drm.facts'],
    },
    attached(session, name) {
      const device = new Device(session, name);
      devices.push(device);
      onDevice?.(device);
      return device;
    },
    async detaching(device) {
      onGone?.(device);
      devices.splice(devices.indexOf(device), 1);
      await device.closeAll();
    },
  });
  return { devices, unregister: () => registered.unregister() };
}
