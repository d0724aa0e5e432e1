// The device's side of the seam
export type { AccessSize, BarSpec, DeviceHost, PciFunction, ResetKind } from './function.ts';
export type { DmaJob, DmaRequest } from './dma.ts';
export { checkConfigAccess, createConfigSpace, type ConfigEffect, type ConfigSpace, type ConfigSpec, type SriovState } from './config-space.ts';
export {
  msi, msix, pcie, pm, sriov,
  type Capability, type CapabilityField, type ExtendedCapability, type MsiOptions, type MsixOptions, type MsixPlace, type PcieOptions, type Placement, type SriovOptions,
} from './capabilities.ts';
export { CAPABILITY, COMMAND, EXTENDED_CAPABILITY, HEADER, MSI, MSIX, PCIE, PM, SRIOV, SRIOV_CONTROL } from './config-registers.ts';

// The driver's side
export type { BarMapping, BarResource, DmaAllocOptions, DmaBuffer, PciAddress, PciDevice, RedirectTarget, SriovView, VirtualFunctionOf } from './device.ts';
export { formatAddress } from './address.ts';
export type { PublicationKey } from './publication.ts';

// What hosts are made of
export { barAddress, sizeBars, writeBarAddress, type BarAccess } from './bar.ts';
export { DmaSpace, DMA_PAGE, type DmaRange, type DmaWindow } from './dma-space.ts';
export { JobRunner, type Perform } from './jobs.ts';
export { MappedBar, type MappingState, type Registers } from './bar-mapping.ts';
export { BarWindows } from './windows.ts';
export type { DmaMemory, FunctionPlace, MessageTarget } from './place.ts';
export { DriverView } from './driver-view.ts';

// The host inside this process
export { createBus, type BusOptions, type DeviceQuery, type PciBus, type PlugOptions, type Slot } from './bus.ts';

// Errors and trace
export { PciError, type PciErrorCode } from './errors.ts';
export { POINTS } from './points.ts';
