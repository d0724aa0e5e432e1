import { register, registerArray, type Register, type RegisterArray } from '../register.ts';

/** Fuses: what was decided in the factory. */
const display = {
  /** 1 = the chip has no display. */
  disabled: [0, 0],
} as const;
export const NV_FUSE_STATUS_OPT_DISPLAY_TU102: Register<typeof display> = register('NV_FUSE_STATUS_OPT_DISPLAY_TU102', 0x021c04, display, {
  access: 'ro', doc: 'Whether display is fused off; Turing.', source: 'linux: drivers/gpu/nova-core/regs.rs',
});
export const NV_FUSE_STATUS_OPT_DISPLAY: Register<typeof display> = register('NV_FUSE_STATUS_OPT_DISPLAY', 0x820c04, display, {
  access: 'ro', doc: 'Whether display is fused off; GA100 to Ada.', source: 'linux: drivers/gpu/nova-core/regs.rs',
});

const copyEngines = { ce0: [0, 0], ce2: [2, 2] } as const;
export const NV_FUSE_STATUS_OPT_CE_TU102: Register<typeof copyEngines> = register('NV_FUSE_STATUS_OPT_CE_TU102', 0x021c00, copyEngines, {
  access: 'ro', doc: 'Copy engines that are fused off; Turing. Linux has no name for it.', source: 'linux: drivers/gpu/drm/nouveau/nvkm/subdev/devinit/gm107.c',
});

/** Ucode ids count from 1: id n is register n - 1. The position of the highest bit set, plus one, is the version. */
const version = { data: [15, 0] } as const;
const UCODES = { count: 16 } as const;
const source = 'linux: drivers/gpu/nova-core/regs.rs';
export const NV_FUSE_OPT_FPF_NVDEC_UCODE1_VERSION: RegisterArray<typeof version> = registerArray('NV_FUSE_OPT_FPF_NVDEC_UCODE1_VERSION', 0x824100, UCODES, version, {
  access: 'ro', doc: 'Least version of the signed ucode that NVDEC accepts, per ucode id.', source,
});
export const NV_FUSE_OPT_FPF_SEC2_UCODE1_VERSION: RegisterArray<typeof version> = registerArray('NV_FUSE_OPT_FPF_SEC2_UCODE1_VERSION', 0x824140, UCODES, version, {
  access: 'ro', doc: 'Least version of the signed ucode that SEC2 accepts, per ucode id.', source,
});
export const NV_FUSE_OPT_FPF_GSP_UCODE1_VERSION: RegisterArray<typeof version> = registerArray('NV_FUSE_OPT_FPF_GSP_UCODE1_VERSION', 0x8241c0, UCODES, version, {
  access: 'ro', doc: 'Least version of the signed ucode that the GSP accepts, per ucode id.', source,
});
