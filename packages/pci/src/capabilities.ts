import { barRegisters } from './bar.ts';
import { CAPABILITY, EXTENDED_CAPABILITY, MSI, MSIX, PCIE, PCIE_FLR_CAPABLE, PM, SRIOV } from './config-registers.ts';
import { PciError } from './errors.ts';
import type { BarSpec } from './function.ts';

/** A field with its value after reset and the bits that software can write or, writing ones, clear. */
export interface CapabilityField {
  /** Offset from the capability's first byte. */
  readonly at: number;
  /** Bytes. */
  readonly size: 1 | 2 | 4;
  readonly value: number;
  readonly writable?: number;
  readonly clearable?: number;
}

/** A capability as data: where it is, how long it is, which of its bits live. */
export interface Capability {
  readonly id: number;
  /** Bytes, header included. */
  readonly length: number;
  /** Offset in configuration space; by default the next free one. */
  readonly at?: number;
  readonly fields: readonly CapabilityField[];
}

/** A capability in extended configuration space. */
export interface ExtendedCapability extends Capability {
  readonly version: number;
}

export interface Placement {
  readonly at?: number;
}

/** Power management 1.2: D0 and D3hot; the state is kept over D3hot (No_Soft_Reset). */
export function pm({ at }: Placement = {}): Capability {
  return {
    id: CAPABILITY.pm, length: 8, ...(at !== undefined && { at }),
    fields: [
      { at: PM.capabilities, size: 2, value: 0x0003 },
      { at: PM.control, size: 2, value: 0x0008, writable: 0x0003 },
    ],
  };
}

export interface MsiOptions extends Placement {
  /** Messages that the function can send; default 1. */
  readonly vectors?: 1 | 2 | 4 | 8 | 16 | 32;
}

/** Message-signalled interrupts with a 64-bit address. */
export function msi({ at, vectors = 1 }: MsiOptions = {}): Capability {
  const capable = Math.log2(vectors);
  return {
    id: CAPABILITY.msi, length: 14, ...(at !== undefined && { at }),
    fields: [
      { at: MSI.control, size: 2, value: 0x0080 | (capable << 1), writable: vectors > 1 ? 0x0071 : 0x0001 },
      { at: MSI.addressLow, size: 4, value: 0, writable: 0xffff_fffc },
      { at: MSI.addressHigh, size: 4, value: 0, writable: 0xffff_ffff },
      { at: MSI.data, size: 2, value: 0, writable: 0xffff },
    ],
  };
}

/** Where a structure of MSI-X lies: offset in a BAR, a multiple of 8. */
export interface MsixPlace {
  readonly bar: number;
  readonly offset: number;
}

export interface MsixOptions extends Placement {
  /** Messages that the function can send, 1 to 2048. */
  readonly vectors: number;
  readonly table: MsixPlace;
  readonly pending: MsixPlace;
}

/** MSI-X; the table and the pending bits are the device's to keep in its BARs. */
export function msix({ at, vectors, table, pending }: MsixOptions): Capability {
  if (!Number.isInteger(vectors) || vectors < 1 || vectors > 2048) throw new PciError('BAD_SPEC', `vectors is ${vectors}: expected 1 to 2048`);
  const place = (name: string, { bar, offset }: MsixPlace): number => {
    if (Number.isInteger(bar) && bar >= 0 && bar <= 5 && Number.isInteger(offset) && offset >= 0 && offset < 2 ** 32 && offset % 8 === 0) return offset + bar;
    throw new PciError('BAD_SPEC', `${name} is at ${offset} of BAR ${bar}: expected a multiple of 8 below 2^32 in BAR 0 to 5`);
  };
  return {
    id: CAPABILITY.msix, length: 12, ...(at !== undefined && { at }),
    fields: [
      { at: MSIX.control, size: 2, value: vectors - 1, writable: 0xc000 },
      { at: MSIX.table, size: 4, value: place('table', table) },
      { at: MSIX.pending, size: 4, value: place('pending', pending) },
    ],
  };
}

export interface PcieOptions extends Placement {
  /** Lanes, 1 to 16; default 16. */
  readonly width?: 1 | 2 | 4 | 8 | 16;
  /** Link generation, 1 (2.5 GT/s) to 5 (32 GT/s); default 4. */
  readonly generation?: 1 | 2 | 3 | 4 | 5;
  /** Function-level reset; default true. */
  readonly functionLevelReset?: boolean;
}

/** PCI Express endpoint, capability version 2, the link up at its best. */
export function pcie({ at, width = 16, generation = 4, functionLevelReset = true }: PcieOptions = {}): Capability {
  const speeds = 2 ** (generation + 1) - 2;
  return {
    id: CAPABILITY.pcie, length: 0x3c, ...(at !== undefined && { at }),
    fields: [
      { at: PCIE.capabilities, size: 2, value: 0x0002 },
      // Payload up to 256 bytes, extended tags, role-based error reporting.
      { at: PCIE.deviceCapabilities, size: 4, value: 0x8021 | (functionLevelReset ? PCIE_FLR_CAPABLE : 0) },
      { at: PCIE.deviceControl, size: 2, value: 0x2910, writable: 0x7fff },
      { at: PCIE.deviceStatus, size: 2, value: 0, clearable: 0x000f },
      { at: PCIE.linkCapabilities, size: 4, value: generation | (width << 4) },
      { at: PCIE.linkControl, size: 2, value: 0x0040, writable: 0x01db },
      { at: PCIE.linkStatus, size: 2, value: generation | (width << 4) | 0x1000 },
      { at: PCIE.deviceCapabilities2, size: 4, value: 0x0000_0013 },
      { at: PCIE.deviceControl2, size: 2, value: 0, writable: 0x001f },
      { at: PCIE.linkCapabilities2, size: 4, value: speeds },
      { at: PCIE.linkControl2, size: 2, value: generation, writable: 0x000f },
    ],
  };
}

export interface SriovOptions extends Placement {
  /** Virtual functions that the device can have, 1 to 65535. */
  readonly totalVfs: number;
  /** Routing id of VF 0 less that of the physical function. */
  readonly firstVfOffset: number;
  readonly vfStride: number;
  /** Device id that virtual functions go by. */
  readonly vfDevice: number;
  /** BARs of one virtual function; at least 4 KiB each. */
  readonly bars: readonly BarSpec[];
}

/** Single-root I/O virtualisation, revision 1.1. */
export function sriov({ at, totalVfs, firstVfOffset, vfStride, vfDevice, bars }: SriovOptions): ExtendedCapability {
  const word = (field: string, value: number, min: number): number => {
    if (Number.isInteger(value) && value >= min && value <= 0xffff) return value;
    throw new PciError('BAD_SPEC', `${field} is ${value}: expected ${min} to 65535`);
  };
  for (const bar of bars) {
    if (bar.kind === 'io' || bar.size < 4096) throw new PciError('BAD_SPEC', `VF BAR ${bar.index} (${bar.kind}, ${bar.size} bytes): expected memory of at least 4096 bytes`);
  }
  return {
    id: EXTENDED_CAPABILITY.sriov, version: 1, length: 0x40, ...(at !== undefined && { at }),
    fields: [
      { at: SRIOV.control, size: 2, value: 0, writable: 0x0019 },
      { at: SRIOV.initialVfs, size: 2, value: word('totalVfs', totalVfs, 1) },
      { at: SRIOV.totalVfs, size: 2, value: totalVfs },
      { at: SRIOV.numVfs, size: 2, value: 0, writable: 0xffff },
      { at: SRIOV.firstVfOffset, size: 2, value: word('firstVfOffset', firstVfOffset, 1) },
      { at: SRIOV.vfStride, size: 2, value: word('vfStride', vfStride, totalVfs > 1 ? 1 : 0) },
      { at: SRIOV.vfDevice, size: 2, value: word('vfDevice', vfDevice, 0) },
      // 4 KiB, 8 KiB, 64 KiB, 256 KiB, 1 MiB and 4 MiB, as the specification demands.
      { at: SRIOV.supportedPageSizes, size: 4, value: 0x553 },
      { at: SRIOV.systemPageSize, size: 4, value: 0x1, writable: 0x553 },
      ...barRegisters(bars).map(({ flags, writable }, index): CapabilityField => ({ at: SRIOV.bar0 + 4 * index, size: 4, value: flags, writable })),
    ],
  };
}
