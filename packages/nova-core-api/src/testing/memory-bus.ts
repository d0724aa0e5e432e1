import { createAuxBus, endpoint, type PublishedDevice } from '@nova-stack/aux-bus';

import type { ClientBus } from '../client-driver.ts';
import { CORE_ENDPOINT } from '../core-endpoint-key.ts';
import type { MemoryCore } from './memory-core.ts';

/** An in-memory core on the bus. */
export interface PluggedCore {
  /** Names of its devices on the bus. */
  readonly names: readonly string[];
  /** Why a driver did not bind to a device, or undefined. */
  refusal(driver: string, name: string): string | undefined;
  /** The core leaves in good order: its devices go, clients end. Nothing is lent out afterwards. */
  unplug(): Promise<void>;
  /** The device is torn out: first everything is lost, then its devices go. */
  tearOut(): Promise<void>;
}

export interface MemoryBus {
  /** For clients. */
  readonly bus: ClientBus;
  /** Publishes a core as `nova-core.nova-drm.N` and `nova-core.vgpu.N`. */
  readonly plug: (core: MemoryCore) => Promise<PluggedCore>;
}

/** A bus on which clients find in-memory cores, as they find real ones. */
export function createMemoryBus(): MemoryBus {
  const bus = createAuxBus();
  let next = 0;
  return {
    bus,
    plug: async (core) => {
      const id = next++;
      const parent = bus.parent(`memory-${id}`);
      const devices: PublishedDevice[] = [];
      for (const name of ['nova-drm', 'vgpu']) {
        devices.push(await bus.publish({ parent, module: 'nova-core', name, id, endpoint: endpoint(CORE_ENDPOINT, core.endpoint) }));
      }
      const withdraw = async (): Promise<void> => {
        for (const device of devices.reverse()) await device.withdraw();
      };
      return {
        names: devices.map(({ name }) => name),
        refusal: (driver, name) => {
          const { lastProbe } = bus.explain(driver, name);
          return lastProbe && lastProbe.code !== 'OK' ? lastProbe.message : undefined;
        },
        async unplug() {
          await withdraw();
          await core.published.withdraw(core.clock, 1000);
        },
        async tearOut() {
          await core.remove();
          await withdraw();
        },
      };
    },
  };
}
