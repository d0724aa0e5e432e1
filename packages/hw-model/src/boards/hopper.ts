import type { Board } from '../boards.ts';
import { ASSUMED } from './usual.ts';

const MiB = 2 ** 20;
const GiB = 2 ** 30;

/**
 * The board with a GH100.
 *
 * Names and ids: open-gpu-kernel-modules 570.144: src/nvidia/generated/g_nv_name_released.h; pci.ids.
 * Units, memory and cache: NVIDIA H100 Tensor Core GPU Architecture whitepaper. How the TPCs are spread over the GPCs and how the cache is
 * divided are assumed.
 */
export const HOPPER_BOARDS: Readonly<Record<HopperBoardName, Board>> = {
  /** GH100: 132 SMs, 80 GiB HBM3 with its error correction switched off; SR-IOV with 32 virtual functions; no display. */
  h100: {
    ...ASSUMED,
    chip: 'gh100',
    productName: 'NVIDIA H100 80GB HBM3',
    pci: { vendor: 0x10de, device: 0x2330, subsystemVendor: 0x10de, subsystem: 0x16c1, revision: 0xa1 },
    classCode: 0x030200,
    vramSize: 80 * GiB,
    bar1Size: 128 * GiB,
    displayDisabled: true,
    gpcMask: 0xff,
    tpcMasks: [0x1ff, 0x1ff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ecc: false,
    sriov: { totalVfs: 32, firstVfOffset: 4, vfStride: 1 },
    memory: { type: 'HBM3', busWidth: 5120, l2CacheSize: 50 * MiB, fbpMask: 0x3ff, ltcCount: 20, slicesPerLtc: 4 },
    engines: [
      'GR0', 'COPY0', 'COPY1', 'COPY2', 'COPY3', 'COPY4', 'COPY5', 'COPY6', 'COPY7', 'COPY8', 'COPY9', 'NVDEC0', 'NVDEC1', 'NVDEC2', 'NVDEC3', 'NVDEC4',
      'NVDEC5', 'NVDEC6', 'NVJPEG0', 'NVJPEG1', 'NVJPEG2', 'NVJPEG3', 'NVJPEG4', 'NVJPEG5', 'NVJPEG6', 'OFA0', 'SEC2',
    ],
  },
};

export type HopperBoardName = 'h100';
