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
  engines: ['GR0', 'COPY0', 'COPY1', 'COPY2', 'COPY3', 'COPY4', 'NVDEC0', 'NVENC0', 'OFA0', 'SEC2'],
} as const;

/**
 * One board per Ampere beside the GA102.
 *
 * Names and ids: open-gpu-kernel-modules 570.144: src/nvidia/generated/g_nv_name_released.h; pci.ids.
 * Units, memory and cache: NVIDIA A100 Tensor Core GPU Architecture and NVIDIA Ampere GA102 GPU Architecture whitepapers, NVIDIA's GeForce
 * specifications. How the TPCs are spread over the GPCs and how the cache is divided are assumed. VBIOS versions: their first two bytes
 * tell the chip, as on real boards; the rest is assumed.
 */
export const AMPERE_BOARDS: Readonly<Record<AmpereBoardName, Board>> = {
  /**
   * GA100: 108 SMs, 40 GiB HBM2 with its error correction switched off; SR-IOV with 16 virtual functions. The chip has neither display
   * nor encoder. The error correction of HBM2 takes no memory; that the register tells nothing of it is assumed.
   */
  a100: {
    ...ASSUMED,
    chip: 'ga100',
    productName: 'NVIDIA A100-PCIE-40GB',
    pci: { vendor: 0x10de, device: 0x20f1, subsystemVendor: 0x10de, subsystem: 0x145f, revision: 0xa1 },
    classCode: 0x030200,
    vramSize: 40 * GiB,
    bar1Size: 64 * GiB,
    displayDisabled: true,
    gpcMask: 0x7f,
    tpcMasks: [0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x7f],
    ecc: false,
    sriov: { totalVfs: 16, firstVfOffset: 4, vfStride: 1 },
    memory: { type: 'HBM2', busWidth: 5120, l2CacheSize: 40 * MiB, fbpMask: 0x3ff, ltcCount: 20, slicesPerLtc: 4 },
    engines: [
      'GR0', 'COPY0', 'COPY1', 'COPY2', 'COPY3', 'COPY4', 'COPY5', 'COPY6', 'COPY7', 'COPY8', 'COPY9', 'NVDEC0', 'NVDEC1', 'NVDEC2', 'NVDEC3', 'NVDEC4',
      'NVJPEG0', 'OFA0', 'SEC2',
    ],
    vbiosVersion: [0x92, 0x00, 0x25, 0x00, 0x08],
  },
  /** GA103: 58 SMs, 16 GiB GDDR6. */
  'rtx3080ti-laptop': {
    ...CARD,
    chip: 'ga103',
    productName: 'NVIDIA GeForce RTX 3080 Ti Laptop GPU',
    pci: { vendor: 0x10de, device: 0x2420, subsystemVendor: 0x10de, subsystem: 0x2420, revision: 0xa1 },
    vramSize: 16 * GiB,
    gpcMask: 0x3f,
    tpcMasks: [0x1f, 0x1f, 0x1f, 0x1f, 0x1f, 0xf],
    memory: { type: 'GDDR6', busWidth: 256, l2CacheSize: 4 * MiB, fbpMask: 0xf, ltcCount: 8, slicesPerLtc: 4 },
    vbiosVersion: [0x94, 0x03, 0x15, 0x00, 0x01],
  },
  /** GA104: 46 SMs, 8 GiB GDDR6. */
  rtx3070: {
    ...CARD,
    chip: 'ga104',
    productName: 'NVIDIA GeForce RTX 3070',
    pci: { vendor: 0x10de, device: 0x2484, subsystemVendor: 0x10de, subsystem: 0x146b, revision: 0xa1 },
    vramSize: 8 * GiB,
    gpcMask: 0x3f,
    tpcMasks: [0xf, 0xf, 0xf, 0xf, 0xf, 0x7],
    memory: { type: 'GDDR6', busWidth: 256, l2CacheSize: 4 * MiB, fbpMask: 0xf, ltcCount: 8, slicesPerLtc: 4 },
    vbiosVersion: [0x94, 0x04, 0x25, 0x00, 0x01],
  },
  /** GA106: 28 SMs, 12 GiB GDDR6. */
  rtx3060: {
    ...CARD,
    chip: 'ga106',
    productName: 'NVIDIA GeForce RTX 3060',
    pci: { vendor: 0x10de, device: 0x2503, subsystemVendor: 0x10de, subsystem: 0x151a, revision: 0xa1 },
    vramSize: 12 * GiB,
    gpcMask: 0x7,
    tpcMasks: [0x1f, 0x1f, 0xf],
    memory: { type: 'GDDR6', busWidth: 192, l2CacheSize: 3 * MiB, fbpMask: 0x7, ltcCount: 6, slicesPerLtc: 4 },
    vbiosVersion: [0x94, 0x06, 0x14, 0x00, 0x01],
  },
  /** GA107: all of its 20 SMs, 4 GiB GDDR6. The subsystem is that of a notebook of HP's. */
  'rtx3050ti-laptop': {
    ...CARD,
    chip: 'ga107',
    productName: 'NVIDIA GeForce RTX 3050 Ti Laptop GPU',
    pci: { vendor: 0x10de, device: 0x25a0, subsystemVendor: 0x103c, subsystem: 0x89f9, revision: 0xa1 },
    vramSize: 4 * GiB,
    gpcMask: 0x3,
    tpcMasks: [0x1f, 0x1f],
    memory: { type: 'GDDR6', busWidth: 128, l2CacheSize: 2 * MiB, fbpMask: 0x3, ltcCount: 4, slicesPerLtc: 4 },
    vbiosVersion: [0x94, 0x07, 0x14, 0x00, 0x01],
  },
};

export type AmpereBoardName = 'a100' | 'rtx3080ti-laptop' | 'rtx3070' | 'rtx3060' | 'rtx3050ti-laptop';
