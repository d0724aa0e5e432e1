/** Sizes of a synthetic booter's parts in bytes; laid out as the real one of the same chip and release. */
export interface BooterShape {
  readonly appSize: number;
  readonly osDataSize: number;
}

/** What the synthetic files of a chip and release look like. */
export interface PackShape {
  /** Families that the GSP image has a signature for, in the file's order. */
  readonly signatures: readonly string[];
  readonly booter: {
    readonly load: BooterShape;
    readonly unload: BooterShape;
    readonly signatures: number;
    /** Offset of the signature slot in DMEM. */
    readonly pkcOffset: number;
    readonly metadata: { readonly fuseVersion: number; readonly engineIdMask: number; readonly ucodeId: number };
  };
  readonly bootloader: {
    readonly size: number;
    readonly code: { readonly offset: number; readonly size: number };
    readonly manifestSize: number;
    readonly monitorData: { readonly offset: number; readonly size: number };
    readonly monitorCode: { readonly offset: number; readonly size: number };
  };
}

const GA102_SIGNATURES = ['gb20x', 'cc_gb10x', 'gb10x', 'cc_gh100', 'gh100', 'ad10x', 'ga10x'];
const RSA3K = { signatures: 2, pkcOffset: 0x10, metadata: { fuseVersion: 1, engineIdMask: 1, ucodeId: 3 } };

/** By release, then by the chip whose files linux-firmware keeps. Numbers: measured on linux-firmware's files. */
export const SHAPES: Readonly<Record<string, Readonly<Record<string, PackShape>>>> = {
  '570.144': {
    ad102: {
      signatures: GA102_SIGNATURES,
      booter: { ...RSA3K, load: { appSize: 0x7d00, osDataSize: 0x6000 }, unload: { appSize: 0x4f00, osDataSize: 0x4e00 } },
      bootloader: {
        size: 0x9000, code: { offset: 0x8000, size: 0x880 }, manifestSize: 0x800,
        monitorData: { offset: 0x800, size: 0x4000 }, monitorCode: { offset: 0x4800, size: 0x2900 },
      },
    },
    ga102: {
      signatures: GA102_SIGNATURES,
      booter: { ...RSA3K, load: { appSize: 0x8900, osDataSize: 0x6200 }, unload: { appSize: 0x4f00, osDataSize: 0x4d00 } },
      bootloader: {
        size: 0x6000, code: { offset: 0x5000, size: 0x880 }, manifestSize: 0x800,
        monitorData: { offset: 0x800, size: 0x1000 }, monitorCode: { offset: 0x1800, size: 0x2900 },
      },
    },
  },
};
