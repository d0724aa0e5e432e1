import { register, registerArray, type Register, type RegisterArray } from '../register.ts';

/** PDISP: what boot code and drivers need of display before there is any. */
const workspace = {
  /** Address in units of 64 KiB. */
  address: [31, 8],
  valid: [3, 3],
  /** 1 = in VRAM. */
  target: [1, 0],
} as const;
export const NV_PDISP_VGA_WORKSPACE_BASE: Register<typeof workspace> = register('NV_PDISP_VGA_WORKSPACE_BASE', 0x625f04, workspace, {
  access: 'ro', doc: 'Where the VGA workspace lies; without `valid` it is the last MiB of VRAM.', source: 'linux: drivers/gpu/nova-core/regs.rs',
});

const crtc = { data: [15, 8], index: [7, 0] } as const;
export const NV_PDISP_VGA_CRTC: Register<typeof crtc> = register('NV_PDISP_VGA_CRTC', 0x6013d4, crtc, {
  doc: 'Index and data port of the VGA CRTC, byte accesses.', source: 'linux: drivers/gpu/drm/nouveau/nvkm/engine/disp/vga.c',
});

/** What there is of the display, in a page that drivers map as an object. */
export const NV_PDISP_FE_SW = { start: 0x640000, size: 0x1000 } as const;
const capabilities = { sors: [15, 8], heads: [7, 0] } as const;
const windows = { windows: [31, 0] } as const;
const sor = { dpInterlace: [26, 26], dpB: [25, 25], dpA: [24, 24], dualTmds: [11, 11], singleTmdsB: [9, 9], singleTmdsA: [8, 8] } as const;
const clc373 = 'open-gpu-kernel-modules 570.144: class/clc373.h, disp/v03_00/dev_disp.h';
export const NV_PDISP_FE_SW_SYS_CAP: Register<typeof capabilities> = register('NV_PDISP_FE_SW_SYS_CAP', 0x640000, capabilities, {
  access: 'ro', doc: 'Heads and output resources that there are, a bit each.', source: clc373,
});
export const NV_PDISP_FE_SW_SYS_CAPB: Register<typeof windows> = register('NV_PDISP_FE_SW_SYS_CAPB', 0x640004, windows, {
  access: 'ro', doc: 'Windows that there are, a bit each.', source: clc373,
});
export const NV_PDISP_FE_SW_SOR_CAP: RegisterArray<typeof sor> = registerArray('NV_PDISP_FE_SW_SOR_CAP', 0x640144, { count: 8, stride: 8 }, sor, {
  access: 'ro', doc: 'What an output resource can do.', source: clc373,
});
