// The bus
export { createAuxBus, type AuxBusOptions } from './bus.ts';
export type { AuxBus, AuxBusInspection, AuxBusPower, DeviceLink, Publication, PublishedDevice, RegisteredDriver } from './aux-bus.ts';

// Devices, as the registrant has them
export type { AuxiliaryDeviceSpec, InitializedDevice, PowerDomain, RegisteredDevice } from './device/spec.ts';
export type { DeviceState } from './device/device.ts';
export type { ForeignParent, ParentCallbacks, ParentDevice } from './device/parent.ts';
export { endpoint, endpointKey, type Endpoint, type EndpointKey } from './endpoint.ts';
export type { LinkOptions, LinkState } from './binding/links.ts';

// Drivers, and devices as they have them
export type { AuxiliaryDriver, DriverPower } from './driver.ts';
export type { BoundDevice, CoreDevice, DeviceRef, Managed, NormalDevice } from './binding/context.ts';
export { matchId, type AuxiliaryId, type EntryVerdict } from './match.ts';
export { deviceName, matchNameOf, modaliasOf, NAME_SIZE } from './name.ts';
export type { SleepState } from './power/sleep.ts';
export { POWER_STEPS, type PowerCallback } from './power/steps.ts';

// Resources
export { ReleaseError, ReleaseStack, type Held, type Release, type ReleaseGroup } from './resources/release-stack.ts';
export { Revocable, type Sync } from './resources/revocable.ts';

// What the bus tells about itself
export type { BindingPhase, ProbeRecord } from './binding/binding.ts';
export type { DeviceView, LinkView, UnreleasedView } from './inspect/view.ts';
export { formatTree, type TreeNode } from './inspect/tree.ts';
export type { BindVerdict, Explanation } from './inspect/explain.ts';
export type { Wait } from './inspect/waits.ts';

// Errors, events, trace
export { AuxBusError, ERRNO, type AuxBusErrorOptions, type Errno } from './errno.ts';
export { NOTIFIER, UEVENT_ACTIONS, type AuxEvent, type NotifierAction, type NotifierEvent, type Uevent, type UeventAction } from './events/events.ts';
export { POINTS } from './events/points.ts';
