import type { DmaJob } from './dma.ts';
import type { PublicationKey } from './publication.ts';

/** Where a function sits. */
export interface PciAddress {
  readonly segment: number;
  readonly bus: number;
  readonly device: number;
  readonly function: number;
}

/** A BAR as the bus placed it. */
export interface BarResource {
  readonly index: number;
  /** Bus address of the first byte. */
  readonly start: number;
  /** Bytes. */
  readonly size: number;
  readonly kind: 'mem32' | 'mem64' | 'io';
  readonly prefetchable: boolean;
}

/** A mapped BAR. After surprise removal reads return all ones and writes vanish; after `unmap` every call throws. */
export interface BarMapping {
  readonly size: number;
  read8(offset: number): number;
  read16(offset: number): number;
  read32(offset: number): number;
  write8(offset: number, value: number): void;
  write16(offset: number, value: number): void;
  write32(offset: number, value: number): void;
  readBlock(offset: number, into: Uint8Array): void;
  writeBlock(offset: number, from: Uint8Array): void;
  unmap(): void;
}

/** Memory that both sides see. `bytes` is the CPU's view, `address` the bus address of its first byte. */
export interface DmaBuffer {
  readonly address: number;
  readonly bytes: Uint8Array;
  /** Gives the memory back; a second call throws. */
  free(): void;
}

export interface DmaAllocOptions {
  /** Alignment of the bus address in bytes, a power of two; default 4096. */
  readonly align?: number;
  /** What it is for, shown by leak reports. */
  readonly label: string;
}

/** The driver's side of the seam: one PCI function as its driver sees it. */
export interface PciDevice {
  readonly address: PciAddress;
  /** `0000:01:00.0` */
  readonly name: string;
  /** False after surprise removal. */
  readonly present: boolean;
  readConfig(offset: number, size: 1 | 2 | 4): number;
  writeConfig(offset: number, size: 1 | 2 | 4, value: number): void;
  /** Offset of a capability (id as in PCI), or undefined. */
  findCapability(id: number): number | undefined;
  /** Offset of an extended capability, or undefined. */
  findExtendedCapability(id: number): number | undefined;
  /** The implemented BARs; a 64-bit BAR is listed once, under its first index. */
  readonly resources: readonly BarResource[];
  /** Sets memory decoding; undone by `disable`. */
  enable(): void;
  disable(): void;
  setBusMaster(on: boolean): void;
  /** @throws PciError when there is no such BAR or memory decoding is off. */
  mapBar(index: number): BarMapping;
  /** Width of the device's DMA addresses in bits; later allocations stay below 2^bits. */
  setDmaMask(bits: number): void;
  /** Zeroed, physically contiguous memory. */
  allocDma(size: number, options: DmaAllocOptions): DmaBuffer;
  /**
   * Lends existing bytes to the device (a streaming mapping); 4 KiB aligned bus address. While they are lent, the
   * buffer's `bytes` are what counts: the bytes themselves where the device shares this process, otherwise a copy that
   * goes back into them when the buffer is freed.
   */
  mapDma(bytes: Uint8Array, options: DmaAllocOptions): DmaBuffer;
  /** Live DMA allocations and mappings, for leak checks. */
  dmaInUse(): readonly { readonly address: number; readonly size: number; readonly label: string }[];
  /** Enables message interrupts (MSI) with one vector; the handler runs in order, never inside an access. */
  enableInterrupts(handler: () => void): { disable(): void };
  /** Function-level reset. */
  reset(): void;
  /** SR-IOV as the PCI core sees it, or undefined without the capability. */
  readonly sriov: SriovView | undefined;
  /** Of a virtual function: which one it is of whose. */
  readonly virtual: VirtualFunctionOf | undefined;
  /**
   * Shares something with the drivers of this device's virtual functions, until the function returned takes it back. It has to be there
   * before there are virtual functions, and to be taken back before what it is made of goes.
   *
   * @throws PciError `BUSY`: a driver publishes one thing at a time.
   */
  publish<T>(key: PublicationKey<T>, value: T): () => void;
  /** What the driver of this device publishes. @throws PciError `NOT_PUBLISHED`; `BAD_KEY` when it is of another type. */
  published<T>(key: PublicationKey<T>): T;
  /**
   * Has the function's memory requests and interrupts go elsewhere than to the bus, as an IOMMU does for a guest; undefined ends that.
   * It still needs bus mastering for both.
   *
   * @throws PciError `NO_REDIRECTION` where the device is in another process.
   */
  redirect(target: RedirectTarget | undefined): void;
}

/** Where a redirected function's requests go. */
export interface RedirectTarget {
  start(job: DmaJob): void;
  interrupt(vector: number): void;
}

export interface VirtualFunctionOf {
  readonly physical: PciDevice;
  /** From 0. */
  readonly index: number;
}

export interface SriovView {
  readonly totalVfs: number;
  readonly firstVfOffset: number;
  readonly vfStride: number;
  /** BAR address and size of VF 0, per VF BAR index. */
  readonly vfResources: readonly BarResource[];
  readonly numVfs: number;
  /** Creates `count` virtual functions on the bus, 0 removes them. */
  setNumVfs(count: number): void;
  /** The VFs as devices, in order. */
  readonly virtualFunctions: readonly PciDevice[];
}
