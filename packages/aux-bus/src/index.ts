// The bus
export { createAuxBus, type AuxBusOptions } from './bus.ts';
export type { AuxBus, DeviceView, Explanation, Publication, PublishedDevice, RegisteredDriver } from './aux-bus.ts';

// Devices, as the registrant has them
export type { AuxiliaryDeviceSpec, InitializedDevice, RegisteredDevice } from './device.ts';
export type { ParentDevice } from './parent.ts';
export { endpoint, endpointKey, type Endpoint, type EndpointKey } from './endpoint.ts';

// Drivers, and devices as they have them
export type { AuxiliaryDriver } from './driver.ts';
export type { BoundDevice, DeviceIdentity } from './bound-device.ts';
export { matchId, type AuxiliaryId, type EntryVerdict } from './match.ts';
export { deviceName, matchNameOf, modaliasOf, NAME_SIZE } from './name.ts';
export type { ProbeRecord } from './attachment.ts';

// Resources
export { ReleaseError, ReleaseStack, type Release } from './release-stack.ts';

// Errors, events, trace
export { AuxBusError, ERRNO, type Errno } from './errno.ts';
export { POINTS, type AuxAction, type AuxEvent } from './events.ts';
