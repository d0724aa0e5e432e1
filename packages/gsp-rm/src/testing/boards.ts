import type { ChipFacts } from '@nova-stack/hw-model/port';
import { TEST_FACTS } from './fake-hardware.ts';

/** Two boards that differ in everything that answers follow from. */
export const TEST_BOARDS = {
  full: {
    ...TEST_FACTS, displayDisabled: false, vectors: { gsp: 155 },
    gpcMask: 0xfff, tpcMasks: [...Array.from({ length: 11 }, () => 0x3f), 0x1f],
    engines: [
      'GR0', 'COPY0', 'COPY1', 'COPY2', 'COPY3', 'COPY4', 'NVDEC0', 'NVDEC1', 'NVDEC2', 'NVENC0', 'NVENC1', 'NVENC2', 'NVJPEG0', 'NVJPEG1', 'NVJPEG2', 'NVJPEG3',
      'OFA0', 'SEC2',
    ],
  },
  // Its GSP vector lies where the engines' would begin.
  small: {
    ...TEST_FACTS, productName: 'NVIDIA GeForce RTX 4090', displayDisabled: true, vectors: { gsp: 160 }, vramSize: 12 * 2 ** 30, ecc: false, sriov: undefined,
    gpcMask: 0x7bf, tpcMasks: [0x3f, 0x2f, 0x3f, 0x3f, 0x1f, 0x3f, 0, 0x3f, 0x3f, 0x1f, 0x1f], engines: ['GR0', 'COPY0', 'COPY1', 'COPY2', 'NVDEC0', 'NVENC0', 'OFA0'],
    memory: { type: 'GDDR6X', busWidth: 192, l2CacheSize: 48 * 2 ** 20, fbpMask: 0x7, ltcCount: 6, slicesPerLtc: 4 },
  },
} as const satisfies Readonly<Record<string, ChipFacts>>;
