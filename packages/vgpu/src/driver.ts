import { registerClient, type ClientBus } from '@nova-stack/nova-core-api';

import { Manager, type VgpuManager } from './manager.ts';

export interface VgpuDriverOptions {
  readonly bus: ClientBus;
  /** A GPU is there. */
  readonly onManager?: (manager: VgpuManager) => void;
  /** A GPU is going; its virtual GPUs are closed next. */
  readonly onGone?: (manager: VgpuManager) => void;
}

/** The driver: one manager for every GPU that a core publishes for virtual GPUs. */
export interface VgpuDriver {
  /** In the order in which the GPUs came. */
  readonly managers: readonly VgpuManager[];
  /** Closes everything and leaves the bus. */
  unregister(): Promise<void>;
}

/**
 * Registers the manager as a client of all cores on the bus, those there are and those that come.
 *
 * @throws AuxBusError `EBUSY` when it is registered already.
 */
export async function createVgpuDriver({ bus, onManager, onGone }: VgpuDriverOptions): Promise<VgpuDriver> {
  const managers: Manager[] = [];
  const byDevice = new Map<string, Manager>();
  const registered = await registerClient<Manager>(bus, {
    module: 'vgpu',
    devices: ['nova-core.vgpu'],
    hello: {
      kind: 'vgpu-manager',
      name: 'vgpu',
      wants: [
        { interface: 'base', major: 1, minMinor: 0, maxMinor: 0 },
        { interface: 'vgpu', major: 1, minMinor: 1, maxMinor: 1 },
      ],
      required: ['device.info', 'vgpu.types.list', 'vgpu.types.submit', 'vgpu.instance.basic', 'vgpu.guest-identity'],
      optional: ['device.events'],
    },
    attached(session, device) {
      const manager = new Manager(session, device);
      managers.push(manager);
      byDevice.set(device, manager);
      onManager?.(manager);
      return manager;
    },
    async detaching(manager) {
      onGone?.(manager);
      managers.splice(managers.indexOf(manager), 1);
      await manager.closeAll();
      byDevice.delete(manager.device);
    },
    onEvent: (device) => (event) => { byDevice.get(device)?.heard(event); },
  });
  return { managers, unregister: () => registered.unregister() };
}
