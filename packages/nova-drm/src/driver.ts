import { registerClient, type ClientBus, type DrmClient, type Session } from '@nova-stack/nova-core-api';

import { PLATFORM_CLOCK, type DrmClock } from './clock.ts';
import { DrmError } from './errors.ts';
import { FACES, type FaceName } from './face.ts';
import { File, type DrmFile } from './file.ts';
import { SystemMemory } from './gem/memory.ts';
import { NO_MEMORY, type UserMemory } from './user-memory.ts';

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
  open(options?: OpenOptions): DrmFile;
}

export interface OpenOptions {
  /** The interface that the file speaks; default: nova's own. */
  readonly face?: FaceName;
  /** Memory of the process that opens it, where ioctls point to; without, pointers are `EFAULT`. */
  readonly memory?: UserMemory;
}

export interface NovaDrmOptions {
  readonly bus: ClientBus;
  /** What waits of userspace go by; default: the platform's. */
  readonly clock?: DrmClock;
  /** Bytes of system memory that the files of one device can have between them; default 256 MiB. */
  readonly systemMemory?: number;
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
  readonly #clock: DrmClock;
  readonly #system: SystemMemory;
  #leaving = false;

  constructor(session: Session, device: string, { clock = PLATFORM_CLOCK, systemMemory = 256 * 2 ** 20 }: NovaDrmOptions) {
    this.#session = session;
    this.device = device;
    this.#clock = clock;
    this.#system = new SystemMemory(systemMemory);
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

  open({ face = 'nova', memory = NO_MEMORY }: OpenOptions = {}): DrmFile {
    if (this.#leaving || this.#session.state !== 'Attached') throw new DrmError('ENODEV', `${this.device} is gone`);
    const file = new File({
      session: this.#session, face: FACES[face], memory, clock: this.#clock, system: this.#system, closed: (closed) => void this.#files.delete(closed),
    });
    this.#files.add(file);
    return file;
  }

  /** Nobody waits for it any longer. Its files stay open until somebody closes them. */
  lost(): void {
    this.#leaving = true;
    for (const file of this.#files) file.lost();
  }

  async closeAll(): Promise<void> {
    this.lost();
    for (const file of [...this.#files].reverse()) await file.close();
  }
}

/**
 * Registers the graphics driver as a client of all cores on the bus, those there are and those that come.
 *
 * @throws AuxBusError `EBUSY` when it is registered already.
 */
export async function createNovaDrm(options: NovaDrmOptions): Promise<NovaDrm> {
  const { bus, onDevice, onGone } = options;
  const devices: Device[] = [];
  const byName = new Map<string, Device>();
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
      const device = new Device(session, name, options);
      devices.push(device);
      byName.set(name, device);
      onDevice?.(device);
      return device;
    },
    async detaching(device) {
      onGone?.(device);
      devices.splice(devices.indexOf(device), 1);
      await device.closeAll();
      byName.delete(device.device);
    },
    onEvent: (name) => ({ kind }) => { if (kind === 'session.lost') byName.get(name)?.lost(); },
  });
  return { devices, unregister: () => registered.unregister() };
}
