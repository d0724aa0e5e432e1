/**
 * What the driver tells booter about the framebuffer, and booter's checks. Addresses and sizes in bytes.
 *
 * Source: open-gpu-kernel-modules 570.144: src/nvidia/arch/nvalloc/common/inc/gsp/gsp_fw_wpr_meta.h
 */
export interface WprMeta {
  readonly magic: bigint;
  readonly revision: bigint;
  readonly radix3: { readonly address: number; readonly size: number };
  readonly bootloader: { readonly address: number; readonly size: number; readonly manifestOffset: number };
  readonly signature: { readonly address: number; readonly size: number };
  readonly nonWprHeap: { readonly start: number; readonly size: number };
  readonly wprStart: number;
  readonly heap: { readonly start: number; readonly size: number };
  readonly imageStart: number;
  readonly bootBinStart: number;
  readonly frts: { readonly start: number; readonly size: number };
  readonly wprEnd: number;
  readonly fbSize: number;
  readonly vgaWorkspace: { readonly start: number; readonly size: number };
}

/** What the driver tells booter about a firmware that is to be put aside or taken up again. */
export interface SrMeta {
  readonly magic: bigint;
  readonly revision: bigint;
  /** Pages of system memory that hold all of WPR2. */
  readonly radix3: { readonly address: number; readonly size: number };
}

/** GSP_FW_WPR_META_MAGIC */
export const WPR_META_MAGIC = 0xdc3aae21371a60b3n;
/** Bytes of the structure at the start of WPR2. */
const META_SIZE = 256;
const PAGE = 0x1000;
const WPR_ALIGN = 0x20000;

/** Mailbox values are this model's own; drivers only tell zero from the rest. */
export const BOOTER_ERRORS = {
  unreachable: 0x10,
  magic: 0x11,
  revision: 0x12,
  resume: 0x13,
  layout: 0x14,
  wpr2: 0x15,
  radix3: 0x16,
  signature: 0x17,
  release: 0x18,
  gspRuns: 0x19,
  mailbox: 0x1a,
} as const;

/** First rule of the layout that `meta` breaks, in words; undefined when it is sound. */
export function checkLayout(meta: WprMeta, vramSize: number): string | undefined {
  const aligned = (what: string, value: number, to: number): string | undefined =>
    value % to === 0 ? undefined : `${what} 0x${value.toString(16)} is not aligned to 0x${to.toString(16)}`;
  const order: readonly (readonly [string, number, number])[] = [
    ['non-WPR heap', meta.nonWprHeap.start, meta.nonWprHeap.size],
    ['WPR2 header', meta.wprStart, META_SIZE],
    ['heap', meta.heap.start, meta.heap.size],
    ['image', meta.imageStart, meta.radix3.size],
    ['bootloader', meta.bootBinStart, meta.bootloader.size],
    ['FRTS', meta.frts.start, meta.frts.size],
  ];
  if (meta.fbSize !== vramSize) return `framebuffer size 0x${meta.fbSize.toString(16)} is not the board's 0x${vramSize.toString(16)}`;
  let end = 0;
  for (const [what, start, size] of order) {
    if (start < end) return `${what} at 0x${start.toString(16)} overlaps what lies below`;
    end = start + size;
  }
  if (end > meta.wprEnd) return 'FRTS reaches past the end of WPR2';
  if (meta.wprEnd > meta.vgaWorkspace.start) return 'WPR2 reaches into the VGA workspace';
  if (meta.vgaWorkspace.start + meta.vgaWorkspace.size > vramSize) return 'VGA workspace reaches past the framebuffer';
  if (meta.radix3.size === 0 || meta.bootloader.size === 0 || meta.heap.size === 0) return 'empty image, bootloader or heap';
  return aligned('WPR2 start', meta.wprStart, WPR_ALIGN) ?? aligned('WPR2 end', meta.wprEnd, WPR_ALIGN)
    ?? aligned('image', meta.imageStart, PAGE) ?? aligned('bootloader', meta.bootBinStart, PAGE)
    ?? aligned('FRTS', meta.frts.start, PAGE) ?? aligned('heap', meta.heap.start, PAGE);
}

const MIB = 0x100000;
const down = (value: number, to: number): number => value - (value % to);

/**
 * The layout that the GSP-FMC makes of what a driver only gives sizes for, from the end of the region for run-time services down;
 * undefined where VRAM is too small for it.
 *
 * Source: open-gpu-kernel-modules 570.144: src/nvidia/src/kernel/gpu/gsp/arch/hopper/kernel_gsp_gh100.c (kgspCalculateFbLayout_GH100); alignments
 * are those of booter's layout.
 *
 * @param wprEnd - end of the region for run-time services, and with it of WPR2
 */
export function layOut(meta: WprMeta, vramSize: number, wprEnd: number): WprMeta | undefined {
  const frts = { start: wprEnd - meta.frts.size, size: meta.frts.size };
  const bootBinStart = down(frts.start - meta.bootloader.size, PAGE);
  const imageStart = down(bootBinStart - meta.radix3.size, 0x10000);
  const heapStart = down(imageStart - meta.heap.size, MIB);
  const wprStart = down(heapStart - META_SIZE, MIB);
  const nonWprHeap = { start: wprStart - meta.nonWprHeap.size, size: meta.nonWprHeap.size };
  if (!(nonWprHeap.start >= 0)) return undefined;
  return {
    ...meta, frts, bootBinStart, imageStart, wprStart, nonWprHeap, wprEnd, fbSize: vramSize,
    heap: { start: heapStart, size: down(imageStart, MIB) - heapStart },
    vgaWorkspace: { start: vramSize - meta.vgaWorkspace.size, size: meta.vgaWorkspace.size },
  };
}
