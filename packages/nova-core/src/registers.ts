import type { BarMapping } from '@nova-stack/pci';

/** Fields of a register by name, high bit first, as manuals print them. */
export type Fields = Readonly<Record<string, readonly [high: number, low: number]>>;

/** A 32-bit register: offset in BAR0, or from a falcon's base. */
export interface Register<F extends Fields> {
  readonly name: string;
  readonly address: number;
  readonly fields: F;
}

/** Every field of a register, and the whole value. */
export type Decoded<F extends Fields> = { readonly [K in keyof F]: number } & { readonly raw: number };
type Values<F extends Fields> = Partial<Record<keyof F, number>>;

function register<const F extends Fields>(name: string, address: number, fields: F): Register<F> {
  return { name, address, fields };
}

function decode<F extends Fields>(reg: Register<F>, raw: number): Decoded<F> {
  const out: Record<string, number> = { raw };
  for (const [name, [high, low]] of Object.entries(reg.fields)) out[name] = Math.floor(raw / 2 ** low) % 2 ** (high - low + 1);
  return out as Decoded<F>;
}

function encode<F extends Fields>(reg: Register<F>, values: Values<F>, onto: number): number {
  let raw = onto;
  for (const [name, value] of Object.entries(values) as [string, number][]) {
    const [high, low] = reg.fields[name]!;
    const limit = 2 ** (high - low + 1);
    if (!Number.isInteger(value) || value < 0 || value >= limit) throw new RangeError(`Cannot encode ${reg.name}.${name}: value ${value} does not fit bits ${high}:${low}`);
    raw += (value - (Math.floor(raw / 2 ** low) % limit)) * 2 ** low;
  }
  return raw;
}

export function read<F extends Fields>(bar0: BarMapping, reg: Register<F>, base: number = 0): Decoded<F> {
  return decode(reg, bar0.read32(base + reg.address));
}

/** Writes the fields given and zero for the rest. @throws RangeError for a value that does not fit its field. */
export function write<F extends Fields>(bar0: BarMapping, reg: Register<F>, values: Values<F>, base: number = 0): void {
  bar0.write32(base + reg.address, encode(reg, values, 0));
}

/** Reads, changes the fields given, writes. */
export function update<F extends Fields>(bar0: BarMapping, reg: Register<F>, values: Values<F>, base: number = 0): void {
  bar0.write32(base + reg.address, encode(reg, values, bar0.read32(base + reg.address)));
}

const value = { value: [31, 0] } as const;
const address = { address: [31, 4] } as const;

// Registers in BAR0. Source: linux: drivers/gpu/nova-core/regs.rs, fb/regs.rs, gsp/regs.rs.
const boot0 = { architecture: [28, 24], implementation: [23, 20], architectureHigh: [8, 8], major: [7, 4], minor: [3, 0] } as const;
const boot42 = { architecture: [29, 24], implementation: [23, 20], major: [19, 16], minor: [15, 12] } as const;
const frtsScratch = { frtsError: [31, 16] } as const;
const window = { target: [25, 24], base: [23, 0] } as const;
const flushHigh = { address: [23, 0] } as const;
const handoff = { handoff: [26, 26] } as const;
const privLevel = { readAllowed: [0, 0] } as const;
const progress = { progress: [7, 0] } as const;
const vgaWorkspace = { address: [31, 8], valid: [3, 3] } as const;
const displayFuse = { disabled: [0, 0] } as const;

export const PMC_BOOT_0: Register<typeof boot0> = register('PMC_BOOT_0', 0x00_0000, boot0);
export const PMC_BOOT_42: Register<typeof boot42> = register('PMC_BOOT_42', 0x00_0a00, boot42);
/** Scratch register 0xe: what FWSEC says of FRTS. */
export const PBUS_SW_SCRATCH_0E: Register<typeof frtsScratch> = register('PBUS_SW_SCRATCH(0xe)', 0x00_1438, frtsScratch);
/** Start of the 1 MiB window onto the framebuffer, in 64 KiB. */
export const BAR0_WINDOW: Register<typeof window> = register('BAR0_WINDOW', 0x00_1700, window);
export const NISO_FLUSH_SYSMEM_ADDR: Register<typeof value> = register('NISO_FLUSH_SYSMEM_ADDR', 0x10_0c10, value);
export const NISO_FLUSH_SYSMEM_ADDR_HI: Register<typeof flushHigh> = register('NISO_FLUSH_SYSMEM_ADDR_HI', 0x10_0c40, flushHigh);
export const PGSP_QUEUE_HEAD: Register<typeof value> = register('PGSP_QUEUE_HEAD(0)', 0x11_0c00, value);
export const BSI_SECURE_SCRATCH_14: Register<typeof handoff> = register('BSI_SECURE_SCRATCH_14', 0x11_80f8, handoff);
export const GFW_PRIV_LEVEL_MASK: Register<typeof privLevel> = register('SCRATCH_GROUP_05_PRIV_LEVEL_MASK', 0x11_8128, privLevel);
export const GFW_BOOT: Register<typeof progress> = register('SCRATCH_GROUP_05(0)', 0x11_8234, progress);
/** MiB of framebuffer. */
export const USABLE_FB_SIZE_IN_MB: Register<typeof value> = register('USABLE_FB_SIZE_IN_MB', 0x11_83a4, value);
export const WPR2_ADDR_LO: Register<typeof address> = register('PFB_PRI_MMU_WPR2_ADDR_LO', 0x1f_a824, address);
export const WPR2_ADDR_HI: Register<typeof address> = register('PFB_PRI_MMU_WPR2_ADDR_HI', 0x1f_a828, address);
export const VGA_WORKSPACE_BASE: Register<typeof vgaWorkspace> = register('PDISP_VGA_WORKSPACE_BASE', 0x62_5f04, vgaWorkspace);
export const FUSE_STATUS_OPT_DISPLAY: Register<typeof displayFuse> = register('FUSE_STATUS_OPT_DISPLAY', 0x82_0c04, displayFuse);
export const VF_DOORBELL: Register<typeof value> = register('VIRTUAL_FUNCTION_PRIV_DOORBELL', 0xb8_2200, value);

/** A falcon by its place in BAR0. */
export interface FalconEngine {
  readonly name: string;
  readonly base: number;
}
export const GSP_ENGINE: FalconEngine = { name: 'GSP', base: 0x11_0000 };
export const SEC2_ENGINE: FalconEngine = { name: 'SEC2', base: 0x84_0000 };

// Registers of a falcon, from its base; the second bank starts at 0x1000.
const irqClear = { swgen0: [6, 6], halt: [4, 4] } as const;
const hwcfg2 = { resetReady: [31, 31], lockdown: [13, 13], memScrubbing: [12, 12], riscv: [10, 10] } as const;
const cpuctl = { aliasEnable: [6, 6], halted: [4, 4], start: [1, 1] } as const;
const dmactl = { requireContext: [0, 0] } as const;
const dmaOffset = { value: [23, 0] } as const;
const dmaCommand = { dmtag: [16, 16], ctxdma: [14, 12], size: [10, 8], write: [5, 5], imem: [4, 4], sec: [3, 2], idle: [1, 1], full: [0, 0] } as const;
const dmaBaseHigh = { value: [8, 0] } as const;
const engineReset = { reset: [0, 0] } as const;
const transcfg = { memType: [2, 2], target: [1, 0] } as const;
const fbifControl = { allowPhysNoCtx: [7, 7] } as const;
const modSel = { algorithm: [7, 0] } as const;
const ucode = { ucodeId: [7, 0] } as const;
const riscvCpuctl = { active: [7, 7], halted: [4, 4] } as const;
const bcr = { brfetch: [8, 8], coreSelect: [4, 4], valid: [0, 0] } as const;

export const IRQSCLR: Register<typeof irqClear> = register('FALCON_IRQSCLR', 0x0004, irqClear);
export const MAILBOX0: Register<typeof value> = register('FALCON_MAILBOX0', 0x0040, value);
export const MAILBOX1: Register<typeof value> = register('FALCON_MAILBOX1', 0x0044, value);
export const FALCON_OS: Register<typeof value> = register('FALCON_OS', 0x0080, value);
export const FALCON_RM: Register<typeof value> = register('FALCON_RM', 0x0084, value);
export const HWCFG2: Register<typeof hwcfg2> = register('FALCON_HWCFG2', 0x00f4, hwcfg2);
export const CPUCTL: Register<typeof cpuctl> = register('FALCON_CPUCTL', 0x0100, cpuctl);
export const BOOTVEC: Register<typeof value> = register('FALCON_BOOTVEC', 0x0104, value);
export const DMACTL: Register<typeof dmactl> = register('FALCON_DMACTL', 0x010c, dmactl);
/** Source of transfers: address in 256 bytes. */
export const DMATRFBASE: Register<typeof value> = register('FALCON_DMATRFBASE', 0x0110, value);
export const DMATRFMOFFS: Register<typeof dmaOffset> = register('FALCON_DMATRFMOFFS', 0x0114, dmaOffset);
export const DMATRFCMD: Register<typeof dmaCommand> = register('FALCON_DMATRFCMD', 0x0118, dmaCommand);
export const DMATRFFBOFFS: Register<typeof value> = register('FALCON_DMATRFFBOFFS', 0x011c, value);
/** Source of transfers: address bits 48:40. */
export const DMATRFBASE1: Register<typeof dmaBaseHigh> = register('FALCON_DMATRFBASE1', 0x0128, dmaBaseHigh);
export const CPUCTL_ALIAS: Register<typeof cpuctl> = register('FALCON_CPUCTL_ALIAS', 0x0130, cpuctl);
export const FALCON_ENGINE: Register<typeof engineReset> = register('FALCON_ENGINE', 0x03c0, engineReset);
export const FBIF_TRANSCFG0: Register<typeof transcfg> = register('FBIF_TRANSCFG(0)', 0x0600, transcfg);
export const FBIF_CTL: Register<typeof fbifControl> = register('FBIF_CTL', 0x0624, fbifControl);
export const MOD_SEL: Register<typeof modSel> = register('FALCON_MOD_SEL', 0x1180, modSel);
export const BROM_CURR_UCODE_ID: Register<typeof ucode> = register('FALCON_BROM_CURR_UCODE_ID', 0x1198, ucode);
export const BROM_ENGIDMASK: Register<typeof value> = register('FALCON_BROM_ENGIDMASK', 0x119c, value);
export const BROM_PARAADDR0: Register<typeof value> = register('FALCON_BROM_PARAADDR(0)', 0x1210, value);
export const RISCV_CPUCTL: Register<typeof riscvCpuctl> = register('RISCV_CPUCTL', 0x1388, riscvCpuctl);
export const BCR_CTRL: Register<typeof bcr> = register('RISCV_BCR_CTRL', 0x1668, bcr);
