import type { EngineNumbers } from '../codec/engines.ts';

/** Engines as 535.113.01 numbers them; no chip of its time has an eleventh copy engine. */
export const ENGINES: EngineNumbers = {
  nv2080: [
    ['GR', 1, 0, 8], ['COPY', 9, 0, 10], ['NVDEC', 19, 0, 8], ['NVENC', 27, 0, 3], ['SW', 34, 0, 1], ['SEC2', 38, 0, 1],
    ['NVJPEG', 43, 0, 8], ['OFA', 51, 0, 1],
  ],
  rm: [
    ['GR', 0x01, 0, 8], ['COPY', 0x09, 0, 10], ['NVDEC', 0x1d, 0, 8], ['NVENC', 0x25, 0, 3], ['SW', 0x2c, 0, 1], ['SEC2', 0x30, 0, 1],
    ['NVJPEG', 0x35, 0, 8], ['OFA', 0x3d, 0, 1],
  ],
  mc: [
    ['DISP', 2, 0, 1], ['COPY', 15, 0, 10], ['NVENC', 38, 0, 3], ['SEC2', 46, 0, 1], ['GSP', 49, 0, 1], ['NVJPEG', 50, 0, 8],
    ['NVDEC', 64, 0, 8], ['OFA', 80, 0, 1], ['GR', 82, 0, 8],
  ],
};
