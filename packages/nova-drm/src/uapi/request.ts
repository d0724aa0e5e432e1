/** Parts of a request number; linux: include/uapi/asm-generic/ioctl.h. */
export const REQUEST = {
  /** The caller hands bytes to the kernel. */
  IN: 0x40000000,
  /** The kernel hands bytes to the caller. */
  OUT: 0x80000000,
  /** Type of all requests of DRM: `d`. */
  TYPE: 0x64,
} as const;

/** First number that drivers have to themselves; linux: include/uapi/drm/drm.h. */
export const DRIVER = 0x40;

/** Number, type, and bytes of the argument that a request number says. */
export function requestParts(request: number): { readonly nr: number; readonly type: number; readonly size: number } {
  return { nr: request & 0xff, type: (request >>> 8) & 0xff, size: (request >>> 16) & 0x3fff };
}

type Direction = 'r' | 'w' | 'wr';

/** A request number as userspace computes it: direction (as the kernel sees it: `wr` both ways), number, and the structure that goes with it. */
export function request(direction: Direction, nr: number, { size }: { readonly size: number }): number {
  const bits = (direction.includes('w') ? REQUEST.IN : 0) + (direction.includes('r') ? REQUEST.OUT : 0);
  return bits + (size << 16) + (REQUEST.TYPE << 8) + nr;
}
