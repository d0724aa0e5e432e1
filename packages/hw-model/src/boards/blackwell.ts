import type { Board } from '../boards.ts';
import { ASSUMED, USUAL_DISPLAY } from './usual.ts';

const MiB = 2 ** 20;
const GiB = 2 ** 30;

/** Boards of data centres: no display; error correction, which takes no memory from HBM, switched off; SR-IOV. */
const ACCELERATOR = {
  ...ASSUMED,
  classCode: 0x030200,
  bar1Size: 256 * GiB,
  displayDisabled: true,
  ecc: false,
  sriov: { totalVfs: 32, firstVfOffset: 4, vfStride: 1 },
  engines: [
    'GR0', 'COPY0', 'COPY1', 'COPY2', 'COPY3', 'COPY4', 'COPY5', 'COPY6', 'COPY7', 'COPY8', 'COPY9', 'NVDEC0', 'NVDEC1', 'NVDEC2', 'NVDEC3', 'NVDEC4', 'NVDEC5',
    'NVDEC6', 'NVJPEG0', 'NVJPEG1', 'NVJPEG2', 'NVJPEG3', 'NVJPEG4', 'NVJPEG5', 'NVJPEG6', 'OFA0', 'SEC2',
  ],
} as const;

/** Graphics cards without SR-IOV. Subsystems are assumed. Of the copy engines the first four work for graphics. */
const CARD = {
  ...ASSUMED,
  classCode: 0x030000,
  bar1Size: 256 * MiB,
  displayDisabled: false,
  display: USUAL_DISPLAY,
  ecc: false,
  sriov: undefined,
  engines: ['GR0', 'COPY0', 'COPY1', 'COPY2', 'COPY3', 'COPY4', 'COPY5', 'NVDEC0', 'NVENC0', 'NVJPEG0', 'OFA0', 'SEC2'],
} as const;
const LARGE_CARD_ENGINES = [
  'GR0', 'COPY0', 'COPY1', 'COPY2', 'COPY3', 'COPY4', 'COPY5', 'COPY6', 'COPY7', 'NVDEC0', 'NVDEC1', 'NVENC0', 'NVENC1', 'NVENC2', 'NVJPEG0', 'OFA0', 'SEC2',
] as const;

/**
 * One board per Blackwell, and one of the largest that hosts virtual GPUs.
 *
 * Names and ids: open-gpu-kernel-modules 570.144: src/nvidia/generated/g_nv_name_released.h; pci.ids (B100, RTX 5050).
 * Units, memory and cache: NVIDIA Blackwell Architecture Technical Brief, NVIDIA RTX Blackwell GPU Architecture whitepaper, NVIDIA's GeForce
 * specifications. How the TPCs are spread over the GPCs, how the cache is divided and how many engines of a kind there are is assumed.
 */
export const BLACKWELL_BOARDS: Readonly<Record<BlackwellBoardName, Board>> = {
  /** GB100: 148 SMs, 180 GiB HBM3e. */
  b200: {
    ...ACCELERATOR,
    chip: 'gb100',
    productName: 'NVIDIA B200',
    pci: { vendor: 0x10de, device: 0x2901, subsystemVendor: 0x10de, subsystem: 0x1999, revision: 0xa1 },
    vramSize: 180 * GiB,
    gpcMask: 0xff,
    tpcMasks: [0x3ff, 0x3ff, 0x1ff, 0x1ff, 0x1ff, 0x1ff, 0x1ff, 0x1ff],
    memory: { type: 'HBM3', busWidth: 8192, l2CacheSize: 126 * MiB, fbpMask: 0xffff, ltcCount: 32, slicesPerLtc: 4 },
  },
  /** GB102: 148 SMs, 180 GiB HBM3e; its subsystem is assumed. */
  b100: {
    ...ACCELERATOR,
    chip: 'gb102',
    productName: 'NVIDIA B100',
    pci: { vendor: 0x10de, device: 0x29bc, subsystemVendor: 0x10de, subsystem: 0x29bc, revision: 0xa1 },
    vramSize: 180 * GiB,
    gpcMask: 0xff,
    tpcMasks: [0x3ff, 0x3ff, 0x1ff, 0x1ff, 0x1ff, 0x1ff, 0x1ff, 0x1ff],
    memory: { type: 'HBM3', busWidth: 8192, l2CacheSize: 126 * MiB, fbpMask: 0xffff, ltcCount: 32, slicesPerLtc: 4 },
  },
  /** GB202: 170 SMs, 32 GiB GDDR7. */
  rtx5090: {
    ...CARD,
    chip: 'gb202',
    productName: 'NVIDIA GeForce RTX 5090',
    pci: { vendor: 0x10de, device: 0x2b85, subsystemVendor: 0x10de, subsystem: 0x2057, revision: 0xa1 },
    vramSize: 32 * GiB,
    gpcMask: 0x7ff,
    tpcMasks: [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x7f, 0x7f],
    memory: { type: 'GDDR7', busWidth: 512, l2CacheSize: 96 * MiB, fbpMask: 0xff, ltcCount: 16, slicesPerLtc: 4 },
    engines: LARGE_CARD_ENGINES,
  },
  /** GB202: 188 SMs, 96 GiB GDDR7 with its error correction switched off; SR-IOV with 48 virtual functions; configured to host virtual GPUs. */
  rtxpro6000: {
    ...CARD,
    chip: 'gb202',
    productName: 'NVIDIA RTX PRO 6000 Blackwell Workstation Edition',
    pci: { vendor: 0x10de, device: 0x2bb1, subsystemVendor: 0x10de, subsystem: 0x204b, revision: 0xa1 },
    vramSize: 96 * GiB,
    bar1Size: 128 * GiB,
    gpcMask: 0xfff,
    tpcMasks: [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x7f],
    memory: { type: 'GDDR7', busWidth: 512, l2CacheSize: 128 * MiB, fbpMask: 0xff, ltcCount: 16, slicesPerLtc: 4 },
    engines: LARGE_CARD_ENGINES,
    sriov: { totalVfs: 48, firstVfOffset: 4, vfStride: 1 },
    vgpuMode: true,
  },
  /** GB203: all of its 84 SMs, 16 GiB GDDR7. */
  rtx5080: {
    ...CARD,
    chip: 'gb203',
    productName: 'NVIDIA GeForce RTX 5080',
    pci: { vendor: 0x10de, device: 0x2c02, subsystemVendor: 0x10de, subsystem: 0x2c02, revision: 0xa1 },
    vramSize: 16 * GiB,
    gpcMask: 0x7f,
    tpcMasks: [0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f],
    memory: { type: 'GDDR7', busWidth: 256, l2CacheSize: 64 * MiB, fbpMask: 0xf, ltcCount: 8, slicesPerLtc: 4 },
  },
  /** GB205: 48 SMs, 12 GiB GDDR7. */
  rtx5070: {
    ...CARD,
    chip: 'gb205',
    productName: 'NVIDIA GeForce RTX 5070',
    pci: { vendor: 0x10de, device: 0x2f04, subsystemVendor: 0x10de, subsystem: 0x2f04, revision: 0xa1 },
    vramSize: 12 * GiB,
    gpcMask: 0x1f,
    tpcMasks: [0x1f, 0x1f, 0x1f, 0x1f, 0xf],
    memory: { type: 'GDDR7', busWidth: 192, l2CacheSize: 48 * MiB, fbpMask: 0x7, ltcCount: 6, slicesPerLtc: 4 },
  },
  /** GB206: all of its 36 SMs, 16 GiB GDDR7. */
  rtx5060ti: {
    ...CARD,
    chip: 'gb206',
    productName: 'NVIDIA GeForce RTX 5060 Ti',
    pci: { vendor: 0x10de, device: 0x2d04, subsystemVendor: 0x10de, subsystem: 0x2d04, revision: 0xa1 },
    vramSize: 16 * GiB,
    gpcMask: 0x7,
    tpcMasks: [0x3f, 0x3f, 0x3f],
    memory: { type: 'GDDR7', busWidth: 128, l2CacheSize: 32 * MiB, fbpMask: 0x3, ltcCount: 4, slicesPerLtc: 4 },
  },
  /** GB207: all of its 20 SMs, 8 GiB GDDR6. */
  rtx5050: {
    ...CARD,
    chip: 'gb207',
    productName: 'NVIDIA GeForce RTX 5050',
    pci: { vendor: 0x10de, device: 0x2d83, subsystemVendor: 0x10de, subsystem: 0x2d83, revision: 0xa1 },
    vramSize: 8 * GiB,
    gpcMask: 0x3,
    tpcMasks: [0x1f, 0x1f],
    memory: { type: 'GDDR6', busWidth: 128, l2CacheSize: 24 * MiB, fbpMask: 0x3, ltcCount: 4, slicesPerLtc: 4 },
  },
};

export type BlackwellBoardName = 'b200' | 'b100' | 'rtx5090' | 'rtxpro6000' | 'rtx5080' | 'rtx5070' | 'rtx5060ti' | 'rtx5050';
