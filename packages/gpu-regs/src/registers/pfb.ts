import { register, type Register } from '../register.ts';

/** PFB, the framebuffer interface: size, protected regions, and the page behind which system memory writes are flushed. */
const source = 'linux: drivers/gpu/nova-core/regs.rs, drivers/gpu/nova-core/fb/regs.rs';

const range = {
  /** 15/16 of the memory are usable. */
  ecc: [30, 30],
  magnitude: [9, 4],
  scale: [3, 0],
} as const;
export const NV_PFB_PRI_MMU_LOCAL_MEMORY_RANGE: Register<typeof range> = register('NV_PFB_PRI_MMU_LOCAL_MEMORY_RANGE', 0x100ce0, range, {
  access: 'ro', doc: 'VRAM is (magnitude << scale) MiB; Turing and GA100.', source,
});

/** Write-protected region 2 is [LO, HI) in units of {@link WPR2_UNIT}; it is not set while HI is 0. */
const wpr2 = { value: [31, 4] } as const;
/** Bytes per step of the WPR2 registers. */
export const WPR2_UNIT = 0x1000;
export const NV_PFB_PRI_MMU_WPR2_ADDR_LO: Register<typeof wpr2> = register('NV_PFB_PRI_MMU_WPR2_ADDR_LO', 0x1fa824, wpr2, {
  access: 'ro', doc: 'Start of write-protected region 2.', source: 'open-gpu-kernel-modules 570.144: turing/tu102/dev_fb.h',
});
export const NV_PFB_PRI_MMU_WPR2_ADDR_HI: Register<typeof wpr2> = register('NV_PFB_PRI_MMU_WPR2_ADDR_HI', 0x1fa828, wpr2, {
  access: 'ro', doc: 'End of write-protected region 2; 0 = not set.', source: 'open-gpu-kernel-modules 570.144: turing/tu102/dev_fb.h',
});

const lockConfig = { enabled: [0, 0] } as const;
const lock = { value: [31, 4] } as const;
const lockSource = 'linux: drivers/gpu/drm/nouveau/nvkm/subdev/gsp/tu102.c';
export const NV_PFB_PRI_MMU_LOCK_CFG_PRIV_LEVEL_MASK: Register<typeof lockConfig> = register('NV_PFB_PRI_MMU_LOCK_CFG_PRIV_LEVEL_MASK', 0x1fa7c8, lockConfig, {
  access: 'ro', doc: 'Whether the top of VRAM is locked away; GA100.', source: lockSource,
});
export const NV_PFB_PRI_MMU_LOCK_ADDR_LO: Register<typeof lock> = register('NV_PFB_PRI_MMU_LOCK_ADDR_LO', 0x1fa82c, lock, {
  access: 'ro', doc: 'Start of the locked region in units of 4 KiB; GA100.', source: lockSource,
});
export const NV_PFB_PRI_MMU_LOCK_ADDR_HI: Register<typeof lock> = register('NV_PFB_PRI_MMU_LOCK_ADDR_HI', 0x1fa830, lock, {
  access: 'ro', doc: 'End of the locked region in units of 4 KiB; GA100.', source: lockSource,
});

// Address of the flush page; which registers a chip has, and how the address is split, says its family.
const address = { address: [31, 0] } as const;
const nisoHigh = { address: [23, 0] } as const;
const high20 = { address: [19, 0] } as const;
export const NV_PFB_NISO_FLUSH_SYSMEM_ADDR: Register<typeof address> = register('NV_PFB_NISO_FLUSH_SYSMEM_ADDR', 0x100c10, address, {
  doc: 'Flush page, address bits 39:8; Turing to Ada.', source,
});
export const NV_PFB_NISO_FLUSH_SYSMEM_ADDR_HI: Register<typeof nisoHigh> = register('NV_PFB_NISO_FLUSH_SYSMEM_ADDR_HI', 0x100c40, nisoHigh, {
  doc: 'Flush page, address bits 63:40; GA100 to Ada.', source,
});
export const NV_PFB_FBHUB_PCIE_FLUSH_SYSMEM_ADDR_LO: Register<typeof address> = register('NV_PFB_FBHUB_PCIE_FLUSH_SYSMEM_ADDR_LO', 0x100a34, address, {
  doc: 'Flush page, address bits 31:0; Hopper.', source,
});
export const NV_PFB_FBHUB_PCIE_FLUSH_SYSMEM_ADDR_HI: Register<typeof high20> = register('NV_PFB_FBHUB_PCIE_FLUSH_SYSMEM_ADDR_HI', 0x100a38, high20, {
  doc: 'Flush page, address bits 51:32; Hopper.', source,
});
export const NV_PFB_HSHUB_PCIE_FLUSH_SYSMEM_ADDR_LO: Register<typeof address> = register('NV_PFB_HSHUB_PCIE_FLUSH_SYSMEM_ADDR_LO', 0x870e50, address, {
  doc: 'Flush page, address bits 31:0; GB10x.', source,
});
export const NV_PFB_HSHUB_PCIE_FLUSH_SYSMEM_ADDR_HI: Register<typeof high20> = register('NV_PFB_HSHUB_PCIE_FLUSH_SYSMEM_ADDR_HI', 0x870e54, high20, {
  doc: 'Flush page, address bits 51:32; GB10x.', source,
});
export const NV_PFB_HSHUB_EG_PCIE_FLUSH_SYSMEM_ADDR_LO: Register<typeof address> = register('NV_PFB_HSHUB_EG_PCIE_FLUSH_SYSMEM_ADDR_LO', 0x8706c0, address, {
  doc: 'Flush page of the second hub, address bits 31:0; GB10x.', source,
});
export const NV_PFB_HSHUB_EG_PCIE_FLUSH_SYSMEM_ADDR_HI: Register<typeof high20> = register('NV_PFB_HSHUB_EG_PCIE_FLUSH_SYSMEM_ADDR_HI', 0x8706c4, high20, {
  doc: 'Flush page of the second hub, address bits 51:32; GB10x.', source,
});
export const NV_PFB_FBHUB0_PCIE_FLUSH_SYSMEM_ADDR_LO: Register<typeof address> = register('NV_PFB_FBHUB0_PCIE_FLUSH_SYSMEM_ADDR_LO', 0x8a1d58, address, {
  doc: 'Flush page, address bits 31:0; GB20x.', source,
});
export const NV_PFB_FBHUB0_PCIE_FLUSH_SYSMEM_ADDR_HI: Register<typeof high20> = register('NV_PFB_FBHUB0_PCIE_FLUSH_SYSMEM_ADDR_HI', 0x8a1d5c, high20, {
  doc: 'Flush page, address bits 51:32; GB20x.', source,
});
