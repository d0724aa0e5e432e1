import {
  at, CHIPS, GFW_BOOT_COMPLETED, make, NV_CE_GRCE_MASK, NV_FUSE_STATUS_OPT_CE_TU102, NV_FUSE_OPT_FPF_GSP_UCODE1_VERSION, NV_FUSE_OPT_FPF_NVDEC_UCODE1_VERSION,
  NV_FUSE_OPT_FPF_SEC2_UCODE1_VERSION, NV_PBUS_BAR1_BLOCK, NV_PBUS_BAR2_BLOCK, NV_PBUS_BIND_STATUS, NV_PBUS_SW_SCRATCH, NV_PDISP_VGA_CRTC,
  NV_PDISP_VGA_WORKSPACE_BASE, NV_PEXTDEV_BOOT_0, NV_PFB_PRI_MMU_LOCAL_MEMORY_RANGE, NV_PFB_PRI_MMU_LOCK_ADDR_HI, NV_PFB_PRI_MMU_LOCK_ADDR_LO, NV_PFB_PRI_MMU_LOCK_CFG_PRIV_LEVEL_MASK, NV_PFB_PRI_MMU_WPR2_ADDR_HI, NV_PFB_PRI_MMU_WPR2_ADDR_LO, NV_PGC6_AON_SECURE_SCRATCH_GROUP_05_0_GFW_BOOT as GFW_BOOT,
  NV_PGC6_AON_SECURE_SCRATCH_GROUP_05_PRIV_LEVEL_MASK, NV_PGC6_BSI_SECURE_SCRATCH_14, NV_PMC_BOOT_0, NV_PMC_BOOT_1, NV_PMC_BOOT_42, NV_UFLUSH_FB_FLUSH,
  NV_USABLE_FB_SIZE_IN_MB, NV_VIRTUAL_FUNCTION_PRIV_BIND_STATUS,
  NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_PDB, NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_UPPER_PDB,
  NV_XVE_PRIV_MISC_1, NV_XVE_ROM_CTRL, FWSEC_UCODE_ID, set,
} from '@nova-stack/gpu-regs';

import type { Board } from './boards.ts';
import type { RegisterFile } from './register-file.ts';
import { localMemoryRange } from './vram-size.ts';

const MiB = 2 ** 20;
/** Revision A1, as both BOOT registers say it. */
const REVISION = { major: 0xa, minor: 0x1 } as const;
/** Ucode id of booter among the ucodes of SEC2. */
const BOOTER_UCODE_ID = 3;
/** What boot firmware has reached when it got stuck half-way. */
export const GFW_BOOT_STUCK = 0x0f;

/** A fuse register holds one bit per version: version v reads as bit v - 1. */
const fuse = (version: number): number => (version === 0 ? 0 : 2 ** (version - 1));

/**
 * Declares the registers that do nothing but hold a value, as they stand after power-on with boot firmware finished.
 * Values: linux: drivers/gpu/nova-core/{regs,gpu}.rs, drivers/gpu/drm/nouveau/nvkm/.
 */
export function declareColdRegisters(registers: RegisterFile, board: Board, bootStuck: () => boolean): void {
  const { family, id } = CHIPS[board.chip];
  // The chip's id stands in bits 28:20 of both BOOT registers.
  registers.plain(NV_PMC_BOOT_0, set(NV_PMC_BOOT_0, id * MiB, REVISION));
  registers.plain(NV_PMC_BOOT_42, set(NV_PMC_BOOT_42, id * MiB, REVISION));
  registers.plain(NV_PMC_BOOT_1);
  registers.plain(NV_PEXTDEV_BOOT_0);

  // Boot firmware is through.
  const progress = (): number => (bootStuck() ? GFW_BOOT_STUCK : GFW_BOOT_COMPLETED);
  if (family.bootProgress === 'gfw') {
    registers.plain(NV_PGC6_AON_SECURE_SCRATCH_GROUP_05_PRIV_LEVEL_MASK, 1);
    registers.handle(GFW_BOOT, { read: progress });
  } else registers.handle(family.bootProgress, { read: progress });
  registers.plain(NV_PGC6_BSI_SECURE_SCRATCH_14);
  for (let i = 0; i < NV_PBUS_SW_SCRATCH.count; i++) registers.plain(at(NV_PBUS_SW_SCRATCH, i));

  // Fuses
  if (family.displayFuse) registers.plain(family.displayFuse, make(family.displayFuse, { disabled: board.displayDisabled ? 1 : 0 }));
  if (family.architecture === 'turing') registers.plain(NV_FUSE_STATUS_OPT_CE_TU102);
  // Turing has none for versions of ucode. open-gpu-kernel-modules 570.144: ampere/ga100/dev_fuse.h
  for (let i = 0; family.architecture !== 'turing' && i < 16; i++) {
    registers.plain(at(NV_FUSE_OPT_FPF_NVDEC_UCODE1_VERSION, i));
    registers.plain(at(NV_FUSE_OPT_FPF_SEC2_UCODE1_VERSION, i), i + 1 === BOOTER_UCODE_ID ? fuse(board.fuses.sec2Booter) : 0);
    registers.plain(at(NV_FUSE_OPT_FPF_GSP_UCODE1_VERSION, i), i + 1 === FWSEC_UCODE_ID ? fuse(board.fuses.gspFwsec) : 0);
  }

  if (family.graphicsCopies !== undefined) registers.plain(NV_CE_GRCE_MASK, family.graphicsCopies);

  // Memory
  if (family.vramSize === 'usable-fb-size') registers.plain(NV_USABLE_FB_SIZE_IN_MB, board.vramSize / MiB);
  else registers.plain(NV_PFB_PRI_MMU_LOCAL_MEMORY_RANGE, localMemoryRange(board.vramSize / MiB));
  registers.plain(NV_PFB_PRI_MMU_WPR2_ADDR_LO);
  registers.plain(NV_PFB_PRI_MMU_WPR2_ADDR_HI);
  if (family.name === 'ga100') {
    // Readable, and nothing is locked.
    registers.plain(NV_PFB_PRI_MMU_LOCK_CFG_PRIV_LEVEL_MASK, 1);
    registers.plain(NV_PFB_PRI_MMU_LOCK_ADDR_LO);
    registers.plain(NV_PFB_PRI_MMU_LOCK_ADDR_HI);
  }
  for (const { register } of family.flushPage) registers.plain(register);
  // Not valid: the workspace is where everybody expects it, in the last MiB.
  registers.plain(NV_PDISP_VGA_WORKSPACE_BASE);
  registers.plain(NV_PDISP_VGA_CRTC);
  registers.plain(family.praminWindow);

  for (const { low, high } of family.barBlocks) {
    registers.plain(low);
    if (high) registers.plain(high);
  }
  // The older names of both are the same registers, on chips that still have them.
  for (const [bar, alias] of [NV_PBUS_BAR1_BLOCK, NV_PBUS_BAR2_BLOCK].entries()) {
    const { low, high } = family.barBlocks[bar]!;
    if (high === undefined) registers.handle(alias, { read: () => registers.get(low), write: (value) => { registers.set(low, value); } });
  }
  registers.plain(NV_VIRTUAL_FUNCTION_PRIV_BIND_STATUS);
  registers.plain(NV_PBUS_BIND_STATUS);
  // What is done at once never shows as pending.
  registers.plain(NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_PDB);
  registers.plain(NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_UPPER_PDB);
  registers.handle(NV_UFLUSH_FB_FLUSH, {});

  if (family.bootChain === 'fsp') return;
  // Vendor registers of configuration space; the window around them shows the rest.
  registers.plain({ address: family.configMirror.start + NV_XVE_ROM_CTRL.address }, make(NV_XVE_ROM_CTRL, { enabled: 1 }));
  registers.plain({ address: family.configMirror.start + NV_XVE_PRIV_MISC_1.address });
}
