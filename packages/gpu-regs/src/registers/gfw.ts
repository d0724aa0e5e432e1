import { register, type Register } from '../register.ts';

/** Scratch registers through which the board's own boot firmware reports. */
const mask = {
  /** 1 = the CPU may read GROUP_05. */
  readAllowed: [0, 0],
} as const;
export const NV_PGC6_AON_SECURE_SCRATCH_GROUP_05_PRIV_LEVEL_MASK: Register<typeof mask> = register('NV_PGC6_AON_SECURE_SCRATCH_GROUP_05_PRIV_LEVEL_MASK', 0x118128, mask, {
  access: 'ro', doc: 'Who may read the progress of boot firmware.', source: 'open-gpu-kernel-modules 570.144: ampere/ga102/dev_gc6_island.h',
});

const progress = {
  /** {@link GFW_BOOT_COMPLETED} at the end. */
  progress: [7, 0],
} as const;
export const NV_PGC6_AON_SECURE_SCRATCH_GROUP_05_0_GFW_BOOT: Register<typeof progress> = register('NV_PGC6_AON_SECURE_SCRATCH_GROUP_05_0_GFW_BOOT', 0x118234, progress, {
  access: 'ro', doc: 'Progress of boot firmware.', source: 'open-gpu-kernel-modules 570.144: ampere/ga102/dev_gc6_island_addendum.h',
});
/** Value of `progress` when boot firmware is through. */
export const GFW_BOOT_COMPLETED = 0xff;

const handoff = { bootStage3Handoff: [26, 26] } as const;
export const NV_PGC6_BSI_SECURE_SCRATCH_14: Register<typeof handoff> = register('NV_PGC6_BSI_SECURE_SCRATCH_14', 0x1180f8, handoff, {
  doc: 'Set when SEC2 has resumed the GSP.', source: 'open-gpu-kernel-modules 570.144: ampere/ga102/dev_gc6_island_addendum.h',
});

const size = { value: [31, 0] } as const;
export const NV_USABLE_FB_SIZE_IN_MB: Register<typeof size> = register('NV_USABLE_FB_SIZE_IN_MB', 0x1183a4, size, {
  access: 'ro', doc: 'VRAM in MiB; GA102 and later.', source: 'open-gpu-kernel-modules 570.144: ampere/ga102/dev_gc6_island_addendum.h',
});

const fsp = { status: [31, 0] } as const;
export const NV_THERM_I2CS_SCRATCH_GH100: Register<typeof fsp> = register('NV_THERM_I2CS_SCRATCH_GH100', 0x0200bc, fsp, {
  access: 'ro', doc: 'Progress of the FSP, 0xff = through; Hopper and GB10x.', source: 'linux: drivers/gpu/nova-core/regs.rs',
});
export const NV_THERM_I2CS_SCRATCH_GB202: Register<typeof fsp> = register('NV_THERM_I2CS_SCRATCH_GB202', 0xad00bc, fsp, {
  access: 'ro', doc: 'Progress of the FSP, 0xff = through; GB20x.', source: 'linux: drivers/gpu/nova-core/regs.rs',
});
