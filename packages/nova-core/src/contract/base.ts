import { ContractError } from '@nova-stack/nova-core-api';
import { EVENT_QUEUE, type BackendRegion, type BaseBackend } from '@nova-stack/nova-core-api/core';
import { HEADER } from '@nova-stack/pci';

import type { Running } from '../boot.ts';
import { awake, present, report, type Device } from '../device.ts';
import { NovaCoreError } from '../errors.ts';
import { scrub } from '../memory/scrub.ts';
import type { VramAllocator, VramBlock } from '../memory/vram.ts';
import type { VramAccess, VramWindow } from '../memory/vram-window.ts';
import { KiB, MiB } from '../sizes.ts';
import { BARS, bar } from '../system-facts.ts';
import type { Teller } from './errors.ts';

/** Regions start and end on this boundary: the GPU's large page. */
const GRANULARITY = 64 * KiB;
/** Largest type file that is looked at. */
const SUBMIT_LIMIT = 64 * MiB;
/** Above the waits of each, which add up to these at most. */
const LIMITS = { openMilliseconds: 150_000, closeMilliseconds: 130_000, resetMilliseconds: 160_000 } as const;
const UUID_SIZE = 16;

/** What the services of one GPU share. */
export interface Services {
  readonly device: Device;
  readonly running: Running;
  readonly vram: VramAllocator;
  readonly window: VramAccess & Pick<VramWindow, 'forget'>;
  readonly teller: Teller;
  /** Memory that was given back while the device slept, and has to be cleared before anybody else gets it. */
  readonly owed: Set<VramBlock>;
}

/** Device memory lent to a session. */
class LentRegion implements BackendRegion {
  readonly #services: Services;
  readonly #block: VramBlock;

  constructor(services: Services, block: VramBlock) {
    this.#services = services;
    this.#block = block;
  }

  clear({ offset, length }: { readonly offset: number; readonly length: number }): Promise<void> {
    const { device, running, teller } = this.#services;
    return teller.run(async () => {
      const start = this.#at(offset, length);
      if (length === 0) return;
      awake(device, 'memory');
      await running.gsp.control('memory', running.abi.controls.fill, { start, size: length, byte: 0 });
    });
  }

  read({ offset, length }: { readonly offset: number; readonly length: number }): { readonly bytes: Uint8Array } {
    return this.#services.teller.runSync(() => {
      const start = this.#at(offset, length);
      awake(this.#services.device, 'memory');
      const bytes = new Uint8Array(length);
      this.#services.window.read(start, bytes);
      present(this.#services.device, 'memory');
      return { bytes };
    });
  }

  write({ offset, bytes }: { readonly offset: number; readonly bytes: Uint8Array }): void {
    this.#services.teller.runSync(() => {
      const start = this.#at(offset, bytes.length);
      awake(this.#services.device, 'memory');
      this.#services.window.write(start, bytes);
      present(this.#services.device, 'memory');
    });
  }

  release(): Promise<void> {
    const { device, running, vram, window, teller } = this.#services;
    return teller.run(async () => {
      // Given back in its sleep: it is cleared when the device wakes.
      if (device.sleep.on) {
        this.#services.owed.add(this.#block);
        return;
      }
      // Where it cannot be made sure that the memory is clear, nobody else gets it.
      if (device.pci.present) {
        try {
          await scrub(device, running.gsp, window, this.#block, 'memory');
        } catch (error) {
          if (!(error instanceof NovaCoreError && error.code === 'DEVICE_LOST')) throw teller.keep(error);
        }
      }
      vram.release(this.#block);
    });
  }

  #at(offset: number, length: number): number {
    const { size, start } = this.#block;
    if (offset + length > size) {
      throw new ContractError('Range', `${length} bytes at ${offset} are outside the region of ${size} bytes`, { subject: 'offset' });
    }
    return start + offset;
  }
}

/** What every client gets: facts about the device, and its memory. */
export function baseBackend(services: Services): BaseBackend {
  const { device, running, vram, window, teller } = services;
  const { pci } = device;
  const usable = vram.total;
  const aperture = bar(pci, BARS.framebuffer).size;
  // Read once: a client may ask when the device has left.
  const ids = {
    vendor: pci.readConfig(HEADER.vendor, 2),
    product: pci.readConfig(HEADER.device, 2),
    subsystemVendor: pci.readConfig(HEADER.subsystemVendor, 2),
    subsystem: pci.readConfig(HEADER.subsystem, 2),
  };
  return {
    deviceInfo: () => ({
      info: {
        name: running.info.name,
        uuid: running.info.uuid ?? new Uint8Array(UUID_SIZE),
        pci: pci.address,
        ...ids,
        memoryTotal: running.info.fbSize,
        memoryUsable: usable,
        aperture,
      },
    }),
    limits: () => ({
      limits: {
        totalVfs: running.layout.vfs,
        enabledVfs: pci.sriov?.numVfs ?? 0,
        memoryAvailable: vram.free,
        largestRegion: vram.largest(GRANULARITY),
        windowGranularity: GRANULARITY,
        eventQueue: EVENT_QUEUE,
        submitBytes: SUBMIT_LIMIT,
        ...LIMITS,
      },
    }),
    allocate: ({ size }) => teller.run(async () => {
      awake(device, 'memory');
      if (size > vram.largest(GRANULARITY)) throw new NovaCoreError('NO_MEMORY', 'memory', `no ${size} bytes of framebuffer in one piece`, { detail: { size } });
      const block = vram.allocate({ size, align: GRANULARITY, label: 'region of a client', from: 'high' })!;
      const region = new LentRegion(services, block);
      try {
        await scrub(device, running.gsp, window, block, 'memory');
      } catch (error) {
        // What was refused was not begun.
        if (error instanceof NovaCoreError && (error.code === 'REFUSED' || error.code === 'DEVICE_LOST')) vram.release(block);
        throw error;
      }
      report(device.trace, 'nova-core.memory.allocated', { start: block.start, size: block.size, label: block.label });
      return { region, size: block.size };
    }),
  };
}

