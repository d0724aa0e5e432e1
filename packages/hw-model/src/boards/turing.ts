import type { Board } from '../boards.ts';
import { ASSUMED, USUAL_DISPLAY } from './usual.ts';

const MiB = 2 ** 20;
const GiB = 2 ** 30;

/** What these cards have in common: graphics cards without SR-IOV. Subsystems are the Founders Edition's or assumed. */
const CARD = {
  ...ASSUMED,
  classCode: 0x030000,
  bar1Size: 256 * MiB,
  displayDisabled: false,
  display: USUAL_DISPLAY,
  ecc: false,
  sriov: undefined,
  engines: ['GR0', 'COPY0', 'COPY1', 'COPY2', 'COPY3', 'COPY4', 'NVDEC0', 'NVENC0', 'SEC2'],
} as const;

/**
 * One board per Turing beside the TU102.
 *
 * Names and ids: open-gpu-kernel-modules 570.144: src/nvidia/generated/g_nv_name_released.h; pci.ids.
 * Units, memory and cache: NVIDIA Turing GPU Architecture whitepaper, NVIDIA's GeForce specifications. How the TPCs are spread over the
 * GPCs and how the cache is divided are assumed. VBIOS versions: their first two bytes tell the chip, as on real boards; the rest is assumed.
 */
export const TURING_BOARDS: Readonly<Record<TuringBoardName, Board>> = {
  /** TU104: 46 SMs, 8 GiB GDDR6. */
  rtx2080: {
    ...CARD,
    chip: 'tu104',
    productName: 'NVIDIA GeForce RTX 2080',
    pci: { vendor: 0x10de, device: 0x1e87, subsystemVendor: 0x10de, subsystem: 0x12a3, revision: 0xa1 },
    vramSize: 8 * GiB,
    gpcMask: 0x3f,
    tpcMasks: [0xf, 0xf, 0xf, 0xf, 0xf, 0x7],
    memory: { type: 'GDDR6', busWidth: 256, l2CacheSize: 4 * MiB, fbpMask: 0xf, ltcCount: 8, slicesPerLtc: 4 },
    vbiosVersion: [0x90, 0x04, 0x0b, 0x00, 0x0e],
  },
  /** TU106: all of its 36 SMs, 8 GiB GDDR6. The subsystem is that of a card of ASUS's. */
  rtx2070: {
    ...CARD,
    chip: 'tu106',
    productName: 'NVIDIA GeForce RTX 2070',
    pci: { vendor: 0x10de, device: 0x1f02, subsystemVendor: 0x1043, subsystem: 0x8673, revision: 0xa1 },
    vramSize: 8 * GiB,
    gpcMask: 0x7,
    tpcMasks: [0x3f, 0x3f, 0x3f],
    memory: { type: 'GDDR6', busWidth: 256, l2CacheSize: 4 * MiB, fbpMask: 0xf, ltcCount: 8, slicesPerLtc: 4 },
    vbiosVersion: [0x90, 0x06, 0x0b, 0x00, 0x01],
  },
  /** TU116: all of its 24 SMs, 6 GiB GDDR6. */
  gtx1660ti: {
    ...CARD,
    chip: 'tu116',
    productName: 'NVIDIA GeForce GTX 1660 Ti',
    pci: { vendor: 0x10de, device: 0x2182, subsystemVendor: 0x10de, subsystem: 0x1324, revision: 0xa1 },
    vramSize: 6 * GiB,
    gpcMask: 0x7,
    tpcMasks: [0xf, 0xf, 0xf],
    memory: { type: 'GDDR6', busWidth: 192, l2CacheSize: 1.5 * MiB, fbpMask: 0x7, ltcCount: 6, slicesPerLtc: 2 },
    vbiosVersion: [0x90, 0x16, 0x20, 0x00, 0x01],
  },
  /** TU117: 14 SMs, 4 GiB GDDR5. */
  gtx1650: {
    ...CARD,
    chip: 'tu117',
    productName: 'NVIDIA GeForce GTX 1650',
    pci: { vendor: 0x10de, device: 0x1f82, subsystemVendor: 0x10de, subsystem: 0x139d, revision: 0xa1 },
    vramSize: 4 * GiB,
    gpcMask: 0x3,
    tpcMasks: [0xf, 0x7],
    memory: { type: 'GDDR5', busWidth: 128, l2CacheSize: 1 * MiB, fbpMask: 0x3, ltcCount: 4, slicesPerLtc: 2 },
    vbiosVersion: [0x90, 0x17, 0x0b, 0x00, 0x01],
  },
};

export type TuringBoardName = 'rtx2080' | 'rtx2070' | 'gtx1660ti' | 'gtx1650';
