import { register, registerArray, type Register, type RegisterArray } from '../register.ts';

/** The second bank of a falcon engine, 0x1000 behind its base: boot ROM and RISC-V core. */
const second = { space: 'falcon', source: 'open-gpu-kernel-modules 570.144: ampere/ga102/dev_falcon_second_pri.h' } as const;
const riscv = { space: 'falcon', source: 'open-gpu-kernel-modules 570.144: ampere/ga102/dev_riscv_pri.h' } as const;
const value = { value: [31, 0] } as const;

const modSel = {
  /** 0 AES, 1 RSA with 3072 bits ({@link MOD_SEL_RSA3K}). */
  algorithm: [7, 0],
} as const;
export const NV_PFALCON2_FALCON_MOD_SEL: Register<typeof modSel, 'falcon'> = register('NV_PFALCON2_FALCON_MOD_SEL', 0x1180, modSel, {
  ...second, doc: 'How the boot ROM checks the signature.',
});
export const MOD_SEL_RSA3K = 1;
const ucode = { ucodeId: [7, 0] } as const;
export const NV_PFALCON2_FALCON_BROM_CURR_UCODE_ID: Register<typeof ucode, 'falcon'> = register('NV_PFALCON2_FALCON_BROM_CURR_UCODE_ID', 0x1198, ucode, {
  ...second, doc: 'Which of the ucodes of its engine this is; counts from 1.',
});
/** Bits of the engine mask. */
export const BROM_ENGINES = { sec2: 0x1, nvdec: 0x4, gsp: 0x400 } as const;
export const NV_PFALCON2_FALCON_BROM_ENGIDMASK: Register<typeof value, 'falcon'> = register('NV_PFALCON2_FALCON_BROM_ENGIDMASK', 0x119c, value, {
  ...second, doc: 'Engines that the ucode may run on.',
});
export const NV_PFALCON2_FALCON_BROM_PARAADDR: RegisterArray<typeof value, 'falcon'> = registerArray('NV_PFALCON2_FALCON_BROM_PARAADDR', 0x1210, { count: 2 }, value, {
  ...second, doc: 'DMEM offset of the signature block.',
});

const coreSwitch = { active: [0, 0] } as const;
export const NV_PRISCV_RISCV_CORE_SWITCH_RISCV_STATUS: Register<typeof coreSwitch, 'falcon'> = register('NV_PRISCV_RISCV_CORE_SWITCH_RISCV_STATUS', 0x1240, coreSwitch, {
  ...riscv, access: 'ro', doc: 'Whether the RISC-V core runs; Turing and GA100.', source: 'open-gpu-kernel-modules 570.144: turing/tu102/dev_riscv_pri.h',
});
const cpuctl = { active: [7, 7], halted: [4, 4] } as const;
export const NV_PRISCV_RISCV_CPUCTL: Register<typeof cpuctl, 'falcon'> = register('NV_PRISCV_RISCV_CPUCTL', 0x1388, cpuctl, {
  ...riscv, access: 'ro', doc: 'Whether the RISC-V core runs or has halted; GA102 and later.',
});
const irqmask = { swgen0: [6, 6], halt: [4, 4] } as const;
export const NV_PRISCV_RISCV_IRQMASK_TU102: Register<typeof irqmask, 'falcon'> = register('NV_PRISCV_RISCV_IRQMASK_TU102', 0x12b4, irqmask, {
  ...riscv, access: 'ro', doc: 'Interrupts that are enabled while the RISC-V core runs; Turing and GA100.', source: 'open-gpu-kernel-modules 570.144: turing/tu102/dev_riscv_pri.h',
});
export const NV_PRISCV_RISCV_IRQMASK: Register<typeof irqmask, 'falcon'> = register('NV_PRISCV_RISCV_IRQMASK', 0x1528, irqmask, {
  ...riscv, access: 'ro', doc: 'Interrupts that are enabled while the RISC-V core runs; GA102 and later.',
});
export const NV_PRISCV_RISCV_IRQDEST: Register<typeof irqmask, 'falcon'> = register('NV_PRISCV_RISCV_IRQDEST', 0x152c, irqmask, {
  ...riscv, doc: 'Whether an interrupt goes to the CPU or to the RISC-V core; GA102 and later.',
});
export const NV_PRISCV_RISCV_IRQDEST_TU102: Register<typeof irqmask, 'falcon'> = register('NV_PRISCV_RISCV_IRQDEST_TU102', 0x12b8, irqmask, {
  ...riscv, doc: 'Whether an interrupt goes to the CPU or to the RISC-V core; Turing and GA100.', source: 'open-gpu-kernel-modules 570.144: turing/tu102/dev_riscv_pri.h',
});
const bcr = {
  /** Fetch from memory. */
  brfetch: [8, 8],
  /** 0 falcon, 1 RISC-V. */
  coreSelect: [4, 4],
  valid: [0, 0],
} as const;
export const NV_PRISCV_RISCV_BCR_CTRL: Register<typeof bcr, 'falcon'> = register('NV_PRISCV_RISCV_BCR_CTRL', 0x1668, bcr, {
  ...riscv, doc: 'Which core the engine starts.',
});
