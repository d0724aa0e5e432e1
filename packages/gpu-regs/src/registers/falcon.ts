import { register, registerArray, type Register, type RegisterArray } from '../register.ts';

/**
 * A falcon microcontroller. Addresses count from the base of its engine.
 * Second bank and RISC-V core: `falcon2.ts`; transfers: `falcon-dma.ts`.
 */
export const FALCONS = { gsp: 0x110000, sec2: 0x840000, fsp: 0x8f2000 } as const;
export type FalconName = keyof typeof FALCONS;

/** Bytes of a block of IMEM or DMEM: what tags, sizes and transfers count in. */
export const FALCON_BLOCK = 0x100;

const falcon = { space: 'falcon', source: 'open-gpu-kernel-modules 570.144: ampere/ga102/dev_falcon_v4.h; linux: drivers/gpu/nova-core/regs.rs' } as const;
const value = { value: [31, 0] } as const;

/** Interrupt sources of a falcon: SWGEN0 is how firmware calls the CPU. */
const interrupts = { swgen0: [6, 6], halt: [4, 4] } as const;
export const NV_PFALCON_FALCON_IRQSSET: Register<typeof interrupts, 'falcon'> = register('NV_PFALCON_FALCON_IRQSSET', 0x000, interrupts, {
  ...falcon, access: 'w1s', doc: 'Raises interrupts.',
});
export const NV_PFALCON_FALCON_IRQSCLR: Register<typeof interrupts, 'falcon'> = register('NV_PFALCON_FALCON_IRQSCLR', 0x004, interrupts, {
  ...falcon, access: 'w1c', doc: 'Clears interrupts.',
});
export const NV_PFALCON_FALCON_IRQSTAT: Register<typeof interrupts, 'falcon'> = register('NV_PFALCON_FALCON_IRQSTAT', 0x008, interrupts, {
  ...falcon, access: 'ro', doc: 'Interrupts that are pending.',
});
export const NV_PFALCON_FALCON_IRQMSET: Register<typeof interrupts, 'falcon'> = register('NV_PFALCON_FALCON_IRQMSET', 0x010, interrupts, {
  ...falcon, access: 'w1s', doc: 'Enables interrupts.',
});
export const NV_PFALCON_FALCON_IRQMCLR: Register<typeof interrupts, 'falcon'> = register('NV_PFALCON_FALCON_IRQMCLR', 0x014, interrupts, {
  ...falcon, access: 'w1c', doc: 'Disables interrupts.',
});
export const NV_PFALCON_FALCON_IRQMASK: Register<typeof interrupts, 'falcon'> = register('NV_PFALCON_FALCON_IRQMASK', 0x018, interrupts, {
  ...falcon, access: 'ro', doc: 'Interrupts that are enabled.',
});
export const NV_PFALCON_FALCON_IRQDEST: Register<typeof interrupts, 'falcon'> = register('NV_PFALCON_FALCON_IRQDEST', 0x01c, interrupts, {
  ...falcon, doc: 'Whether an interrupt goes to the CPU or to the falcon.',
});
const trigger = { trigger: [0, 0] } as const;
export const NV_PFALCON_FALCON_INTR_RETRIGGER: RegisterArray<typeof trigger, 'falcon'> = registerArray('NV_PFALCON_FALCON_INTR_RETRIGGER', 0x3e8, { count: 2 }, trigger, {
  ...falcon, access: 'wo', doc: 'Sends the interrupt again if something is pending; GA100 and later.',
});

export const NV_PFALCON_FALCON_MAILBOX0: Register<typeof value, 'falcon'> = register('NV_PFALCON_FALCON_MAILBOX0', 0x040, value, {
  ...falcon, doc: 'Argument of a start, and result after the halt.',
});
export const NV_PFALCON_FALCON_MAILBOX1: Register<typeof value, 'falcon'> = register('NV_PFALCON_FALCON_MAILBOX1', 0x044, value, {
  ...falcon, doc: 'Second argument: the high half of an address.',
});
const itfen = { method: [1, 1], context: [0, 0] } as const;
export const NV_PFALCON_FALCON_ITFEN: Register<typeof itfen, 'falcon'> = register('NV_PFALCON_FALCON_ITFEN', 0x048, itfen, {
  ...falcon, doc: 'Interfaces that are enabled.', source: 'linux: drivers/gpu/drm/nouveau/nvkm/falcon/v1.c',
});
export const NV_PFALCON_FALCON_OS: Register<typeof value, 'falcon'> = register('NV_PFALCON_FALCON_OS', 0x080, value, {
  ...falcon, doc: 'Version of the application that the CPU expects to run.',
});
export const NV_PFALCON_FALCON_RM: Register<typeof value, 'falcon'> = register('NV_PFALCON_FALCON_RM', 0x084, value, {
  ...falcon, doc: 'BOOT_0, as the CPU read it.',
});

const hwcfg = {
  /** In blocks. */
  dmemSize: [17, 9],
  /** In blocks. */
  imemSize: [8, 0],
} as const;
export const NV_PFALCON_FALCON_HWCFG: Register<typeof hwcfg, 'falcon'> = register('NV_PFALCON_FALCON_HWCFG', 0x108, hwcfg, {
  ...falcon, access: 'ro', doc: 'Sizes of the memories.', source: 'linux: drivers/gpu/drm/nouveau/nvkm/falcon/base.c',
});
const hwcfg1 = {
  dmemPorts: [15, 12],
  imemPorts: [11, 8],
  subversion: [7, 6],
  /** 3 = heavy. */
  security: [5, 4],
  coreRevision: [3, 0],
} as const;
export const NV_PFALCON_FALCON_HWCFG1: Register<typeof hwcfg1, 'falcon'> = register('NV_PFALCON_FALCON_HWCFG1', 0x12c, hwcfg1, {
  ...falcon, access: 'ro', doc: 'Version of the core.', source: 'linux: drivers/gpu/drm/nouveau/nvkm/falcon/base.c',
});
const hwcfg2 = {
  resetReady: [31, 31],
  /** The engine is locked against the CPU; FSP era. */
  lockdown: [13, 13],
  /** The memories are being cleared. */
  memScrubbing: [12, 12],
  /** There is a RISC-V core. */
  riscv: [10, 10],
} as const;
export const NV_PFALCON_FALCON_HWCFG2: Register<typeof hwcfg2, 'falcon'> = register('NV_PFALCON_FALCON_HWCFG2', 0x0f4, hwcfg2, {
  ...falcon, access: 'ro', doc: 'State of reset; GA102 and later, before only `riscv`.', source: 'linux: drivers/gpu/nova-core/regs.rs',
});

const scpCtlStat = {
  /** The chip runs ucode that was signed for debugging. */
  debugMode: [20, 20],
} as const;
export const NV_PFALCON_SCP_CTL_STAT: Register<typeof scpCtlStat, 'falcon'> = register('NV_PFALCON_SCP_CTL_STAT', 0x408, scpCtlStat, {
  ...falcon, access: 'ro', doc: 'State of the unit that checks signatures.',
  source: 'open-gpu-kernel-modules 570.144: nvswitch/lr10/dev_soe_ip.h (NV_SOE_SCP_CTL_STAT); linux: drivers/gpu/drm/nouveau/nvkm/engine/sec2/tu102.c',
});

const cpuctl = {
  /** CPUCTL_ALIAS may start the CPU. */
  aliasEnable: [6, 6],
  halted: [4, 4],
  start: [1, 1],
} as const;
export const NV_PFALCON_FALCON_CPUCTL: Register<typeof cpuctl, 'falcon'> = register('NV_PFALCON_FALCON_CPUCTL', 0x100, cpuctl, {
  ...falcon, doc: 'Starts the CPU, and shows that it halted.',
});
const alias = { start: [1, 1] } as const;
export const NV_PFALCON_FALCON_CPUCTL_ALIAS: Register<typeof alias, 'falcon'> = register('NV_PFALCON_FALCON_CPUCTL_ALIAS', 0x130, alias, {
  ...falcon, access: 'wo', doc: 'Starts the CPU where CPUCTL itself is protected.',
});
export const NV_PFALCON_FALCON_BOOTVEC: Register<typeof value, 'falcon'> = register('NV_PFALCON_FALCON_BOOTVEC', 0x104, value, {
  ...falcon, doc: 'Virtual address in IMEM at which the CPU starts.',
});

const engine = { reset: [0, 0] } as const;
export const NV_PFALCON_FALCON_ENGINE: Register<typeof engine, 'falcon'> = register('NV_PFALCON_FALCON_ENGINE', 0x3c0, engine, {
  ...falcon, doc: 'Holds the whole engine in reset.', source: 'linux: drivers/gpu/nova-core/regs.rs',
});

// Memory through ports: set the offset, then read or write words.
const imemc = { secure: [28, 28], autoIncrementRead: [25, 25], autoIncrementWrite: [24, 24], offset: [23, 0] } as const;
const dmemc = { autoIncrementRead: [25, 25], autoIncrementWrite: [24, 24], offset: [23, 0] } as const;
const tag = { tag: [15, 0] } as const;
export const NV_PFALCON_FALCON_IMEMC: RegisterArray<typeof imemc, 'falcon'> = registerArray('NV_PFALCON_FALCON_IMEMC', 0x180, { count: 4, stride: 16 }, imemc, {
  ...falcon, doc: 'Where in IMEM a port stands; on Turing the offset is 15:0.',
});
export const NV_PFALCON_FALCON_IMEMD: RegisterArray<typeof value, 'falcon'> = registerArray('NV_PFALCON_FALCON_IMEMD', 0x184, { count: 4, stride: 16 }, value, {
  ...falcon, doc: 'The word at the port.',
});
export const NV_PFALCON_FALCON_IMEMT: RegisterArray<typeof tag, 'falcon'> = registerArray('NV_PFALCON_FALCON_IMEMT', 0x188, { count: 4, stride: 16 }, tag, {
  ...falcon, doc: 'Virtual block number for what is written from here on.',
});
export const NV_PFALCON_FALCON_DMEMC: RegisterArray<typeof dmemc, 'falcon'> = registerArray('NV_PFALCON_FALCON_DMEMC', 0x1c0, { count: 8, stride: 8 }, dmemc, {
  ...falcon, doc: 'Where in DMEM a port stands; on Turing the offset is 15:0.',
});
export const NV_PFALCON_FALCON_DMEMD: RegisterArray<typeof value, 'falcon'> = registerArray('NV_PFALCON_FALCON_DMEMD', 0x1c4, { count: 8, stride: 8 }, value, {
  ...falcon, doc: 'The word at the port.',
});
export const NV_PFALCON_FALCON_EMEMC: RegisterArray<typeof dmemc, 'falcon'> = registerArray('NV_PFALCON_FALCON_EMEMC', 0xac0, { count: 8, stride: 8 }, dmemc, {
  ...falcon, doc: 'Where in EMEM a port stands, 15:2; FSP.', source: 'linux: drivers/gpu/nova-core/regs.rs',
});
export const NV_PFALCON_FALCON_EMEMD: RegisterArray<typeof value, 'falcon'> = registerArray('NV_PFALCON_FALCON_EMEMD', 0xac4, { count: 8, stride: 8 }, value, {
  ...falcon, doc: 'The word at the port; FSP.', source: 'linux: drivers/gpu/nova-core/regs.rs',
});
