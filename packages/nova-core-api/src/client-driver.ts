import type { AuxBus, RegisteredDriver } from '@nova-stack/aux-bus';

import { CORE_ENDPOINT } from './core-endpoint-key.ts';
import type { Hello } from './handshake.ts';
import type { EventHandler, Session } from './session.ts';

/** Where drivers of clients register: the auxiliary bus, of which clients need to know no more. */
export type ClientBus = Pick<AuxBus, 'registerDriver'>;

export interface ClientDriverOptions<State> {
  /** Module of the client, unique on the bus: `nova-drm`. */
  readonly module: string;
  /** Devices that it attaches to, without their number: `nova-core.nova-drm`. */
  readonly devices: readonly string[];
  /** What it says in the handshake; the epoch is the offer's. */
  readonly hello: Omit<Hello, 'epoch'>;
  /** A device is there and a session with its core is open. `device` is its name on the bus. */
  attached(session: Session, device: string): State | Promise<State>;
  /** The device goes away: let go of what is held. The session is detached right afterwards. */
  detaching?(state: State): void | Promise<void>;
  readonly onEvent?: (device: string) => EventHandler;
}

/**
 * Registers a client: for every matching device, the handshake, a session, and its orderly end.
 *
 * @throws AuxBusError as registering a driver does. A failed handshake leaves its device unbound, with the reason on the bus.
 */
export function registerClient<State>(bus: ClientBus, options: ClientDriverOptions<State>): Promise<RegisteredDriver> {
  return bus.registerDriver<State>({
    module: options.module,
    idTable: options.devices.map((name) => ({ name })),
    async probe(device) {
      const endpoint = device.endpoint(CORE_ENDPOINT);
      const session = await endpoint.attach({ ...options.hello, epoch: endpoint.offer.epoch }, options.onEvent?.(device.name));
      device.defer('session', () => session.detach());
      return options.attached(session, device.name);
    },
    async remove(_device, state) {
      await options.detaching?.(state);
    },
  });
}

