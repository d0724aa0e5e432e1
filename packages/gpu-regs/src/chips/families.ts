import { NV_FUSE_STATUS_OPT_DISPLAY, NV_FUSE_STATUS_OPT_DISPLAY_TU102 } from '../registers/fuse.ts';
import { NV_PRISCV_RISCV_CORE_SWITCH_RISCV_STATUS, NV_PRISCV_RISCV_CPUCTL } from '../registers/falcon2.ts';
import { NV_THERM_I2CS_SCRATCH_GB202, NV_THERM_I2CS_SCRATCH_GH100 } from '../registers/gfw.ts';
import { NV_PBUS_BAR0_WINDOW } from '../registers/pbus.ts';
import {
  NV_PFB_FBHUB0_PCIE_FLUSH_SYSMEM_ADDR_HI, NV_PFB_FBHUB0_PCIE_FLUSH_SYSMEM_ADDR_LO, NV_PFB_FBHUB_PCIE_FLUSH_SYSMEM_ADDR_HI,
  NV_PFB_FBHUB_PCIE_FLUSH_SYSMEM_ADDR_LO, NV_PFB_HSHUB_EG_PCIE_FLUSH_SYSMEM_ADDR_HI, NV_PFB_HSHUB_EG_PCIE_FLUSH_SYSMEM_ADDR_LO,
  NV_PFB_HSHUB_PCIE_FLUSH_SYSMEM_ADDR_HI, NV_PFB_HSHUB_PCIE_FLUSH_SYSMEM_ADDR_LO, NV_PFB_NISO_FLUSH_SYSMEM_ADDR,
  NV_PFB_NISO_FLUSH_SYSMEM_ADDR_HI,
} from '../registers/pfb.ts';
import { NV_XAL_EP_BAR0_WINDOW } from '../registers/virtual-function.ts';
import { BAR_BLOCKS_GH100, BAR_BLOCKS_TU102 } from './bar-block.ts';
import type { Family } from './family.ts';

const KiB = 2 ** 10;
const MiB = 2 ** 20;

/** Heap of the first firmware operating system, and of the second. */
const LIBOS2_HEAP = { base: 8 * MiB, clients: 96 * MiB, perGiB: 96 * KiB, min: 64 * MiB, max: 256 * MiB - 1 } as const;
const LIBOS3_HEAP = { ...LIBOS2_HEAP, min: 88 * MiB, max: 280 * MiB - 1 } as const;

// Each family is the one before it, and what it changed.
// linux: drivers/gpu/nova-core/{gpu,fb,gfw,fsp}.rs and their hal/; drivers/gpu/nova-core/gsp/fw.rs (LibosParams)
export const TU10X: Family = {
  name: 'tu10x',
  architecture: 'turing',
  bootChain: 'fwsec-booter',
  chainOfTrust: undefined,
  falcon: 'tu102',
  ucodeLoad: 'pio',
  fwsecDescriptor: 2,
  riscvActive: NV_PRISCV_RISCV_CORE_SWITCH_RISCV_STATUS,
  bootProgress: 'gfw',
  vramSize: 'local-memory-range',
  displayFuse: NV_FUSE_STATUS_OPT_DISPLAY_TU102,
  flushPage: [{ register: NV_PFB_NISO_FLUSH_SYSMEM_ADDR, shift: 8 }],
  configMirror: { start: 0x088000, size: 0x1000 },
  praminWindow: NV_PBUS_BAR0_WINDOW,
  graphicsCopies: undefined,
  displayNotifiers: 'context',
  barBlocks: BAR_BLOCKS_TU102,
  interruptLeaves: 8,
  msiRearm: true,
  dmaBits: 47,
  gmmu: 'ver2',
  libos: 2,
  signatureSection: '.fwsignature_tu10x',
  frtsSize: MiB,
  heap: LIBOS2_HEAP,
  nonWprHeapSize: MiB,
  pmuReservedSize: 0,
};
export const TU11X: Family = { ...TU10X, name: 'tu11x', signatureSection: '.fwsignature_tu11x' };

/** No FRTS: FWSEC runs only on the way down. */
export const GA100: Family = {
  ...TU10X,
  name: 'ga100',
  architecture: 'ampere',
  bootChain: 'booter',
  displayFuse: NV_FUSE_STATUS_OPT_DISPLAY,
  flushPage: [{ register: NV_PFB_NISO_FLUSH_SYSMEM_ADDR_HI, shift: 40 }, { register: NV_PFB_NISO_FLUSH_SYSMEM_ADDR, shift: 8 }],
  signatureSection: '.fwsignature_ga100',
  frtsSize: 0,
};
export const GA10X: Family = {
  ...GA100,
  name: 'ga10x',
  bootChain: 'fwsec-booter',
  falcon: 'ga102',
  ucodeLoad: 'dma',
  fwsecDescriptor: 3,
  riscvActive: NV_PRISCV_RISCV_CPUCTL,
  vramSize: 'usable-fb-size',
  libos: 3,
  signatureSection: '.fwsignature_ga10x',
  frtsSize: MiB,
  heap: LIBOS3_HEAP,
};
export const AD10X: Family = { ...GA10X, name: 'ad10x', architecture: 'ada', signatureSection: '.fwsignature_ad10x' };

export const GH100: Family = {
  ...GA10X,
  name: 'gh100',
  architecture: 'hopper',
  bootChain: 'fsp',
  chainOfTrust: { version: 1, reservedAtEnd: 2 * MiB, publicKeySize: 384, signatureSize: 384, vgpuMode: false },
  ucodeLoad: undefined,
  fwsecDescriptor: undefined,
  bootProgress: NV_THERM_I2CS_SCRATCH_GH100,
  displayFuse: undefined,
  flushPage: [{ register: NV_PFB_FBHUB_PCIE_FLUSH_SYSMEM_ADDR_HI, shift: 32 }, { register: NV_PFB_FBHUB_PCIE_FLUSH_SYSMEM_ADDR_LO, shift: 0 }],
  configMirror: { start: 0x092000, size: 0x1000 },
  praminWindow: NV_XAL_EP_BAR0_WINDOW,
  barBlocks: BAR_BLOCKS_GH100,
  interruptLeaves: 16,
  msiRearm: false,
  dmaBits: 52,
  gmmu: 'ver3',
  signatureSection: '.fwsignature_gh100',
  heap: { ...LIBOS3_HEAP, base: 14 * MiB },
  nonWprHeapSize: 2 * MiB,
};
/** Only later Blackwells tell of their configuration. */
const BLACKWELL_TRUST = { version: 2, reservedAtEnd: 2 * MiB + 128 * KiB, publicKeySize: 97, signatureSize: 96, vgpuMode: false } as const;
export const GB10X: Family = {
  ...GH100,
  name: 'gb10x',
  architecture: 'blackwell-gb10x',
  chainOfTrust: BLACKWELL_TRUST,
  flushPage: [
    { register: NV_PFB_HSHUB_PCIE_FLUSH_SYSMEM_ADDR_HI, shift: 32 }, { register: NV_PFB_HSHUB_PCIE_FLUSH_SYSMEM_ADDR_LO, shift: 0 },
    { register: NV_PFB_HSHUB_EG_PCIE_FLUSH_SYSMEM_ADDR_HI, shift: 32 }, { register: NV_PFB_HSHUB_EG_PCIE_FLUSH_SYSMEM_ADDR_LO, shift: 0 },
  ],
  signatureSection: '.fwsignature_gb10x',
  pmuReservedSize: 0x182_0000,
};
export const GB20X: Family = {
  ...GB10X,
  name: 'gb20x',
  architecture: 'blackwell-gb20x',
  chainOfTrust: { ...BLACKWELL_TRUST, vgpuMode: true },
  bootProgress: NV_THERM_I2CS_SCRATCH_GB202,
  flushPage: [{ register: NV_PFB_FBHUB0_PCIE_FLUSH_SYSMEM_ADDR_HI, shift: 32 }, { register: NV_PFB_FBHUB0_PCIE_FLUSH_SYSMEM_ADDR_LO, shift: 0 }],
  graphicsCopies: 0xf,
  displayNotifiers: 'address',
  signatureSection: '.fwsignature_gb20x',
  nonWprHeapSize: 2 * MiB + 128 * KiB,
};
