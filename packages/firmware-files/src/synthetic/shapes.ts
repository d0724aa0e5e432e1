/** Sizes of a synthetic booter's parts in bytes; laid out as the real one of the same chip and release. */
export interface BooterShape {
  readonly appSize: number;
  readonly osDataSize: number;
  /** Bytes behind the data, which nobody loads; default none. */
  readonly tailSize?: number;
}

/** Bytes of the parts of a GSP-FMC. */
export interface FmcShape {
  readonly imageSize: number;
  readonly publicKeySize: number;
  readonly signatureSize: number;
}

/** What the synthetic files of a chip and release look like. */
export interface PackShape {
  /** Families that the GSP image has a signature for, in the file's order. */
  readonly signatures: readonly string[];
  /** Chips with an FSP have this instead of booters. */
  readonly fmc?: FmcShape;
  readonly booter?: {
    readonly load: BooterShape;
    readonly unload: BooterShape;
    readonly signatures: number;
    /** Bytes of one. */
    readonly signatureSize: number;
    /** Offset of the signature slot in DMEM. */
    readonly pkcOffset: number;
    readonly metadata: { readonly fuseVersion: number; readonly engineIdMask: number; readonly ucodeId: number };
  };
  readonly bootloader: {
    readonly version: 4 | 5;
    readonly size: number;
    readonly code: { readonly offset: number; readonly size: number };
    readonly manifestSize: number;
    readonly monitorData: { readonly offset: number; readonly size: number };
    readonly monitorCode: { readonly offset: number; readonly size: number };
  };
  /** Where the program that fetches FWSEC lies; undefined for chips whose falcons do without. */
  readonly falconBootloader?: 'gen_bootloader' | 'acr/bl.bin';
}

const RSA3K = { signatures: 2, signatureSize: 384, pkcOffset: 0x10, metadata: { fuseVersion: 1, engineIdMask: 1, ucodeId: 3 } };

/** A bootloader's data: manifest, monitor's data and code one behind the other; its own code has the last page. */
function bootloader({ monitorData, monitorCode, size, code }: { readonly monitorData: number; readonly monitorCode: number; readonly size: number; readonly code: number }): PackShape['bootloader'] {
  const manifestSize = 0x800;
  return {
    version: 5, size, manifestSize,
    monitorData: { offset: manifestSize, size: monitorData },
    monitorCode: { offset: manifestSize + monitorData, size: monitorCode },
    code: { offset: size - 0x1000, size: code },
  };
}

/** Turing's booters check themselves; where its bootloader's data has no parts. */
const AES = { signatures: 1, signatureSize: 16, pkcOffset: 0x200, metadata: { fuseVersion: 0, engineIdMask: 1, ucodeId: 0xd } };
const NOTHING = { offset: 0, size: 0 } as const;
const TURING_BOOTLOADER: PackShape['bootloader'] = { version: 4, size: 0x1000, code: { offset: 0, size: 0x488 }, manifestSize: 0, monitorData: NOTHING, monitorCode: NOTHING };
const TURING_FAMILIES = ['ga100', 'tu11x', 'tu10x'];
/** GA100's booters check themselves as Turing's do, with signatures as long as those of later chips. */
const GA100_SIGNED = { signatures: 1, signatureSize: 384, pkcOffset: 0x200, metadata: { fuseVersion: 0, engineIdMask: 1, ucodeId: 3 } };

/** Chips with an FSP: their bootloader's data is manifest, monitor's data and code and nothing else. */
const FAMILIES_570 = ['gb20x', 'cc_gb10x', 'gb10x', 'cc_gh100', 'gh100', 'ad10x', 'ga10x'];
const RSA_FMC = { publicKeySize: 384, signatureSize: 384 } as const;
const ECC_FMC = { publicKeySize: 97, signatureSize: 96 } as const;
const fspBootloader = (size: number, monitorData: number, monitorCode: number): PackShape['bootloader'] => ({
  version: 5, size, manifestSize: 0xa00, monitorData: { offset: 0xa00, size: monitorData }, monitorCode: { offset: 0xa00 + monitorData, size: monitorCode }, code: NOTHING,
});

/** 570.144: measured on linux-firmware's files. */
const SHAPES_570: Readonly<Record<string, PackShape>> = {
  tu102: {
    signatures: TURING_FAMILIES,
    booter: { ...AES, load: { appSize: 0x8400, osDataSize: 0x6200 }, unload: { appSize: 0x4b00, osDataSize: 0x4d00 } },
    bootloader: TURING_BOOTLOADER,
    falconBootloader: 'gen_bootloader',
  },
  tu116: {
    signatures: TURING_FAMILIES,
    booter: { ...AES, load: { appSize: 0x8300, osDataSize: 0x6200 }, unload: { appSize: 0x4a00, osDataSize: 0x4d00 } },
    bootloader: TURING_BOOTLOADER,
    falconBootloader: 'gen_bootloader',
  },
  ga100: {
    signatures: TURING_FAMILIES,
    booter: { ...GA100_SIGNED, load: { appSize: 0x8600, osDataSize: 0x6400 }, unload: { appSize: 0x4c00, osDataSize: 0x4f00 } },
    bootloader: TURING_BOOTLOADER,
    falconBootloader: 'gen_bootloader',
  },
  ad102: {
    signatures: FAMILIES_570,
    booter: { ...RSA3K, load: { appSize: 0x7d00, osDataSize: 0x6000 }, unload: { appSize: 0x4f00, osDataSize: 0x4e00, tailSize: 0x100 } },
    bootloader: bootloader({ monitorData: 0x4000, monitorCode: 0x2900, size: 0x9000, code: 0x880 }),
  },
  ga102: {
    signatures: FAMILIES_570,
    booter: { ...RSA3K, load: { appSize: 0x8900, osDataSize: 0x6200 }, unload: { appSize: 0x4f00, osDataSize: 0x4d00 } },
    bootloader: bootloader({ monitorData: 0x1000, monitorCode: 0x2900, size: 0x6000, code: 0x880 }),
  },
  gh100: { signatures: FAMILIES_570, bootloader: fspBootloader(0x29000, 0xa700, 0x1d500), fmc: { ...RSA_FMC, imageSize: 0x28648 } },
  gb100: { signatures: FAMILIES_570, bootloader: fspBootloader(0x31000, 0xa700, 0x25200), fmc: { ...ECC_FMC, imageSize: 0x30348 } },
  gb202: { signatures: FAMILIES_570, bootloader: fspBootloader(0x31000, 0xa800, 0x25800), fmc: { ...ECC_FMC, imageSize: 0x30a48 } },
};

/** 535.113.01: measured on linux-firmware's files. */
const SHAPES_535: Readonly<Record<string, PackShape>> = {
  tu102: {
    signatures: TURING_FAMILIES,
    booter: { ...AES, load: { appSize: 0x7f00, osDataSize: 0x6200 }, unload: { appSize: 0x4600, osDataSize: 0x4d00 } },
    bootloader: TURING_BOOTLOADER,
    falconBootloader: 'acr/bl.bin',
  },
  tu116: {
    signatures: TURING_FAMILIES,
    booter: { ...AES, load: { appSize: 0x7f00, osDataSize: 0x6200 }, unload: { appSize: 0x4600, osDataSize: 0x4d00 } },
    bootloader: TURING_BOOTLOADER,
    falconBootloader: 'acr/bl.bin',
  },
  ga100: {
    signatures: TURING_FAMILIES,
    booter: { ...GA100_SIGNED, load: { appSize: 0x8000, osDataSize: 0x6400 }, unload: { appSize: 0x4600, osDataSize: 0x4f00 } },
    bootloader: TURING_BOOTLOADER,
    falconBootloader: 'acr/bl.bin',
  },
  ad102: {
    signatures: ['cc_gh100', 'gh100', 'ad10x', 'ga10x'],
    booter: { ...RSA3K, load: { appSize: 0x7600, osDataSize: 0x6000 }, unload: { appSize: 0x4800, osDataSize: 0x4e00, tailSize: 0x100 } },
    bootloader: bootloader({ monitorData: 0x4000, monitorCode: 0x2500, size: 0x8000, code: 0x458 }),
  },
  ga102: {
    signatures: ['cc_gh100', 'gh100', 'ad10x', 'ga10x'],
    booter: { ...RSA3K, load: { appSize: 0x8300, osDataSize: 0x6200 }, unload: { appSize: 0x4900, osDataSize: 0x4d00 } },
    bootloader: bootloader({ monitorData: 0x1000, monitorCode: 0x2500, size: 0x5000, code: 0x458 }),
  },
};

/**
 * 580.105.08 is not in linux-firmware. Booters and bootloader: measured on the archives in open-gpu-kernel-modules
 * 580.105.08 (src/nvidia/generated/g_bindata_kgspGetBinArchive*.c), which have the sizes of 570.144's; that so have GSP-FMCs and their
 * bootloaders is assumed. Families: those
 * that this release asks for (kernel-open/common/inc/nv-firmware.h); that the file has all of them, in this order, and Turing's the old ones, is
 * assumed.
 */
const FAMILIES_580 = ['gb20y', 'gb20x', 'gb10y', 'cc_gb10x', 'gb10x', 'cc_gh100', 'gh100', 'ad10x', 'ga10x'];
const SHAPES_580 = Object.fromEntries(Object.entries(SHAPES_570).map(([chip, shape]) =>
  [chip, shape.signatures === TURING_FAMILIES ? shape : { ...shape, signatures: FAMILIES_580 }]));

/** By release, then by the chip whose files linux-firmware keeps. */
export const SHAPES: Readonly<Record<string, Readonly<Record<string, PackShape>>>> = {
  '535.113.01': SHAPES_535, '570.144': SHAPES_570, '580.105.08': SHAPES_580,
};
