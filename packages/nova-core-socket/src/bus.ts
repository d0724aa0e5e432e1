import { CORE_ENDPOINT, type ClientBus } from '@nova-stack/nova-core-api';

import { serveCore, type CoreServer, type ServeCoreOptions } from './server.ts';

export interface BusServerOptions extends Pick<ServeCoreOptions, 'maxConnections' | 'onEvent'> {
  /** Devices whose cores are served, without their number: `nova-core.nova-drm`. All devices of one core lead to the same. */
  readonly devices: readonly string[];
  /** Path of the socket for a device, by its name on the bus: `nova-core.nova-drm.0`. */
  readonly path: (device: string) => string;
  /** The core of a device can be reached. */
  readonly onServer?: (server: CoreServer, device: string) => void;
  /** It cannot; its device stays unbound, with the same reason on the bus. */
  readonly onFailure?: (error: unknown, device: string) => void;
  /** Module of the driver, unique on the bus; default `nova-core-socket`. */
  readonly module?: string;
}

/**
 * Serves the cores that are on a bus, now and later, each as long as it is there: before a core goes, its connections are ended and what
 * their clients held is back.
 *
 * @returns the driver; unregistering it takes all sockets away
 * @throws AuxBusError as registering a driver does
 */
export function registerCoreServer(bus: ClientBus, options: BusServerOptions): ReturnType<ClientBus['registerDriver']> {
  const { devices, path, onServer, onFailure, module = 'nova-core-socket', ...rest } = options;
  return bus.registerDriver({
    module,
    idTable: devices.map((name) => ({ name })),
    async probe(device) {
      try {
        const server = await serveCore({ endpoint: device.endpoint(CORE_ENDPOINT), path: path(device.name), ...rest });
        device.defer('socket', () => server.close());
        onServer?.(server, device.name);
      } catch (error) {
        onFailure?.(error, device.name);
        throw error;
      }
    },
  });
}
