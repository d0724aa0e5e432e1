import type { ChipName } from '@nova-stack/gpu-regs';

import { ADA_BOARDS, type AdaBoardName } from './boards/ada.ts';
import { AMPERE_BOARDS, type AmpereBoardName } from './boards/ampere.ts';
import { BLACKWELL_BOARDS, type BlackwellBoardName } from './boards/blackwell.ts';
import { HOPPER_BOARDS, type HopperBoardName } from './boards/hopper.ts';
import { TURING_BOARDS, type TuringBoardName } from './boards/turing.ts';
import { USUAL_DISPLAY } from './boards/usual.ts';
import type { ChipFacts } from './port.ts';

export { USUAL_DISPLAY } from './boards/usual.ts';

/** A board: a chip, and what is decided around it. Sizes in bytes. What follows from the chip alone is not here. */
export interface Board extends Omit<ChipFacts, 'chip' | 'uuid' | 'architecture' | 'chipId'> {
  readonly chip: ChipName;
  /** Class code, base in the high byte: 0x030000 VGA, 0x030200 3D controller. */
  readonly classCode: number;
  /** Size of BAR1, a power of two. */
  readonly bar1Size: number;
  /** As it is printed, five bytes; undefined for boards whose VBIOS the CPU does not read. */
  readonly vbiosVersion?: readonly [number, number, number, number, number];
  /** Interrupt vectors in the tree. */
  readonly vectors: { readonly gsp: number };
}

const MiB = 2 ** 20;
const GiB = 2 ** 30;

/** What all boards with an AD102 share. Channels, segment size and vectors are assumed. */
const AD102 = {
  chip: 'ad102',
  // Fuses as they were blown for the first production ucode of each engine.
  fuses: { gspFwsec: 0, sec2Booter: 0 },
  channels: 2048,
  vmmuSegmentSize: 32 * MiB,
  vectors: { gsp: 155 },
} as const;

/** What all boards with a GA102 share. Channels, segment size and vectors are assumed to be those of the AD102. */
const GA102 = { ...AD102, chip: 'ga102' } as const;
/** One L2 slice group of 512 KiB per 32-bit memory controller. Units of cache per FBP are assumed. */
const GA102_MEMORY = { busWidth: 384, l2CacheSize: 6 * MiB, fbpMask: 0x3f, ltcCount: 12, slicesPerLtc: 4 } as const;

/** What all boards with a TU102 share. Turing has no fuses for versions of ucode; the rest is assumed to be as on the AD102. */
const TU102 = { ...AD102, chip: 'tu102' } as const;

// Names and ids: open-gpu-kernel-modules 570.144: src/nvidia/generated/g_nv_name_released.h
// Units: NVIDIA Ada GPU Architecture, NVIDIA Ampere GA102 GPU Architecture and NVIDIA Turing GPU Architecture whitepapers; NVIDIA L40 and
// A10 product briefs. VBIOS versions as printed on such boards.
const boards = {
  /**
   * 142 SMs, 48 GiB GDDR6 with its error correction switched off; SR-IOV with 32 virtual functions. In the mode that it is
   * shipped in its display outputs are off; that they then show as fused off is assumed.
   */
  l40: {
    ...AD102,
    productName: 'NVIDIA L40',
    pci: { vendor: 0x10de, device: 0x26b5, subsystemVendor: 0x10de, subsystem: 0x169d, revision: 0xa1 },
    classCode: 0x030200,
    vramSize: 48 * GiB,
    bar1Size: 64 * GiB,
    displayDisabled: true,
    gpcMask: 0xfff,
    tpcMasks: [0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x1f],
    ecc: false,
    sriov: { totalVfs: 32, firstVfOffset: 4, vfStride: 1 },
    engines: ['GR0', 'COPY0', 'COPY1', 'COPY2', 'COPY3', 'COPY4', 'NVDEC0', 'NVDEC1', 'NVDEC2', 'NVENC0', 'NVENC1', 'NVENC2', 'NVJPEG0', 'NVJPEG1', 'NVJPEG2', 'NVJPEG3', 'OFA0', 'SEC2'],
    vbiosVersion: [0x95, 0x02, 0x5c, 0x00, 0x01],
  },
  /** 128 SMs, 24 GiB GDDR6X, no SR-IOV. */
  rtx4090: {
    ...AD102,
    productName: 'NVIDIA GeForce RTX 4090',
    pci: { vendor: 0x10de, device: 0x2684, subsystemVendor: 0x10de, subsystem: 0x167c, revision: 0xa1 },
    classCode: 0x030000,
    vramSize: 24 * GiB,
    bar1Size: 256 * MiB,
    displayDisabled: false,
    display: USUAL_DISPLAY,
    gpcMask: 0x7ff,
    tpcMasks: [0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x1f, 0x1f],
    ecc: false,
    sriov: undefined,
    engines: ['GR0', 'COPY0', 'COPY1', 'COPY2', 'COPY3', 'COPY4', 'NVDEC0', 'NVENC0', 'NVENC1', 'OFA0', 'SEC2'],
    vbiosVersion: [0x95, 0x02, 0x18, 0x80, 0x9e],
  },
  /**
   * 72 SMs, 24 GiB GDDR6 with its error correction switched off; SR-IOV with 32 virtual functions; no display outputs. How
   * the TPCs are spread over the GPCs is assumed.
   */
  a10: {
    ...GA102,
    productName: 'NVIDIA A10',
    pci: { vendor: 0x10de, device: 0x2236, subsystemVendor: 0x10de, subsystem: 0x1482, revision: 0xa1 },
    classCode: 0x030200,
    vramSize: 24 * GiB,
    bar1Size: 32 * GiB,
    displayDisabled: true,
    gpcMask: 0x7f,
    tpcMasks: [0x3f, 0x1f, 0x1f, 0x1f, 0x1f, 0x1f, 0x1f],
    ecc: false,
    sriov: { totalVfs: 32, firstVfOffset: 4, vfStride: 1 },
    memory: { type: 'GDDR6', ...GA102_MEMORY },
    engines: ['GR0', 'COPY0', 'COPY1', 'COPY2', 'COPY3', 'COPY4', 'NVDEC0', 'NVDEC1', 'NVENC0', 'OFA0', 'SEC2'],
    vbiosVersion: [0x94, 0x02, 0x75, 0x00, 0x01],
  },
  /** 82 SMs, 24 GiB GDDR6X, no SR-IOV. The subsystem is the Founders Edition's. */
  rtx3090: {
    ...GA102,
    productName: 'NVIDIA GeForce RTX 3090',
    pci: { vendor: 0x10de, device: 0x2204, subsystemVendor: 0x10de, subsystem: 0x147d, revision: 0xa1 },
    classCode: 0x030000,
    vramSize: 24 * GiB,
    bar1Size: 256 * MiB,
    displayDisabled: false,
    display: USUAL_DISPLAY,
    gpcMask: 0x7f,
    tpcMasks: [0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x1f],
    ecc: false,
    sriov: undefined,
    memory: { type: 'GDDR6X', ...GA102_MEMORY },
    engines: ['GR0', 'COPY0', 'COPY1', 'COPY2', 'COPY3', 'COPY4', 'NVDEC0', 'NVENC0', 'OFA0', 'SEC2'],
    vbiosVersion: [0x94, 0x02, 0x26, 0x08, 0x1c],
  },
  /** 68 SMs, 11 GiB GDDR6, no SR-IOV. The subsystem is the Founders Edition's; how the TPCs are spread over the GPCs is assumed. */
  rtx2080ti: {
    ...TU102,
    productName: 'NVIDIA GeForce RTX 2080 Ti',
    pci: { vendor: 0x10de, device: 0x1e07, subsystemVendor: 0x10de, subsystem: 0x12fa, revision: 0xa1 },
    classCode: 0x030000,
    vramSize: 11 * GiB,
    bar1Size: 256 * MiB,
    displayDisabled: false,
    display: USUAL_DISPLAY,
    gpcMask: 0x3f,
    tpcMasks: [0x3f, 0x3f, 0x3f, 0x3f, 0x1f, 0x1f],
    ecc: false,
    sriov: undefined,
    // One of the twelve memory controllers is off, with its half MiB of cache.
    memory: { type: 'GDDR6', busWidth: 352, l2CacheSize: 5.5 * MiB, fbpMask: 0x3f, ltcCount: 11, slicesPerLtc: 4 },
    engines: ['GR0', 'COPY0', 'COPY1', 'COPY2', 'COPY3', 'COPY4', 'NVDEC0', 'NVENC0', 'SEC2'],
    vbiosVersion: [0x90, 0x02, 0x0b, 0x00, 0x0e],
  },
  ...TURING_BOARDS,
  ...AMPERE_BOARDS,
  ...ADA_BOARDS,
  ...HOPPER_BOARDS,
  ...BLACKWELL_BOARDS,
} as const satisfies Readonly<Record<string, Board>>;

export type BoardName = 'l40' | 'rtx4090' | 'a10' | 'rtx3090' | 'rtx2080ti' | TuringBoardName | AmpereBoardName | AdaBoardName | HopperBoardName | BlackwellBoardName;
export const BOARDS: Readonly<Record<BoardName, Board>> = boards;
