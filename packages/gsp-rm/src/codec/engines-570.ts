import type { EngineNumbers, EngineRun } from './engines.ts';

/** Interrupt table's numbers, but for the display's second vector, which moved. */
const MC: readonly EngineRun[] = [
  ['DISP', 2, 0, 1], ['COPY', 15, 0, 20], ['NVENC', 38, 0, 4], ['SEC2', 47, 0, 1], ['GSP', 50, 0, 1], ['NVJPEG', 51, 0, 8],
  ['NVDEC', 65, 0, 8], ['OFA', 81, 0, 2], ['GR', 84, 0, 8],
];

/** Engines as releases from 570 on number them. Instances of a kind are not always consecutive. */
export const enginesFrom570 = (displayLow: number): EngineNumbers => ({
  nv2080: [
    ['GR', 1, 0, 8], ['COPY', 9, 0, 10], ['COPY', 52, 10, 10], ['NVDEC', 19, 0, 8], ['NVENC', 27, 0, 3], ['NVENC', 63, 3, 1],
    ['SW', 34, 0, 1], ['SEC2', 38, 0, 1], ['NVJPEG', 43, 0, 8], ['OFA', 51, 0, 1], ['OFA', 62, 1, 1],
  ],
  rm: [
    ['GR', 0x01, 0, 8], ['COPY', 0x09, 0, 20], ['NVDEC', 0x1d, 0, 8], ['NVENC', 0x25, 0, 4], ['SW', 0x2d, 0, 1], ['SEC2', 0x31, 0, 1],
    ['NVJPEG', 0x36, 0, 8], ['OFA', 0x3e, 0, 2],
  ],
  mc: [...MC, ['DISP_LOW', displayLow, 0, 1]],
});
