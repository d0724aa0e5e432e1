import type { Board } from './boards.ts';
import type { RegisterFile } from './register-file.ts';
import { FWSEC_UCODE_ID } from './vbios/rom.ts';

const MiB = 2 ** 20;

// linux: drivers/gpu/nova-core/regs.rs, drivers/gpu/drm/nouveau/nvkm/subdev/{fb,mc,gsp}/
export const COLD = {
  boot0: 0x000000, boot1: 0x000004, boot42: 0x000a00, swScratch: 0x001400, bar0Window: 0x001700, straps: 0x101000,
  gfwPrivLevel: 0x118128, gfwBoot: 0x118234, bsiScratch14: 0x1180f8, usableFbMiB: 0x1183a4,
  flushLow: 0x100c10, flushHigh: 0x100c40, localMemoryRange: 0x100ce0, wpr2Low: 0x1fa824, wpr2High: 0x1fa828,
  fuseNvdec: 0x824100, fuseSec2: 0x824140, fuseGsp: 0x8241c0, displayFuse: 0x820c04, displayFuseHigh: 0x820c00, vgaWorkspace: 0x625f04,
  bar1Block: 0xb80f40, bar2Block: 0xb80f48, bindStatus: 0xb80f50,
} as const;

/** Progress of the board's own boot firmware; 0xff is all of it. */
export const GFW_DONE = 0xff;

/** A fuse register holds one bit per version: version v reads as bit v-1. */
const fuse = (version: number): number => (version === 0 ? 0 : 2 ** (version - 1));

/**
 * Declares the registers that a chip comes up with after power-on, boot firmware finished.
 * Values: linux: drivers/gpu/nova-core/{regs,gpu}.rs; open-gpu-kernel-modules 570.144: src/common/inc/swref/published/.
 */
export function declareColdRegisters(registers: RegisterFile, board: Board): void {
  const fixed = (address: number, value: number): void => { registers.plain(address, value, { readOnly: true }); };
  // Chip id in bits 28:20, revision a1; the mirror in BOOT_42 has the revision in 19:12.
  fixed(COLD.boot0, board.chipId * 2 ** 20 + 0xa1);
  fixed(COLD.boot1, 0);
  fixed(COLD.boot42, board.chipId * 2 ** 20 + 0xa1000);
  fixed(COLD.straps, 0);
  fixed(COLD.gfwPrivLevel, 1);
  fixed(COLD.gfwBoot, GFW_DONE);
  fixed(COLD.usableFbMiB, board.vramSize / MiB);
  fixed(COLD.displayFuse, board.displayDisabled ? 1 : 0);
  fixed(COLD.displayFuseHigh, 0);
  fixed(COLD.vgaWorkspace, 0);
  registers.plain(COLD.bsiScratch14);
  for (let i = 0; i < 64; i++) registers.plain(COLD.swScratch + 4 * i);
  for (let i = 0; i < 16; i++) {
    fixed(COLD.fuseNvdec + 4 * i, 0);
    // The booter is ucode 3 of its engine, registers count from 1.
    fixed(COLD.fuseSec2 + 4 * i, i === 2 ? fuse(board.fuses.sec2Booter) : 0);
    fixed(COLD.fuseGsp + 4 * i, i === FWSEC_UCODE_ID - 1 ? fuse(board.fuses.gspFwsec) : 0);
  }
  registers.plain(COLD.flushLow);
  registers.plain(COLD.flushHigh);
  fixed(COLD.wpr2Low, 0);
  fixed(COLD.wpr2High, 0);
  registers.plain(COLD.bar0Window);
  registers.plain(COLD.bar1Block);
  registers.plain(COLD.bar2Block);
  fixed(COLD.bindStatus, 0);
}
