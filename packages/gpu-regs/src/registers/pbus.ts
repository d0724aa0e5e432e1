import { register, registerArray, type Register, type RegisterArray } from '../register.ts';

/** PBUS: scratch registers, and windows of before the virtual function registers. */
const value = { value: [31, 0] } as const;
export const NV_PBUS_SW_SCRATCH: RegisterArray<typeof value> = registerArray('NV_PBUS_SW_SCRATCH', 0x001400, { count: 64 }, value, {
  doc: 'Scratch registers that boot code leaves its results in.', source: 'open-gpu-kernel-modules 570.144: turing/tu102/dev_bus.h',
});

const frts = { frtsError: [31, 16] } as const;
export const NV_PBUS_SW_SCRATCH_0E_FRTS_ERR: Register<typeof frts> = register('NV_PBUS_SW_SCRATCH_0E_FRTS_ERR', 0x001438, frts, {
  doc: 'SW_SCRATCH(0xe): error of FWSEC-FRTS, 0 = none.', source: 'linux: drivers/gpu/nova-core/regs.rs',
});

const sb = { sbError: [15, 0] } as const;
export const NV_PBUS_SW_SCRATCH_15_SB_ERR: Register<typeof sb> = register('NV_PBUS_SW_SCRATCH_15_SB_ERR', 0x001454, sb, {
  doc: 'SW_SCRATCH(0x15): error of FWSEC-SB, 0 = none.', source: 'linux: drivers/gpu/drm/nouveau/nvkm/subdev/gsp/fwsec.c',
});

const window = {
  /** 0 VRAM, 2 coherent, 3 non-coherent system memory. */
  target: [25, 24],
  /** Address in units of 64 KiB. */
  base: [23, 0],
} as const;
export const NV_PBUS_BAR0_WINDOW: Register<typeof window> = register('NV_PBUS_BAR0_WINDOW', 0x001700, window, {
  doc: 'Which MiB of memory PRAMIN shows; before Hopper.', source: 'linux: drivers/gpu/drm/nouveau/nvkm/subdev/instmem/nv50.c',
});

const block = {
  /** 0 physical, 1 virtual. */
  mode: [31, 31],
  /** Of the instance block: 0 VRAM, 2 coherent, 3 non-coherent system memory. */
  target: [29, 28],
  /** Address of the instance block in units of 4 KiB. */
  pointer: [27, 0],
} as const;
export const NV_PBUS_BAR1_BLOCK: Register<typeof block> = register('NV_PBUS_BAR1_BLOCK', 0x001704, block, {
  doc: 'Address space of BAR1, as it was before Turing; still decoded.', source: 'open-gpu-kernel-modules 570.144: turing/tu102/dev_bus.h',
});
export const NV_PBUS_BAR2_BLOCK: Register<typeof block> = register('NV_PBUS_BAR2_BLOCK', 0x001714, block, {
  doc: 'Address space of BAR2, as it was before Turing; still decoded.', source: 'open-gpu-kernel-modules 570.144: turing/tu102/dev_bus.h',
});

const status = { bar2Outstanding: [3, 3], bar2Pending: [2, 2], bar1Outstanding: [1, 1], bar1Pending: [0, 0] } as const;
export const NV_PBUS_BIND_STATUS: Register<typeof status> = register('NV_PBUS_BIND_STATUS', 0x001710, status, {
  access: 'ro', doc: 'Progress of writes to BAR1_BLOCK and BAR2_BLOCK; 0 = done.', source: 'open-gpu-kernel-modules 570.144: turing/tu102/dev_bus.h',
});

const flush = { outstanding: [1, 1], pending: [0, 0] } as const;
export const NV_UFLUSH_FB_FLUSH: Register<typeof flush> = register('NV_UFLUSH_FB_FLUSH', 0x070000, flush, {
  doc: 'Writing 1 flushes writes through the BARs to VRAM; bit 1 is clear when that is done.', source: 'open-gpu-kernel-modules 570.144: maxwell/gm107/dev_flush.h',
});
