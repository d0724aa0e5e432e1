import { register, registerArray, type Register, type RegisterArray } from '../register.ts';

/** How a falcon reaches memory: transfers into IMEM and DMEM, and where they come from. */
const falcon = { space: 'falcon', source: 'open-gpu-kernel-modules 570.144: ampere/ga102/dev_falcon_v4.h, ampere/ga102/dev_fbif_v4.h' } as const;

const dmactl = { imemScrubbing: [2, 2], dmemScrubbing: [1, 1], requireContext: [0, 0] } as const;
export const NV_PFALCON_FALCON_DMACTL: Register<typeof dmactl, 'falcon'> = register('NV_PFALCON_FALCON_DMACTL', 0x10c, dmactl, {
  ...falcon, doc: 'Whether transfers need a context; whether the memories are being cleared.',
});

/** Source address = (BASE1 << 40 | BASE << 8) + FBOFFS. */
const base = { base: [31, 0] } as const;
const base1 = { base: [8, 0] } as const;
const falconOffset = { offset: [23, 0] } as const;
const sourceOffset = { offset: [31, 0] } as const;
export const NV_PFALCON_FALCON_DMATRFBASE: Register<typeof base, 'falcon'> = register('NV_PFALCON_FALCON_DMATRFBASE', 0x110, base, {
  ...falcon, doc: 'Source base, address bits 39:8.',
});
export const NV_PFALCON_FALCON_DMATRFBASE1: Register<typeof base1, 'falcon'> = register('NV_PFALCON_FALCON_DMATRFBASE1', 0x128, base1, {
  ...falcon, doc: 'Source base, address bits 48:40.',
});
export const NV_PFALCON_FALCON_DMATRFMOFFS: Register<typeof falconOffset, 'falcon'> = register('NV_PFALCON_FALCON_DMATRFMOFFS', 0x114, falconOffset, {
  ...falcon, doc: 'Offset in IMEM or DMEM; 15:0 on Turing.',
});
export const NV_PFALCON_FALCON_DMATRFFBOFFS: Register<typeof sourceOffset, 'falcon'> = register('NV_PFALCON_FALCON_DMATRFFBOFFS', 0x11c, sourceOffset, {
  ...falcon, doc: 'Offset from the source base; for IMEM the virtual address of the code as well.',
});
const command = {
  setTag: [16, 16],
  /** Which TRANSCFG says where the source is. */
  context: [14, 12],
  /** 4 << size bytes; 6 = 256. */
  size: [10, 8],
  /** 1 = from falcon to memory. */
  write: [5, 5],
  /** 1 = IMEM, 0 = DMEM. */
  imem: [4, 4],
  /** 1 = secure blocks of IMEM. */
  secure: [3, 2],
  idle: [1, 1],
  full: [0, 0],
} as const;
export const NV_PFALCON_FALCON_DMATRFCMD: Register<typeof command, 'falcon'> = register('NV_PFALCON_FALCON_DMATRFCMD', 0x118, command, {
  ...falcon, doc: 'Starts a transfer, and shows whether one is under way.',
});
/** `size` of a transfer of one block. */
export const DMATRFCMD_SIZE_256B = 6;

const transcfg = {
  /** 1 = physical addresses. */
  physical: [2, 2],
  /** 0 VRAM, 1 coherent, 2 non-coherent system memory. */
  target: [1, 0],
} as const;
export const NV_PFALCON_FBIF_TRANSCFG: RegisterArray<typeof transcfg, 'falcon'> = registerArray('NV_PFALCON_FBIF_TRANSCFG', 0x600, { count: 8 }, transcfg, {
  ...falcon, doc: 'Where transfers of one context go.',
});
const control = { allowPhysicalWithoutContext: [7, 7] } as const;
export const NV_PFALCON_FBIF_CTL: Register<typeof control, 'falcon'> = register('NV_PFALCON_FBIF_CTL', 0x624, control, {
  ...falcon, doc: 'Whether physical addresses need a context.',
});
