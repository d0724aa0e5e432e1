import type { Board } from '../boards.ts';
import { ASSUMED, USUAL_DISPLAY } from './usual.ts';

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const ENGINES = ['GR0', 'COPY0', 'COPY1', 'COPY2', 'COPY3', 'COPY4', 'NVDEC0', 'NVENC0', 'OFA0', 'SEC2'] as const;

/** What these cards have in common: graphics cards without SR-IOV. Subsystems are assumed. */
const CARD = {
  ...ASSUMED,
  classCode: 0x030000,
  bar1Size: 256 * MiB,
  displayDisabled: false,
  display: USUAL_DISPLAY,
  ecc: false,
  sriov: undefined,
  engines: ENGINES,
} as const;

/** The larger ones have a second encoder. */
const TWO_ENCODERS = [...ENGINES.slice(0, 8), 'NVENC1', ...ENGINES.slice(8)] as const;

/**
 * One board per Ada beside the AD102.
 *
 * Names and ids: open-gpu-kernel-modules 570.144: src/nvidia/generated/g_nv_name_released.h; pci.ids.
 * Units, memory and cache: NVIDIA Ada GPU Architecture whitepaper, NVIDIA's GeForce specifications. How the TPCs are spread over the
 * GPCs and how the cache is divided are assumed. VBIOS versions: their first two bytes tell the chip, as on real boards; the rest is assumed.
 */
export const ADA_BOARDS: Readonly<Record<AdaBoardName, Board>> = {
  /** AD103: 76 SMs, 16 GiB GDDR6X. */
  rtx4080: {
    ...CARD,
    chip: 'ad103',
    productName: 'NVIDIA GeForce RTX 4080',
    pci: { vendor: 0x10de, device: 0x2704, subsystemVendor: 0x10de, subsystem: 0x16bb, revision: 0xa1 },
    vramSize: 16 * GiB,
    gpcMask: 0x7f,
    tpcMasks: [0x3f, 0x3f, 0x3f, 0x1f, 0x1f, 0x1f, 0x1f],
    memory: { type: 'GDDR6X', busWidth: 256, l2CacheSize: 64 * MiB, fbpMask: 0xf, ltcCount: 8, slicesPerLtc: 4 },
    engines: TWO_ENCODERS,
    vbiosVersion: [0x95, 0x03, 0x0e, 0x00, 0x01],
  },
  /** AD104: all of its 60 SMs, 12 GiB GDDR6X. */
  rtx4070ti: {
    ...CARD,
    chip: 'ad104',
    productName: 'NVIDIA GeForce RTX 4070 Ti',
    pci: { vendor: 0x10de, device: 0x2782, subsystemVendor: 0x10de, subsystem: 0x2782, revision: 0xa1 },
    vramSize: 12 * GiB,
    gpcMask: 0x1f,
    tpcMasks: [0x3f, 0x3f, 0x3f, 0x3f, 0x3f],
    memory: { type: 'GDDR6X', busWidth: 192, l2CacheSize: 48 * MiB, fbpMask: 0x7, ltcCount: 6, slicesPerLtc: 4 },
    engines: TWO_ENCODERS,
    vbiosVersion: [0x95, 0x04, 0x31, 0x00, 0x01],
  },
  /** AD106: 34 SMs, 8 GiB GDDR6. */
  rtx4060ti: {
    ...CARD,
    chip: 'ad106',
    productName: 'NVIDIA GeForce RTX 4060 Ti',
    pci: { vendor: 0x10de, device: 0x2803, subsystemVendor: 0x10de, subsystem: 0x2803, revision: 0xa1 },
    vramSize: 8 * GiB,
    gpcMask: 0x7,
    tpcMasks: [0x3f, 0x3f, 0x1f],
    memory: { type: 'GDDR6', busWidth: 128, l2CacheSize: 32 * MiB, fbpMask: 0x3, ltcCount: 4, slicesPerLtc: 4 },
    vbiosVersion: [0x95, 0x06, 0x1c, 0x00, 0x01],
  },
  /** AD107: all of its 24 SMs, 8 GiB GDDR6. */
  rtx4060: {
    ...CARD,
    chip: 'ad107',
    productName: 'NVIDIA GeForce RTX 4060',
    pci: { vendor: 0x10de, device: 0x2882, subsystemVendor: 0x10de, subsystem: 0x2882, revision: 0xa1 },
    vramSize: 8 * GiB,
    gpcMask: 0x7,
    tpcMasks: [0xf, 0xf, 0xf],
    memory: { type: 'GDDR6', busWidth: 128, l2CacheSize: 24 * MiB, fbpMask: 0x3, ltcCount: 4, slicesPerLtc: 4 },
    vbiosVersion: [0x95, 0x07, 0x31, 0x00, 0x01],
  },
};

export type AdaBoardName = 'rtx4080' | 'rtx4070ti' | 'rtx4060ti' | 'rtx4060';
