import {
  at, make, DMATRFCMD_SIZE_256B, FALCON_BLOCK, FALCONS, MOD_SEL_RSA3K, NV_PFALCON2_FALCON_BROM_CURR_UCODE_ID,
  NV_PFALCON2_FALCON_BROM_ENGIDMASK, NV_PFALCON2_FALCON_BROM_PARAADDR, NV_PFALCON2_FALCON_MOD_SEL,
  NV_PFALCON_FALCON_BOOTVEC, NV_PFALCON_FALCON_CPUCTL, NV_PFALCON_FALCON_CPUCTL_ALIAS, NV_PFALCON_FALCON_DMACTL,
  NV_PFALCON_FALCON_DMATRFBASE, NV_PFALCON_FALCON_DMATRFBASE1, NV_PFALCON_FALCON_DMATRFCMD,
  NV_PFALCON_FALCON_DMATRFFBOFFS, NV_PFALCON_FALCON_DMATRFMOFFS, NV_PFALCON_FALCON_DMEMC, NV_PFALCON_FALCON_DMEMD, NV_PFALCON_FALCON_ENGINE, NV_PFALCON_FALCON_HWCFG2,
  NV_PFALCON_FALCON_IMEMC, NV_PFALCON_FALCON_IMEMD, NV_PFALCON_FALCON_IMEMT, NV_PFALCON_FALCON_INTR_RETRIGGER, NV_PFALCON_FALCON_IRQMCLR, NV_PFALCON_FALCON_IRQSCLR, NV_PFALCON_FALCON_IRQSTAT, NV_PFALCON_FALCON_MAILBOX0, NV_PFALCON_FALCON_MAILBOX1, NV_PFALCON_FALCON_OS,
  NV_PFALCON_FALCON_RM, NV_PFALCON_FBIF_CTL, NV_PFALCON_FBIF_TRANSCFG, NV_PMC_BOOT_0, NV_PRISCV_RISCV_BCR_CTRL, NV_PRISCV_RISCV_CPUCTL, PRI_TARGET_MASKED,
  NV_PRISCV_RISCV_IRQMASK, NV_PRISCV_RISCV_IRQMASK_TU102,
  type Decoded, type FalconName, type Family, type Fields, type Register,
} from '@nova-stack/gpu-regs';
import type { DmaBuffer } from '@nova-stack/pci';

import { MS, report, S, until, US, type Device } from './device.ts';
import { NovaCoreError, type Step } from './errors.ts';
import { read, update, write } from './mmio.ts';
import type { UcodeSection } from './vbios/descriptor.ts';

/** Code and data for a falcon, fetched by DMA and checked by the boot ROM, or written through its ports. */
export interface FalconUcode {
  /** What it is, for errors. */
  readonly name: string;
  /** Where the device finds it; whole 256-byte blocks are read, so the memory extends to the next multiple. */
  readonly image: Pick<DmaBuffer, 'address' | 'bytes'>;
  /** Code that any falcon runs; only where ports are written. */
  readonly nonSecureImem?: UcodeSection | undefined;
  /** Code that needs a signature. */
  readonly imem: UcodeSection | undefined;
  readonly dmem: UcodeSection;
  /** Virtual block number of the first code where it differs from where the code goes; only where ports are written. */
  readonly startTag?: number;
  readonly bootVector: number;
  /** Undefined for what no boot ROM looks at. */
  readonly brom: {
    /** DMEM offset of the signature. */
    readonly signatureOffset: number;
    readonly engineMask: number;
    readonly ucodeId: number;
  } | undefined;
}

export interface Mailboxes {
  readonly mailbox0: number;
  readonly mailbox1: number;
}

const RESET_READY = { bound: 150 * US, every: 10 * US } as const;
const RESET_HOLD = 10 * US;
const SCRUB = { bound: 20 * MS, every: 100 * US } as const;
const SCRUB_TU102 = { bound: 10 * MS, every: 100 * US } as const;
const CORE_SELECT = { bound: 10 * MS, every: 100 * US } as const;
const TRANSFER = { bound: 2 * S, every: 10 * US } as const;
/** Longest run of any ucode. */
const HALT = { bound: 2 * S, every: 10 * US } as const;
const COHERENT_SYSMEM = 1;
/** The interrupt by which firmware calls the CPU. */
const SWGEN0 = make(NV_PFALCON_FALCON_IRQSTAT, { swgen0: 1 });
/** Context of {@link NV_PFALCON_FALCON_DMATRFCMD} through which ucode is fetched. */
const TRANSCFG = at(NV_PFALCON_FBIF_TRANSCFG, 0);
const PARAADDR = at(NV_PFALCON2_FALCON_BROM_PARAADDR, 0);
/** Ports through which memories are written. */
const IMEM = { control: at(NV_PFALCON_FALCON_IMEMC, 0), data: at(NV_PFALCON_FALCON_IMEMD, 0), tag: at(NV_PFALCON_FALCON_IMEMT, 0) } as const;
const DMEM = { control: at(NV_PFALCON_FALCON_DMEMC, 0), data: at(NV_PFALCON_FALCON_DMEMD, 0) } as const;

/**
 * One falcon microcontroller. GA102 and later load by DMA and start through the boot ROM; Turing's are written through
 * ports and have neither boot ROM nor a choice of cores.
 * Source: linux: drivers/gpu/nova-core/falcon.rs, falcon/hal/tu102.rs, falcon/hal/ga102.rs.
 */
export class Falcon {
  /** For errors and the trace. */
  readonly name: string;
  readonly #device: Device;
  readonly #base: number;
  readonly #family: Family;

  constructor(device: Device, engine: FalconName, family: Family) {
    this.name = engine.toUpperCase();
    this.#device = device;
    this.#base = FALCONS[engine];
    this.#family = family;
  }

  get mailboxes(): Mailboxes {
    return { mailbox0: this.#read(NV_PFALCON_FALCON_MAILBOX0).value, mailbox1: this.#read(NV_PFALCON_FALCON_MAILBOX1).value };
  }

  /** `value` is written as it is: the firmware takes a 64-bit address as low and high half. */
  setMailboxes({ mailbox0, mailbox1 }: Mailboxes): void {
    this.#write(NV_PFALCON_FALCON_MAILBOX0, { value: mailbox0 });
    this.#write(NV_PFALCON_FALCON_MAILBOX1, { value: mailbox1 });
  }

  /** Tells the firmware's operating system which application it is. */
  setApplicationVersion(version: number): void {
    this.#write(NV_PFALCON_FALCON_OS, { value: version });
  }

  get riscvActive(): boolean {
    return this.#read(this.#family.riscvActive).active === 1;
  }

  /** The RISC-V core has stopped; GA102 and later. */
  get riscvHalted(): boolean {
    return this.#read(NV_PRISCV_RISCV_CPUCTL).halted === 1;
  }

  /** The CPU is kept away from the engine: what reads of it answer means nothing. */
  get masked(): boolean {
    const { raw } = this.#read(NV_PFALCON_FALCON_HWCFG2);
    return raw === 0 || raw >>> 8 === PRI_TARGET_MASKED;
  }

  /** The engine can be seen, but its processor is not the CPU's yet; only where there is an FSP. */
  get lockedDown(): boolean {
    return this.#read(NV_PFALCON_FALCON_HWCFG2).lockdown === 1;
  }

  /** Clears the software interrupt that a message raises. */
  clearSoftwareInterrupt(): void {
    this.#write(NV_PFALCON_FALCON_IRQSCLR, { swgen0: 1 });
  }

  /**
   * Takes the interrupts that are pending and enabled: the one that a message raises is cleared, any other is disabled
   * too, for nobody serves it.
   *
   * @returns whether there was one
   */
  takeInterrupts(): boolean {
    const { bar0 } = this.#device;
    const mask = this.#family.falcon === 'ga102' ? NV_PRISCV_RISCV_IRQMASK : NV_PRISCV_RISCV_IRQMASK_TU102;
    const pending = (bar0.read32(this.#base + NV_PFALCON_FALCON_IRQSTAT.address) & bar0.read32(this.#base + mask.address)) >>> 0;
    const stray = (pending & ~SWGEN0) >>> 0;
    if (pending & SWGEN0) this.clearSoftwareInterrupt();
    if (stray !== 0) {
      bar0.write32(this.#base + NV_PFALCON_FALCON_IRQMCLR.address, stray);
      bar0.write32(this.#base + NV_PFALCON_FALCON_IRQSCLR.address, stray);
    }
    return pending !== 0;
  }

  /** Has what is still pending raise its interrupt again; GA100 and later, elsewhere it does so by itself. */
  retriggerInterrupt(): void {
    if (this.#family.architecture !== 'turing') this.#write(at(NV_PFALCON_FALCON_INTR_RETRIGGER, 0), { trigger: 1 });
  }

  /** Stops whatever runs, clears the memories and selects the falcon core. */
  async reset(step: Step): Promise<void> {
    const device = this.#device;
    if (this.#family.falcon === 'ga102') await this.#readyForReset(step);
    this.#update(NV_PFALCON_FALCON_ENGINE, { reset: 1 });
    await device.clock.sleep(RESET_HOLD, `reset of ${this.name}`);
    this.#update(NV_PFALCON_FALCON_ENGINE, { reset: 0 });
    await this.#scrubbed(step);
    if (this.#family.falcon === 'ga102' && this.#read(NV_PRISCV_RISCV_BCR_CTRL).coreSelect !== 0) {
      this.#write(NV_PRISCV_RISCV_BCR_CTRL, {});
      await until(device, step, `core selection of ${this.name}`, CORE_SELECT, () => this.#read(NV_PRISCV_RISCV_BCR_CTRL).valid === 1);
    }
    await this.#scrubbed(step);
    this.#write(NV_PFALCON_FALCON_RM, { value: read(device.bar0, NV_PMC_BOOT_0).raw });
    report(device.trace, 'nova-core.falcon.reset', { falcon: this.name });
  }

  async #readyForReset(step: Step): Promise<void> {
    const device = this.#device;
    // Some engines never report readiness here; the reset works all the same.
    await until(device, step, `reset readiness of ${this.name}`, RESET_READY, () => this.#read(NV_PFALCON_FALCON_HWCFG2).resetReady === 1)
      .catch((error: unknown) => {
        if (!(error instanceof NovaCoreError) || error.code !== 'TIMEOUT') throw error;
      });
  }

  async #scrubbed(step: Step): Promise<void> {
    const what = `memory scrubbing of ${this.name}`;
    if (this.#family.falcon === 'ga102') await until(this.#device, step, what, SCRUB, () => this.#read(NV_PFALCON_FALCON_HWCFG2).memScrubbing === 0);
    else {
      await until(this.#device, step, what, SCRUB_TU102, () => {
        const { imemScrubbing, dmemScrubbing } = this.#read(NV_PFALCON_FALCON_DMACTL);
        return imemScrubbing === 0 && dmemScrubbing === 0;
      });
    }
  }

  /** Brings code and data in, and prepares the boot ROM where there is one. The falcon was reset before. */
  async load(step: Step, ucode: FalconUcode): Promise<void> {
    this.allowPhysical();
    if (this.#family.ucodeLoad === 'dma') await this.#loadByDma(step, ucode);
    else this.#loadByPorts(ucode);
    this.#write(NV_PFALCON_FALCON_BOOTVEC, { value: ucode.bootVector });
  }

  async #loadByDma(step: Step, { image: { address }, imem, dmem, brom }: FalconUcode): Promise<void> {
    this.#update(TRANSCFG, { physical: 1, target: COHERENT_SYSMEM });
    // IMEM: the offset register doubles as the code's virtual tag, so it counts within the image.
    if (imem) await this.#transfer(step, address, imem.source, imem, { imem: 1, secure: 1 });
    await this.#transfer(step, address + dmem.source, 0, dmem, { imem: 0, secure: 0 });
    if (brom === undefined) return;
    this.#write(PARAADDR, { value: brom.signatureOffset });
    this.#write(NV_PFALCON2_FALCON_BROM_ENGIDMASK, { value: brom.engineMask });
    this.#write(NV_PFALCON2_FALCON_BROM_CURR_UCODE_ID, { ucodeId: brom.ucodeId });
    this.#write(NV_PFALCON2_FALCON_MOD_SEL, { algorithm: MOD_SEL_RSA3K });
  }

  #loadByPorts({ image: { bytes }, nonSecureImem, imem, dmem, startTag }: FalconUcode): void {
    const words = (source: number, length: number, put: (value: number) => void): void => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      // Blocks are written whole, also the last one.
      for (let at = source; at < source + length; at += 4) put(at + 4 <= bytes.length ? view.getUint32(at, true) : 0);
    };
    for (const [section, secure] of [[nonSecureImem, 0], [imem, 1]] as const) {
      if (section === undefined) continue;
      const { source, destination, length } = section;
      this.#write(IMEM.control, { secure, autoIncrementWrite: 1, offset: destination });
      for (let done = 0; done < length; done += FALCON_BLOCK) {
        this.#write(IMEM.tag, { tag: (startTag ?? Math.floor(destination / FALCON_BLOCK)) + done / FALCON_BLOCK });
        words(source + done, FALCON_BLOCK, (value) => { this.#write(IMEM.data, { value }); });
      }
    }
    this.#write(DMEM.control, { autoIncrementWrite: 1, offset: dmem.destination });
    words(dmem.source, dmem.length, (value) => { this.#write(DMEM.data, { value }); });
  }

  /** Lets a context of the falcon reach coherent system memory by physical address. */
  openContext(context: number): void {
    this.#update(at(NV_PFALCON_FBIF_TRANSCFG, context), { physical: 1, target: COHERENT_SYSMEM });
  }

  /** Lets the falcon reach memory by physical address, without a context. */
  allowPhysical(): void {
    this.#update(NV_PFALCON_FBIF_CTL, { allowPhysicalWithoutContext: 1 });
    this.#write(NV_PFALCON_FALCON_DMACTL, {});
  }

  async #transfer(step: Step, base: number, offset: number, section: UcodeSection, kind: { readonly imem: 0 | 1; readonly secure: 0 | 1 }): Promise<void> {
    this.#write(NV_PFALCON_FALCON_DMATRFBASE, { base: Math.floor(base / 0x100) >>> 0 });
    this.#write(NV_PFALCON_FALCON_DMATRFBASE1, { base: Math.floor(base / 0x100_0000_0000) });
    for (let done = 0; done < section.length; done += FALCON_BLOCK) {
      this.#write(NV_PFALCON_FALCON_DMATRFMOFFS, { offset: section.destination + done });
      this.#write(NV_PFALCON_FALCON_DMATRFFBOFFS, { offset: offset + done });
      this.#write(NV_PFALCON_FALCON_DMATRFCMD, { ...kind, size: DMATRFCMD_SIZE_256B });
      if (this.#read(NV_PFALCON_FALCON_DMATRFCMD).idle === 0) {
        await until(this.#device, step, `DMA transfer into ${this.name}`, TRANSFER, () => this.#read(NV_PFALCON_FALCON_DMATRFCMD).idle === 1);
      }
    }
  }

  /** Starts the core; what it does is up to what is loaded. */
  start(): void {
    const alias = this.#read(NV_PFALCON_FALCON_CPUCTL).aliasEnable === 1;
    if (alias) this.#write(NV_PFALCON_FALCON_CPUCTL_ALIAS, { start: 1 });
    else this.#write(NV_PFALCON_FALCON_CPUCTL, { start: 1 });
  }

  /** Waits for the core to halt. @throws {@link NovaCoreError} `TIMEOUT` after 2 s. */
  async halted(step: Step): Promise<Mailboxes> {
    await until(this.#device, step, `halt of ${this.name}`, HALT, () => this.#read(NV_PFALCON_FALCON_CPUCTL).halted === 1);
    const { mailboxes } = this;
    report(this.#device.trace, 'nova-core.falcon.halted', { falcon: this.name, ...mailboxes });
    return mailboxes;
  }

  /** Sets the mailboxes, starts the core and waits for it to halt. */
  async run(step: Step, mailboxes: Mailboxes): Promise<Mailboxes> {
    this.setMailboxes(mailboxes);
    this.start();
    return this.halted(step);
  }

  #read<F extends Fields>(register: Register<F, 'falcon'>): Decoded<F> {
    return read(this.#device.bar0, register, this.#base);
  }
  #write<F extends Fields>(register: Register<F, 'falcon'>, values: Partial<Record<keyof F, number>>): void {
    write(this.#device.bar0, register, values, this.#base);
  }
  #update<F extends Fields>(register: Register<F, 'falcon'>, values: Partial<Record<keyof F, number>>): void {
    update(this.#device.bar0, register, values, this.#base);
  }
}
