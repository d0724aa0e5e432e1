import { register, type Register } from '../register.ts';

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
