import { COPY_BLOCK_SIZE, get, GOB } from '@nova-stack/gpu-regs';

/** A surface in blocks of GOBs. Sizes in bytes across, lines down, layers deep. */
export interface BlockLinear {
  readonly blockSize: number;
  readonly width: number;
  readonly height: number;
}

/** Bytes that lie side by side. */
export const RUN = 16;

/**
 * Where byte `x` of line `y` of layer `z` lies, from the surface's beginning on.
 * Source: linux: include/uapi/drm/drm_fourcc.h (block linear, GOBs of generation 2, sector layout 1); mesa: src/nouveau/nil/copy.rs (in a GOB)
 */
export function blockLinearOffset({ blockSize, width, height }: BlockLinear, x: number, y: number, z: number): number {
  const [across, down, deep] = [get(COPY_BLOCK_SIZE, 'width', blockSize), get(COPY_BLOCK_SIZE, 'height', blockSize), get(COPY_BLOCK_SIZE, 'depth', blockSize)];
  const [blockWidth, blockHeight, blockDepth] = [GOB.width * 2 ** across, GOB.height * 2 ** down, 2 ** deep];
  const block = (Math.floor(z / blockDepth) * Math.ceil(height / blockHeight) + Math.floor(y / blockHeight)) * Math.ceil(width / blockWidth) + Math.floor(x / blockWidth);
  const gob = ((z % blockDepth) * 2 ** down + Math.floor((y % blockHeight) / GOB.height)) * 2 ** across + Math.floor((x % blockWidth) / GOB.width);
  return (block * 2 ** (across + down + deep) + gob) * GOB.size + inGob(x % GOB.width, y % GOB.height);
}

/** Sectors of 32 bytes: two columns of 16 bytes by two lines, then four down, then the other half. */
const inGob = (x: number, y: number): number => (x >> 5) * 256 + (y >> 1) * 64 + ((x >> 4) & 1) * 32 + (y & 1) * 16 + (x & 15);
