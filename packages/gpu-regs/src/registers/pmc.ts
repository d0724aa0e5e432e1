import { register, type Register } from '../register.ts';

/** PMC, master control: which chip this is. */
const boot0 = {
  architecture: [28, 24],
  implementation: [23, 20],
  /** Sixth bit of the architecture; 0 on all chips that have BOOT_42. */
  architectureHigh: [8, 8],
  major: [7, 4],
  minor: [3, 0],
} as const;
/** Example: 0x192000a1 on AD102 revision A1. */
export const NV_PMC_BOOT_0: Register<typeof boot0> = register('NV_PMC_BOOT_0', 0x000000, boot0, {
  access: 'ro', doc: 'Chip identification; the first register that a driver reads.', source: 'linux: drivers/gpu/nova-core/regs.rs',
});

const boot1 = {
  /** Nonzero in a virtual machine: 1 paravirtual, 2 SR-IOV. */
  guest: [17, 16],
  endianHigh: [24, 24],
  endianLow: [0, 0],
} as const;
export const NV_PMC_BOOT_1: Register<typeof boot1> = register('NV_PMC_BOOT_1', 0x000004, boot1, {
  access: 'ro', doc: 'Byte order, and whether this is the view of a guest.', source: 'linux: drivers/gpu/drm/nouveau/nvkm/engine/device/base.c',
});

const boot42 = { architecture: [29, 24], implementation: [23, 20], major: [19, 16], minor: [15, 12] } as const;
/** Example: 0x192a1000 on AD102 revision A1. */
export const NV_PMC_BOOT_42: Register<typeof boot42> = register('NV_PMC_BOOT_42', 0x000a00, boot42, {
  access: 'ro', doc: 'Chip identification with a wider architecture number; Fermi and later.', source: 'linux: drivers/gpu/nova-core/regs.rs',
});

const straps = { crystalHigh: [22, 22], crystalLow: [6, 6] } as const;
export const NV_PEXTDEV_BOOT_0: Register<typeof straps> = register('NV_PEXTDEV_BOOT_0', 0x101000, straps, {
  access: 'ro', doc: 'Straps of the board.', source: 'linux: drivers/gpu/drm/nouveau/nvkm/engine/device/base.c',
});
