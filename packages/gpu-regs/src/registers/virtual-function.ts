import { register, registerArray, type Register, type RegisterArray } from '../register.ts';

/**
 * NV_VIRTUAL_FUNCTION: what every function, physical or virtual, has of its own. The physical function's lies at
 * 0xb80000 of BAR0, a virtual function's at 0 of its BAR0.
 */
export const NV_VIRTUAL_FUNCTION_FULL_PHYS_OFFSET = 0xb80000;
const BASE = NV_VIRTUAL_FUNCTION_FULL_PHYS_OFFSET;
const tu102 = { source: 'open-gpu-kernel-modules 570.144: turing/tu102/dev_vm.h' } as const;
const gh100 = { source: 'open-gpu-kernel-modules 570.144: hopper/gh100/dev_vm.h' } as const;

/** Leaves there can be; chips before Hopper have 8 of them. Vector v is bit v % 32 of leaf v / 32. */
const LEAVES = { count: 16 } as const;
const vectors = { vectors: [31, 0] } as const;
export const NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF: RegisterArray<typeof vectors> = registerArray('NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF', BASE + 0x1000, LEAVES, vectors, {
  ...tu102, access: 'w1c', doc: 'Vectors that are pending.',
});
export const NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_SET: RegisterArray<typeof vectors> = registerArray('NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_SET', BASE + 0x1200, LEAVES, vectors, {
  ...tu102, access: 'w1s', doc: 'Enables vectors; reads show which are enabled.',
});
export const NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_CLEAR: RegisterArray<typeof vectors> = registerArray('NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_CLEAR', BASE + 0x1400, LEAVES, vectors, {
  ...tu102, access: 'w1c', doc: 'Disables vectors; reads show which are enabled.',
});
/** Subtree s is leaves 2s and 2s + 1. */
const subtrees = { subtrees: [31, 0] } as const;
export const NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP: Register<typeof subtrees> = register('NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP', BASE + 0x1600, subtrees, {
  ...tu102, access: 'ro', doc: 'Subtrees with a vector that is pending and enabled.',
});
export const NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_SET: Register<typeof subtrees> = register('NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_SET', BASE + 0x1608, subtrees, {
  ...tu102, access: 'w1s', doc: 'Enables subtrees; reads show which are enabled.',
});
export const NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_CLEAR: Register<typeof subtrees> = register('NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_CLEAR', BASE + 0x1610, subtrees, {
  ...tu102, access: 'w1c', doc: 'Disables subtrees; reads show which are enabled.',
});
const trigger = { vector: [11, 0] } as const;
export const NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_TRIGGER: Register<typeof trigger> = register('NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_TRIGGER', BASE + 0x1640, trigger, {
  ...tu102, access: 'wo', doc: 'Makes a vector pending.',
});

const doorbell = { value: [31, 0] } as const;
export const NV_VIRTUAL_FUNCTION_PRIV_DOORBELL: Register<typeof doorbell> = register('NV_VIRTUAL_FUNCTION_PRIV_DOORBELL', BASE + 0x2200, doorbell, {
  ...tu102, access: 'wo', doc: 'Doorbell of channels, and from the host to vGPU plugins.',
});
export const NV_VIRTUAL_FUNCTION_DOORBELL: Register<typeof doorbell> = register('NV_VIRTUAL_FUNCTION_DOORBELL', BASE + 0x30090, doorbell, {
  ...tu102, access: 'wo', doc: 'Doorbell of channels, in the page that user space maps.',
});
const nanoseconds = { nanoseconds: [31, 0] } as const;
export const NV_VIRTUAL_FUNCTION_PRIV_TIMER: Register<typeof nanoseconds> = register('NV_VIRTUAL_FUNCTION_PRIV_TIMER', BASE + 0x2300, nanoseconds, {
  ...tu102, doc: 'Timer of the function.',
});
const time0 = { nanoseconds: [31, 5] } as const;
const time1 = { nanoseconds: [28, 0] } as const;
export const NV_VIRTUAL_FUNCTION_TIME_0: Register<typeof time0> = register('NV_VIRTUAL_FUNCTION_TIME_0', BASE + 0x30080, time0, {
  ...tu102, access: 'ro', doc: 'Time of PTIMER, low half.',
});
export const NV_VIRTUAL_FUNCTION_TIME_1: Register<typeof time1> = register('NV_VIRTUAL_FUNCTION_TIME_1', BASE + 0x30084, time1, {
  ...tu102, access: 'ro', doc: 'Time of PTIMER, high half.',
});

// TLB invalidation
const pdb = {
  /** Address bits 31:12 of the page directory. */
  address: [31, 4],
  /** 0 VRAM, 1 system memory. */
  aperture: [1, 1],
} as const;
export const NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_PDB: Register<typeof pdb> = register('NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_PDB', BASE + 0x30a0, pdb, {
  ...tu102, doc: 'Page directory whose translations are to go.',
});
const upperPdb = { address: [19, 0] } as const;
export const NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_UPPER_PDB: Register<typeof upperPdb> = register('NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_UPPER_PDB', BASE + 0x30a4, upperPdb, {
  ...tu102, doc: 'Address of that page directory, bits 59:40.',
});
const invalidate = {
  trigger: [31, 31],
  /** 0 all, n = down to level n - 1. */
  cacheLevel: [26, 24],
  /** 0 none, 1 globally, 2 within the node. */
  ack: [8, 7],
  sysMembar: [6, 6],
  replay: [5, 3],
  hubOnly: [2, 2],
  allPdb: [1, 1],
  allVa: [0, 0],
} as const;
export const NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE: Register<typeof invalidate> = register('NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE', BASE + 0x30b0, invalidate, {
  ...tu102, doc: 'Starts an invalidation; `trigger` is clear when it is done.',
});

// Address spaces of the BARs
const block = {
  /** 0 physical, 1 virtual. */
  mode: [31, 31],
  /** Of the instance block: 0 VRAM, 2 coherent, 3 non-coherent system memory. */
  target: [29, 28],
  /** Address of the instance block in units of 4 KiB. */
  pointer: [27, 0],
} as const;
export const NV_VIRTUAL_FUNCTION_PRIV_BAR1_BLOCK: Register<typeof block> = register('NV_VIRTUAL_FUNCTION_PRIV_BAR1_BLOCK', BASE + 0xf40, block, {
  ...tu102, doc: 'Address space of BAR1; Turing to Ada.',
});
const block2 = { mode: [31, 31], debug: [30, 30], target: [29, 28], pointer: [27, 0] } as const;
export const NV_VIRTUAL_FUNCTION_PRIV_BAR2_BLOCK: Register<typeof block2> = register('NV_VIRTUAL_FUNCTION_PRIV_BAR2_BLOCK', BASE + 0xf48, block2, {
  ...tu102, doc: 'Address space of BAR2; Turing to Ada.',
});
const bind = { bar2Outstanding: [3, 3], bar2Pending: [2, 2], bar1Outstanding: [1, 1], bar1Pending: [0, 0] } as const;
export const NV_VIRTUAL_FUNCTION_PRIV_BIND_STATUS: Register<typeof bind> = register('NV_VIRTUAL_FUNCTION_PRIV_BIND_STATUS', BASE + 0xf50, bind, {
  ...tu102, access: 'ro', doc: 'Progress of writes to BAR1_BLOCK and BAR2_BLOCK; 0 = done.',
});
const low = { pointer: [31, 12], target: [11, 10], mode: [9, 9], outstanding: [1, 1], pending: [0, 0] } as const;
const high = { pointer: [31, 0] } as const;
export const NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR1_BLOCK_LOW_ADDR: Register<typeof low> = register('NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR1_BLOCK_LOW_ADDR', BASE + 0xf60, low, {
  ...gh100, doc: 'Address space of BAR1, low half; Hopper and later.',
});
export const NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR1_BLOCK_HIGH_ADDR: Register<typeof high> = register('NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR1_BLOCK_HIGH_ADDR', BASE + 0xf64, high, {
  ...gh100, doc: 'Address space of BAR1, high half; Hopper and later.',
});
export const NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR2_BLOCK_LOW_ADDR: Register<typeof low> = register('NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR2_BLOCK_LOW_ADDR', BASE + 0xf70, low, {
  ...gh100, doc: 'Address space of BAR2, low half; Hopper and later.',
});
export const NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR2_BLOCK_HIGH_ADDR: Register<typeof high> = register('NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR2_BLOCK_HIGH_ADDR', BASE + 0xf74, high, {
  ...gh100, doc: 'Address space of BAR2, high half; Hopper and later.',
});
const window = { base: [22, 0] } as const;
export const NV_XAL_EP_BAR0_WINDOW: Register<typeof window> = register('NV_XAL_EP_BAR0_WINDOW', 0x10fd40, window, {
  doc: 'Which MiB of VRAM PRAMIN shows, in units of 64 KiB; Hopper and later.', source: 'open-gpu-kernel-modules 570.144: blackwell/gb100/pri_nv_xal_ep.h',
});
