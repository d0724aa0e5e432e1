import type { VgpuClient } from '@nova-stack/nova-core-api';
import { CAPABILITY, createConfigSpace, HEADER, MSIX, msix, pcie, PciError, type BarSpec, type ConfigSpace, type PciDevice } from '@nova-stack/pci';

import { VgpuVfioError } from './errors.ts';
import type { MsixPlaces } from './msix-table.ts';

/** What a guest sees of a virtual GPU. */
export type GuestIdentity = Awaited<ReturnType<VgpuClient['open']>>['identity'];

/** A display controller that answers as a VGA one. Source: the vGPU manager series of 2025 (vfio: drivers/vfio/pci/nvidia-vgpu). */
const DISPLAY = { base: 0x03, sub: 0x00, interface: 0x00 } as const;
const PLACE_BAR = 0x7;
const LAST_VECTOR = 0x7ff;

/** The function as its guest finds it after power-on. */
export interface GuestFace {
  readonly config: ConfigSpace;
  readonly bars: readonly BarSpec[];
  /** Undefined for a virtual function without MSI-X. */
  readonly msix: MsixPlaces | undefined;
}

/** PCI index of the BAR that shows the guest's memory: the one behind the registers. */
export function apertureIndex(bars: readonly Pick<BarSpec, 'index' | 'kind'>[]): number {
  return bars.find(({ index }) => index === 0)?.kind === 'mem64' ? 2 : 1;
}

/**
 * Lays what the type gives over what the hardware has: ids and the size of the memory aperture are the type's; revision, the other BARs and
 * where the capabilities are, the virtual function's.
 *
 * @throws {@link VgpuVfioError} `BAD_IDENTITY` for what no PCI function can be.
 */
export function layGuestFace(device: PciDevice, identity: GuestIdentity): GuestFace {
  const aperture = apertureIndex(device.resources);
  const bars = device.resources.filter(({ kind }) => kind !== 'io').map(({ index, kind, prefetchable, size }): BarSpec => ({
    index, kind, prefetchable, size: index === aperture ? identity.aperture : size,
  }));
  const places = msixPlaces(device);
  const express = device.findCapability(CAPABILITY.pcie);
  try {
    const config = createConfigSpace({
      vendor: identity.vendor, device: identity.device, revision: device.readConfig(HEADER.revision, 1), classCode: DISPLAY,
      subsystemVendor: identity.subsystemVendor, subsystem: identity.subsystem, bars,
      // Function-level reset is there whatever the hardware has: it is the core that resets a virtual GPU.
      capabilities: [pcie({ ...(express !== undefined && { at: express }) }), ...(places ? [msix({ at: places.at, vectors: places.vectors, table: places.table, pending: places.pending })] : [])],
    });
    return { config, bars, msix: places };
  } catch (cause) {
    if (!(cause instanceof PciError)) throw cause;
    throw new VgpuVfioError('BAD_IDENTITY', `${device.name} cannot be shown to a guest: ${cause.message}`, { cause });
  }
}

function msixPlaces(device: PciDevice): (MsixPlaces & { readonly at: number }) | undefined {
  const at = device.findCapability(CAPABILITY.msix);
  if (at === undefined) return undefined;
  const place = (offset: number): { readonly bar: number; readonly offset: number } => {
    const value = device.readConfig(at + offset, 4);
    return { bar: value & PLACE_BAR, offset: (value & ~PLACE_BAR) >>> 0 };
  };
  return { at, vectors: (device.readConfig(at + MSIX.control, 2) & LAST_VECTOR) + 1, table: place(MSIX.table), pending: place(MSIX.pending) };
}
