import { AuxBusError } from './errno.ts';

/** Names a type of registration data. Two keys are never equal, whatever their labels: share the key object. */
export interface EndpointKey<T> {
  readonly label: string;
  /** Exists for the type checker alone. */
  readonly type?: () => T;
}

/** What a registrant hands to the driver of its device. */
export interface Endpoint<T = unknown> {
  readonly key: EndpointKey<T>;
  readonly value: T;
  /** Called once, after the device has left its driver and before the registrant gives the device back. */
  readonly drop?: (() => void) | undefined;
}

export function endpointKey<T>(label: string): EndpointKey<T> {
  return { label };
}

export function endpoint<T>(key: EndpointKey<T>, value: T, drop?: () => void): Endpoint<T> {
  return { key, value, drop };
}

/** @throws {@link AuxBusError} `ENOENT` when there is none, `EINVAL` when it is of another type. */
export function openEndpoint<T>(device: string, given: Endpoint | undefined, key: EndpointKey<T>): T {
  if (!given) throw new AuxBusError('ENOENT', `${device} has no registration data: asked for ${key.label}`);
  if (given.key !== (key as EndpointKey<unknown>)) throw new AuxBusError('EINVAL', `Registration data of ${device} is ${given.key.label}: asked for ${key.label}`);
  return given.value as T;
}
