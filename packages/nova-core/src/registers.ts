import type { BarMapping } from '@nova-stack/pci';

export type Fields = Readonly<Record<string, readonly [high: number, low: number]>>;
export interface Register<F extends Fields> { readonly name: string; readonly address: number; readonly fields: F }
export type Decoded<F extends Fields> = { readonly [K in keyof F]: number } & { readonly raw: number };

function register<const F extends Fields>(name: string, address: number, fields: F): Register<F> {
  return { name, address, fields };
}

export function decode<F extends Fields>(reg: Register<F>, raw: number): Decoded<F> {
  const out: Record<string, number> = { raw };
  for (const [name, [high, low]] of Object.entries(reg.fields)) {
    const width = high - low + 1;
    out[name] = Math.floor(raw / 2 ** low) % 2 ** width;
  }
  return out as Decoded<F>;
}

export function encode<F extends Fields>(reg: Register<F>, fields: Partial<Record<keyof F, number>>, onto = 0): number {
  let raw = BigInt(onto);
  for (const [name, value] of Object.entries(fields) as [string, number][]) {
    const [high, low] = reg.fields[name]!;
    const mask = (1n << BigInt(high - low + 1)) - 1n;
    if (value < 0 || BigInt(value) > mask) throw new RangeError(`${reg.name}.${name}: ${value}`);
    raw = (raw & ~(mask << BigInt(low))) | (BigInt(value) << BigInt(low));
  }
  return Number(raw);
}

export function read<F extends Fields>(bar: BarMapping, reg: Register<F>, base = 0): Decoded<F> {
  return decode(reg, bar.read32(base + reg.address));
}
export function write<F extends Fields>(bar: BarMapping, reg: Register<F>, fields: Partial<Record<keyof F, number>>, base = 0): void {
  bar.write32(base + reg.address, encode(reg, fields));
}
export function update<F extends Fields>(bar: BarMapping, reg: Register<F>, fields: Partial<Record<keyof F, number>>, base = 0): void {
  bar.write32(base + reg.address, encode(reg, fields, bar.read32(base + reg.address)));
}
const value = { value: [31, 0] } as const;
export const PMC_BOOT_0 = register('PMC_BOOT_0', 0, { architecture: [28, 24], implementation: [23, 20], architectureHigh: [8, 8], major: [7, 4], minor: [3, 0] });
export const PMC_BOOT_42 = register('PMC_BOOT_42', 0xa00, { architecture: [29, 24], implementation: [23, 20], major: [19, 16], minor: [15, 12] });
export const PBUS_SW_SCRATCH_0E = register('PBUS_SW_SCRATCH_0E', 0x1438, { frtsError: [31, 16] });
export const FUSE_STATUS_OPT_DISPLAY = register('FUSE_STATUS_OPT_DISPLAY', 0x820c04, { disabled: [0, 0] });
export const NISO_FLUSH_SYSMEM_ADDR = register('NISO_FLUSH_SYSMEM_ADDR', 0x100c10, value);
export const NISO_FLUSH_SYSMEM_ADDR_HI = register('NISO_FLUSH_SYSMEM_ADDR_HI', 0x100c40, { address: [23, 0] });
export const USABLE_FB_SIZE_IN_MB = register('USABLE_FB_SIZE_IN_MB', 0x1183a4, value);
export const VGA_WORKSPACE_BASE = register('VGA_WORKSPACE_BASE', 0x625f04, { address: [31, 8], valid: [3, 3] });
export const WPR2_ADDR_LO = register('WPR2_ADDR_LO', 0x1fa824, { address: [31, 4] });
export const WPR2_ADDR_HI = register('WPR2_ADDR_HI', 0x1fa828, { address: [31, 4] });
export const GFW_PRIV_LEVEL_MASK = register('GFW_PRIV_LEVEL_MASK', 0x118128, { readAllowed: [0, 0] });
export const GFW_BOOT = register('GFW_BOOT', 0x118234, { progress: [7, 0] });
export const BSI_SECURE_SCRATCH_14 = register('BSI_SECURE_SCRATCH_14', 0x1180f8, { handoff: [26, 26] });
export const BAR0_WINDOW = register('BAR0_WINDOW', 0x1700, { base: [23, 0], target: [25, 24] });

// Falcon registers, as offsets from the engine's base; the second bank starts at 0x1000.
export interface FalconEngine { readonly name: string; readonly base: number }
export const GSP_ENGINE: FalconEngine = { name: 'GSP', base: 0x110000 };
export const SEC2_ENGINE: FalconEngine = { name: 'SEC2', base: 0x840000 };
export const IRQSCLR = register('IRQSCLR', 0x004, { swgen0: [6, 6], halt: [4, 4] });
export const MAILBOX0 = register('MAILBOX0', 0x040, value);
export const MAILBOX1 = register('MAILBOX1', 0x044, value);
export const FALCON_OS = register('FALCON_OS', 0x080, value);
export const FALCON_RM = register('FALCON_RM', 0x084, value);
export const HWCFG2 = register('HWCFG2', 0x0f4, { resetReady: [31, 31], lockdown: [13, 13], memScrubbing: [12, 12], riscv: [10, 10] });
export const CPUCTL = register('CPUCTL', 0x100, { aliasEnable: [6, 6], halted: [4, 4], start: [1, 1] });
export const BOOTVEC = register('BOOTVEC', 0x104, value);
export const DMACTL = register('DMACTL', 0x10c, { requireContext: [0, 0] });
export const DMATRFBASE = register('DMATRFBASE', 0x110, value);
export const DMATRFMOFFS = register('DMATRFMOFFS', 0x114, { value: [23, 0] });
export const DMATRFCMD = register('DMATRFCMD', 0x118, { dmtag: [16, 16], ctxdma: [14, 12], size: [10, 8], write: [5, 5], imem: [4, 4], sec: [3, 2], idle: [1, 1], full: [0, 0] });
export const DMATRFFBOFFS = register('DMATRFFBOFFS', 0x11c, value);
export const DMATRFBASE1 = register('DMATRFBASE1', 0x128, { value: [8, 0] });
export const CPUCTL_ALIAS = register('CPUCTL_ALIAS', 0x130, { aliasEnable: [6, 6], halted: [4, 4], start: [1, 1] });
export const FALCON_ENGINE = register('FALCON_ENGINE', 0x3c0, { reset: [0, 0] });
export const FBIF_TRANSCFG0 = register('FBIF_TRANSCFG0', 0x600, { memType: [2, 2], target: [1, 0] });
export const FBIF_CTL = register('FBIF_CTL', 0x624, { allowPhysNoCtx: [7, 7] });
export const MOD_SEL = register('MOD_SEL', 0x1180, { algorithm: [7, 0] });
export const BROM_CURR_UCODE_ID = register('BROM_CURR_UCODE_ID', 0x1198, { ucodeId: [7, 0] });
export const BROM_ENGIDMASK = register('BROM_ENGIDMASK', 0x119c, value);
export const BROM_PARAADDR0 = register('BROM_PARAADDR0', 0x1210, value);
export const RISCV_CPUCTL = register('RISCV_CPUCTL', 0x1388, { active: [7, 7], halted: [4, 4] });
export const BCR_CTRL = register('BCR_CTRL', 0x1668, { brfetch: [8, 8], coreSelect: [4, 4], valid: [0, 0] });
export const VF_DOORBELL = register('VF_DOORBELL', 0xb82200, value);
export const PGSP_QUEUE_HEAD = register('PGSP_QUEUE_HEAD', 0x110c00, value);
