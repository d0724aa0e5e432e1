import { createConfigSpace, msi, msix, pcie, pm, sriov, type BarSpec, type ConfigSpace, type ConfigSpec } from '@nova-stack/pci';
import { BAR0_SIZE, CHIPS } from '@nova-stack/gpu-regs';

import type { Board } from './boards.ts';

const KiB = 2 ** 10;
const MiB = 2 ** 20;
const GiB = 2 ** 30;

/** PCI indices of the BARs; NVIDIA counts them 0, 1, 2. */
export const BAR = { registers: 0, framebuffer: 1, instance: 3 } as const;

// Where they lie on real boards; open-gpu-kernel-modules 570.144: turing/tu102/dev_nv_xve.h, hopper/gh100/dev_nv_pcfg_xve_regs.h. Power
// management on later ones is assumed.
const PLACES = { pm: 0x60, msi: 0x68, pcie: 0x78, sriov: 0xbcc } as const;
const PLACES_FSP = { pm: 0x40, msi: 0x48, pcie: 0x60, sriov: 0x250 } as const;
const placesOf = ({ chip }: Board): typeof PLACES | typeof PLACES_FSP => (CHIPS[chip].family.bootChain === 'fsp' ? PLACES_FSP : PLACES);

/** BARs of the physical function. */
export function physicalBars(board: Board): readonly BarSpec[] {
  return [
    { index: BAR.registers, kind: 'mem32', prefetchable: false, size: BAR0_SIZE },
    { index: BAR.framebuffer, kind: 'mem64', prefetchable: true, size: board.bar1Size },
    { index: BAR.instance, kind: 'mem64', prefetchable: true, size: 32 * MiB },
  ];
}

/**
 * BARs of one virtual function. Kinds and indices: open-gpu-kernel-modules 570.144: turing/tu102/dev_nv_xve.h
 * (SRIOV_CAP_HDR9 to 13); size of BAR0: dev_vm.h; the other sizes: assumed.
 */
export const VIRTUAL_BARS: readonly BarSpec[] = [
  { index: BAR.registers, kind: 'mem32', prefetchable: false, size: 256 * KiB },
  { index: BAR.framebuffer, kind: 'mem64', prefetchable: true, size: 2 * GiB },
  { index: BAR.instance, kind: 'mem64', prefetchable: true, size: 32 * MiB },
];

function identity({ pci, classCode }: Board): Omit<ConfigSpec, 'bars'> {
  return {
    vendor: pci.vendor,
    device: pci.device,
    revision: pci.revision,
    classCode: { base: classCode >>> 16, sub: (classCode >>> 8) & 0xff, interface: classCode & 0xff },
    subsystemVendor: pci.subsystemVendor,
    subsystem: pci.subsystem,
  };
}

export function physicalConfig(board: Board, bars: readonly BarSpec[]): ConfigSpace {
  const places = placesOf(board);
  return createConfigSpace({
    ...identity(board),
    interruptPin: 1,
    bars,
    capabilities: [pm({ at: places.pm }), msi({ at: places.msi }), pcie({ at: places.pcie })],
    extended: board.sriov ? [sriov({ at: places.sriov, ...board.sriov, vfDevice: board.pci.device, bars: VIRTUAL_BARS })] : [],
  });
}

/**
 * Where virtual functions have MSI-X: the capability, and in BAR0 the table and the pending bits.
 * Source: open-gpu-kernel-modules 570.144: turing/tu102/dev_nv_xve3g_vf.h, turing/tu102/dev_vm.h; the pending bits are assumed.
 */
export const VIRTUAL_MSIX = { at: 0x7c, table: 0x1_0000, pending: 0x2_0000 } as const;
/** The capability that ends where that one begins; assumed. */
const VIRTUAL_PCIE = 0x40;
/** Messages of a virtual function. Source: open-gpu-kernel-modules 570.144: {turing/tu102,hopper/gh100,blackwell/gb100}/dev_vm.h. */
const VIRTUAL_VECTORS = { turing: 6, ampere: 6, ada: 6, hopper: 9, 'blackwell-gb10x': 12, 'blackwell-gb20x': 12 } as const;
export const virtualVectors = ({ chip }: Board): number => VIRTUAL_VECTORS[CHIPS[chip].family.architecture];

export function virtualConfig(board: Board): ConfigSpace {
  const { at, table, pending } = VIRTUAL_MSIX;
  const place = (offset: number): { readonly bar: number; readonly offset: number } => ({ bar: BAR.registers, offset });
  return createConfigSpace({
    ...identity(board), bars: VIRTUAL_BARS, virtual: true,
    capabilities: [pcie({ at: VIRTUAL_PCIE }), msix({ at, vectors: virtualVectors(board), table: place(table), pending: place(pending) })],
  });
}
