import { createVirtualClock, type Clock } from '@nova-stack/timebase';

import type { Capability } from '../capabilities.ts';
import { createEndpoint, type PublishedCore } from '../core/endpoint.ts';
import type { BackendRegion, BaseBackend, CoreBackend } from '../core/backend.ts';
import { EVENT_QUEUE, type LostCause } from '../core/server-session.ts';
import { ContractError } from '../errors.ts';
import type { Offer } from '../handshake.ts';
import type { CoreEndpoint } from '../session.ts';
import { DeviceMemory, type Block } from './device-memory.ts';
import { MemoryVgpus } from './memory-vgpus.ts';

export interface MemoryCoreOptions {
  /** Bytes of device memory, a multiple of 4096; default 64 MiB. Only what is written takes room. */
  readonly memory?: number;
  /** Virtual functions; default 8. */
  readonly vfs?: number;
  /** Release that submitted types must be for; default `a`. */
  readonly release?: string;
  readonly epoch?: bigint;
  /** What the core offers; default base 1.2, vgpu 1.1 and 2.0, drm 1.0. */
  readonly interfaces?: Offer['interfaces'];
  /** Default: all that an in-memory core has. */
  readonly capabilities?: readonly Capability[];
  /**
   * Runs before each operation, with its name: `base.allocate`, `region.clear`, `instance.release`. What it throws
   * makes the operation fail; a promise delays it (not a synchronous one).
   */
  readonly before?: (operation: string) => void | Promise<void>;
  readonly clock?: Clock;
  /** 16 bytes that tell this device from others; default all zero. */
  readonly uuid?: Uint8Array;
}

/** What a core has lent out. */
export interface Lent {
  readonly regions: number;
  /** Instances that run, or that could not be brought to an end. */
  readonly instances: number;
  readonly assignments: number;
  /** Bytes that somebody has. */
  readonly bytes: number;
  /** Bytes that nobody has and that do not read zero. */
  readonly dirty: number;
}

/** A core without a device: every rule of the contract, in a few hundred lines of plain state. */
export interface MemoryCore {
  readonly endpoint: CoreEndpoint;
  readonly published: PublishedCore;
  /** What the endpoint was made from, for tests that break a part of it. */
  readonly backend: CoreBackend;
  readonly clock: Clock;
  /** Errors that clients know the support id of. */
  readonly reports: readonly { readonly supportId: string; readonly error: unknown }[];
  lent(): Lent;
  /** What the guest on a virtual function sees in its memory. */
  guestRead(vf: number, offset: number, length: number): Uint8Array;
  guestWrite(vf: number, offset: number, bytes: Uint8Array): void;
  /** The guest's device breaks down: `Active` to `Failed`. */
  breakInstance(vf: number): void;
  /** The device leaves: all sessions are lost. */
  remove(cause?: LostCause): Promise<void>;
}

const HAS = [
  'device.info', 'device.events', 'memory.region', 'memory.clear', 'memory.cpu-window', 'drm.facts',
  'vgpu.types.list', 'vgpu.types.submit', 'vgpu.instance.basic', 'vgpu.guest-identity',
  'vgpu.capacity.plan', 'vgpu.mixed-sizes', 'vgpu.placement.explicit', 'vgpu.migration.stop-copy',
] as const;

/** Makes a core without a device. */
export function createMemoryCore(options: MemoryCoreOptions = {}): MemoryCore {
  const { memory: size = 64 * 2 ** 20, vfs = 8, release = 'a', epoch = 1n, uuid = new Uint8Array(16), before = () => undefined, clock = createVirtualClock() } = options;
  const memory = new DeviceMemory(size);
  const reports: { supportId: string; error: unknown }[] = [];
  const regions = new Set<MemoryRegion>();
  let gone = false;
  const vgpu = new MemoryVgpus({ memory, vfs, release, before, emit: (event) => { if (!gone) published.emit(event); } });

  const base: BaseBackend = {
    deviceInfo: () => {
      void before('base.deviceInfo');
      return {
        info: {
          name: 'Memory', uuid: uuid.slice(), pci: { segment: 0, bus: 1, device: 0, function: 0 }, vendor: 0x1af4, product: 1, subsystemVendor: 0x1af4,
          subsystem: 1, memoryTotal: size, memoryUsable: size, aperture: 2 ** Math.floor(Math.log2(size)),
        },
      };
    },
    limits: () => {
      void before('base.limits');
      return {
        limits: {
          totalVfs: vfs, enabledVfs: vfs, memoryAvailable: memory.free, largestRegion: memory.largest, windowGranularity: memory.granularity,
          eventQueue: EVENT_QUEUE, submitBytes: 2 ** 20, openMilliseconds: 1000, closeMilliseconds: 1000, resetMilliseconds: 1000,
        },
      };
    },
    allocate: async (input) => {
      await before('base.allocate');
      const block = memory.take(input.size);
      if (!block) throw new ContractError('NoMemory', 'The device has not enough free memory');
      const region = new MemoryRegion(memory, block, async () => {
        if (!gone) await before('region.release');
        memory.clear(block.start, block.size);
        memory.give(block);
        regions.delete(region);
      }, before);
      regions.add(region);
      return { region, size: block.size };
    },
  };
  const backend: CoreBackend = {
    interfaces: options.interfaces ?? { base: [{ major: 1, minor: 2 }], vgpu: [{ major: 1, minor: 1 }, { major: 2, minor: 0 }], drm: [{ major: 1, minor: 0 }] },
    capabilities: options.capabilities ?? HAS,
    epoch, supportId: 'm0', base, vgpus: vgpu,
    drm: { facts: () => ({ facts: FACTS }) },
    now: () => clock.now(),
    report: (supportId, error) => void reports.push({ supportId, error }),
  };
  const published: PublishedCore = createEndpoint(backend);
  const guest = (vf: number, offset: number, length: number): number => {
    const block = vgpu.block(vf);
    if (!block || offset < 0 || offset + length > block.size) throw new RangeError(`The guest on ${vf} has no ${length} bytes at ${offset}`);
    return block.start + offset;
  };
  return {
    endpoint: published.endpoint, published, backend, clock, reports,
    lent: () => ({ regions: regions.size, instances: vgpu.live, assignments: vgpu.assigned, bytes: size - memory.free, dirty: memory.dirty }),
    guestRead: (vf, offset, length) => memory.read(guest(vf, offset, length), length),
    guestWrite: (vf, offset, bytes) => { memory.write(guest(vf, offset, bytes.length), bytes); },
    breakInstance: (vf) => { vgpu.break(vf); },
    remove: async (cause = 'removed') => {
      gone = vgpu.gone = true;
      memory.vanish();
      await published.lose(cause);
    },
  };
}

/** Facts that mean nothing to anybody. */
const FACTS = [{ key: 1, value: 42n }, { key: 7, value: 2n ** 63n }];

class MemoryRegion implements BackendRegion {
  readonly release: () => Promise<void>;
  readonly #memory: DeviceMemory;
  readonly #block: Block;
  readonly #before: (operation: string) => void | Promise<void>;

  constructor(memory: DeviceMemory, block: Block, release: () => Promise<void>, before: (operation: string) => void | Promise<void>) {
    this.#memory = memory;
    this.#block = block;
    this.release = release;
    this.#before = before;
  }

  async clear({ offset, length }: { readonly offset: number; readonly length: number }): Promise<void> {
    const start = this.#at(offset, length);
    await this.#before('region.clear');
    this.#memory.clear(start, length);
  }

  read({ offset, length }: { readonly offset: number; readonly length: number }): { readonly bytes: Uint8Array } {
    void this.#before('region.read');
    return { bytes: this.#memory.read(this.#at(offset, length), length) };
  }

  write({ offset, bytes }: { readonly offset: number; readonly bytes: Uint8Array }): void {
    void this.#before('region.write');
    this.#memory.write(this.#at(offset, bytes.length), bytes);
  }

  #at(offset: number, length: number): number {
    const { start, size } = this.#block;
    if (offset + length > size) throw new ContractError('Range', `${length} bytes at ${offset} are outside the region of ${size} bytes`, { subject: 'offset' });
    return start + offset;
  }
}
