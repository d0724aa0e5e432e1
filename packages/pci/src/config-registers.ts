/** Offsets in configuration space (PCI Local Bus 3.0, chapter 6; PCI Express Base, chapters 7 and 9). */

/** Type 0 header. */
export const HEADER = {
  vendor: 0x00,
  device: 0x02,
  command: 0x04,
  status: 0x06,
  revision: 0x08,
  interface: 0x09,
  subClass: 0x0a,
  baseClass: 0x0b,
  cacheLineSize: 0x0c,
  headerType: 0x0e,
  bar0: 0x10,
  subsystemVendor: 0x2c,
  subsystem: 0x2e,
  rom: 0x30,
  capabilities: 0x34,
  interruptLine: 0x3c,
  interruptPin: 0x3d,
} as const;

export const COMMAND = { io: 0x1, memory: 0x2, busMaster: 0x4, parity: 0x40, serr: 0x100, interruptDisable: 0x400 } as const;
export const STATUS = { capabilities: 0x10, writeOneToClear: 0xf900 } as const;

/** Ids of capabilities. */
export const CAPABILITY = { pm: 0x01, msi: 0x05, vendor: 0x09, pcie: 0x10, msix: 0x11 } as const;

/** Ids of extended capabilities. */
export const EXTENDED_CAPABILITY = { aer: 0x0001, serialNumber: 0x0003, ari: 0x000e, sriov: 0x0010, resizableBar: 0x0015 } as const;

/** First byte of extended configuration space. */
export const EXTENDED_START = 0x100;
export const CONFIG_SIZE = 0x1000;

/** Relative to the power management capability. */
export const PM = { capabilities: 2, control: 4 } as const;

/** Relative to the MSI capability with 64-bit addresses. */
export const MSI = { control: 2, addressLow: 4, addressHigh: 8, data: 0xc } as const;

/** Relative to the MSI-X capability. */
export const MSIX = { control: 2, table: 4, pending: 8 } as const;

/** Relative to the PCI Express capability. */
export const PCIE = {
  capabilities: 0x02, deviceCapabilities: 0x04, deviceControl: 0x08, deviceStatus: 0x0a,
  linkCapabilities: 0x0c, linkControl: 0x10, linkStatus: 0x12,
  deviceCapabilities2: 0x24, deviceControl2: 0x28, linkCapabilities2: 0x2c, linkControl2: 0x30,
} as const;
/** Device capabilities: function-level reset exists; device control: start one. */
export const PCIE_FLR_CAPABLE = 0x1000_0000;
export const PCIE_START_FLR = 0x8000;

/** Relative to the SR-IOV extended capability. */
export const SRIOV = {
  capabilities: 0x04, control: 0x08, status: 0x0a, initialVfs: 0x0c, totalVfs: 0x0e, numVfs: 0x10, dependency: 0x12,
  firstVfOffset: 0x14, vfStride: 0x16, vfDevice: 0x1a, supportedPageSizes: 0x1c, systemPageSize: 0x20, bar0: 0x24,
} as const;
export const SRIOV_CONTROL = { vfEnable: 0x1, memory: 0x8, ariHierarchy: 0x10 } as const;
