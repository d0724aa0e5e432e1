import { register, type Register } from '../register.ts';

/**
 * XVE: what the window on configuration space shows beyond the standard header and capabilities, Turing to Ada.
 * Addresses count from the start of that window, which the chip's family knows.
 */
const xve = { space: 'mirror', source: 'open-gpu-kernel-modules 570.144: turing/tu102/dev_nv_xve.h' } as const;
const nouveau = { space: 'mirror', source: 'linux: drivers/gpu/drm/nouveau/nvkm/subdev/pci/' } as const;

const romShadow = { enabled: [0, 0] } as const;
export const NV_XVE_ROM_CTRL: Register<typeof romShadow, 'mirror'> = register('NV_XVE_ROM_CTRL', 0x050, romShadow, {
  ...nouveau, doc: 'Whether reads of the ROM are answered from a copy.',
});
const privMisc = { hideMsix: [29, 29] } as const;
export const NV_XVE_PRIV_MISC_1: Register<typeof privMisc, 'mirror'> = register('NV_XVE_PRIV_MISC_1', 0x41c, privMisc, {
  ...xve, doc: 'Hides capabilities.',
});
const rearm = { value: [31, 0] } as const;
export const NV_XVE_MSI_REARM: Register<typeof rearm, 'mirror'> = register('NV_XVE_MSI_REARM', 0x704, rearm, {
  ...nouveau, access: 'wo', doc: 'Lets the next message interrupt out.',
});
const reset = { reset: [0, 0] } as const;
export const NV_XVE_SW_RESET: Register<typeof reset, 'mirror'> = register('NV_XVE_SW_RESET', 0x718, reset, {
  ...xve, doc: 'Resets the whole chip.',
});
