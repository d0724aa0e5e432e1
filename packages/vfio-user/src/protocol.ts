// The vfio-user protocol, version 0.0, as numbers. Sources: QEMU 11.1: docs/interop/vfio-user.rst; linux:
// include/uapi/linux/vfio.h for what regions, interrupts and their flags are called.

/** The header of every message: id u16, command u16, size u32 (header included), flags u32, errno u32. */
export const HEADER = { size: 16, id: 0, command: 2, length: 4, flags: 8, errno: 12 } as const;

export const FLAG = { typeMask: 0xf, request: 0, reply: 1, noReply: 0x10, error: 0x20 } as const;

export const COMMAND = {
  version: 1, dmaMap: 2, dmaUnmap: 3, deviceInfo: 4, regionInfo: 5, regionIoFds: 6, irqInfo: 7, setIrqs: 8,
  regionRead: 9, regionWrite: 10, dmaRead: 11, dmaWrite: 12, deviceReset: 13, regionWriteMulti: 15,
} as const;

/** Indices of a PCI device's regions: 0 to 5 are BARs. */
export const REGION = { bars: 6, rom: 6, config: 7, vga: 8, count: 9 } as const;
export const REGION_FLAG = { read: 1, write: 2, map: 4, capabilities: 8 } as const;

/** Indices of a PCI device's interrupts. */
export const IRQ = { intx: 0, msi: 1, msix: 2, error: 3, request: 4, count: 5 } as const;
export const IRQ_FLAG = { eventfd: 1, maskable: 2, autoMasked: 4, noResize: 8 } as const;
export const SET_IRQS = {
  dataNone: 1, dataBool: 2, dataEventfd: 4, dataMask: 7, mask: 8, unmask: 16, trigger: 32, actionMask: 56,
} as const;

export const DEVICE_FLAG = { reset: 1, pci: 2 } as const;
export const DMA_FLAG = { read: 1, write: 2, unmapAll: 2 } as const;

/** Bytes of the fixed part of each request's body. */
export const BODY = {
  version: 4, dmaMap: 32, dmaUnmap: 24, deviceInfo: 16, regionInfo: 32, irqInfo: 16, setIrqs: 20, regionAccess: 16,
  multiHead: 8, multiEntry: 24, dmaAccess: 16,
} as const;

/** Numbers of Linux's errors that this protocol's replies carry. */
export const ERRNO = { EIO: 5, E2BIG: 7, EACCES: 13, EBUSY: 16, EEXIST: 17, ENODEV: 19, EINVAL: 22, ENOSPC: 28, ENOSYS: 38, EOPNOTSUPP: 95 } as const;

/** Most bytes of data in one read or write. */
export const MAX_TRANSFER = 0x10_0000;
/** Most bytes of data that are read and sent at once: a few of these, and what a socket holds of them, fit into a processor's cache. */
export const PIECE: number = 1 << 18;
/** Longest message: the largest transfer with its head, or a version's text. */
export const MAX_MESSAGE: number = HEADER.size + BODY.regionAccess + MAX_TRANSFER;
/** Most DMA ranges that a client may have at a time. */
export const MAX_DMA_MAPS = 65_535;
