import { hex, NovaCoreError } from './errors.ts';
import { alignDown, alignUp, GiB, KiB, MiB, PAGE } from './sizes.ts';

/** A range of the framebuffer: first byte and size, in bytes. */
export interface FbRegion {
  readonly start: number;
  readonly size: number;
}

/** How large the firmware's heap must be; one set of numbers per firmware version and LIBOS version. */
export interface HeapSizing {
  /** Memory of the operating system. */
  readonly carveout: number;
  readonly baseRm: number;
  /** Per GiB of framebuffer. */
  readonly perGiB: number;
  readonly clients: number;
  readonly min: number;
  readonly max: number;
  /** The whole heap where vGPUs are hosted. */
  readonly vgpu: number;
}

export interface FbInputs {
  /** Framebuffer size in bytes. */
  readonly vramSize: number;
  /** Start of the VGA workspace as display hardware says it, or undefined where there is none. */
  readonly vgaWorkspace?: number | undefined;
  /** Bytes of the FRTS region: 1 MiB, or 0 where the chip has none. */
  readonly frtsSize: number;
  /** Bytes of the RISC-V bootloader. */
  readonly bootloaderSize: number;
  /** Bytes of the GSP image. */
  readonly imageSize: number;
  readonly heap: HeapSizing;
  /** Virtual functions that the firmware has to host; 0 without vGPU. */
  readonly vfs: number;
}

/** Where everything lies that the boot firmware reserves, from the top of the framebuffer down. */
export interface FbLayout {
  readonly fb: FbRegion;
  readonly vgaWorkspace: FbRegion;
  readonly frts: FbRegion;
  readonly bootloader: FbRegion;
  readonly image: FbRegion;
  readonly heap: FbRegion;
  /** Write protected: from the WPR metadata to the end of FRTS. */
  readonly wpr2: FbRegion;
  readonly nonWprHeap: FbRegion;
  /** Bytes that the PMU keeps at the end; 0 where it keeps none. */
  readonly pmuReserved: number;
  readonly vfs: number;
}

const DEFAULT_VGA_WORKSPACE = MiB;
const SMALL_VGA_WORKSPACE = 128 * KiB;
const WPR_META_SIZE = 256;
const NON_WPR_HEAP = MiB;

/**
 * Size of the firmware's heap in WPR2, in bytes.
 * Source: linux: drivers/gpu/nova-core/gsp/fw.rs (LibosParams), open-gpu-kernel-modules 570.144: gsp_fw_heap.h.
 */
export function heapSize(sizing: HeapSizing, vramSize: number, vfs: number): number {
  if (vfs > 0) return sizing.vgpu;
  const wanted = sizing.carveout + sizing.baseRm + sizing.clients + alignUp(sizing.perGiB * Math.ceil(vramSize / GiB), MiB);
  return Math.min(Math.max(wanted, sizing.min), sizing.max);
}

/** Start of the VGA workspace: what the display's register says, unless it is higher than the usual place. */
function vgaWorkspaceStart(vramSize: number, told: number | undefined): number {
  const usual = vramSize - DEFAULT_VGA_WORKSPACE;
  if (told === undefined) return usual;
  return told < usual ? vramSize - SMALL_VGA_WORKSPACE : told;
}

/**
 * Lays out the reserved top of the framebuffer for chips that boot through FWSEC and booter.
 * Source: linux: drivers/gpu/nova-core/fb.rs.
 *
 * @throws {@link NovaCoreError} code `FB_LAYOUT` when the framebuffer is too small.
 */
export function fbLayout(inputs: FbInputs): FbLayout {
  const { vramSize } = inputs;
  const vga = vgaWorkspaceStart(vramSize, inputs.vgaWorkspace);
  const frtsEnd = alignDown(vga, 128 * KiB);
  const frts = { start: frtsEnd - inputs.frtsSize, size: inputs.frtsSize };
  const bootloader = { start: alignDown(frts.start - inputs.bootloaderSize, PAGE), size: inputs.bootloaderSize };
  const image = { start: alignDown(bootloader.start - inputs.imageSize, 64 * KiB), size: inputs.imageSize };
  const wanted = heapSize(inputs.heap, vramSize, inputs.vfs);
  const heapStart = alignDown(image.start - wanted, MiB);
  const heap = { start: heapStart, size: alignDown(image.start, MiB) - heapStart };
  const wprStart = alignDown(heap.start - WPR_META_SIZE, MiB);
  const nonWprHeap = { start: wprStart - NON_WPR_HEAP, size: NON_WPR_HEAP };
  if (nonWprHeap.start < 0 || vga >= vramSize) {
    throw new NovaCoreError('FB_LAYOUT', 'fb-layout', `a framebuffer of ${hex(vramSize)} bytes is too small: the firmware needs ${hex(vramSize - nonWprHeap.start)} of them`, {
      detail: { vramSize, needed: vramSize - nonWprHeap.start },
    });
  }
  return {
    fb: { start: 0, size: vramSize },
    vgaWorkspace: { start: vga, size: vramSize - vga },
    frts,
    bootloader,
    image,
    heap,
    wpr2: { start: wprStart, size: frtsEnd - wprStart },
    nonWprHeap,
    pmuReserved: 0,
    vfs: inputs.vfs,
  };
}
