import {
  at, DMATRFCMD_SIZE_256B, FALCON_BLOCK, FALCONS, MOD_SEL_RSA3K, NV_PFALCON2_FALCON_BROM_CURR_UCODE_ID,
  NV_PFALCON2_FALCON_BROM_ENGIDMASK, NV_PFALCON2_FALCON_BROM_PARAADDR, NV_PFALCON2_FALCON_MOD_SEL,
  NV_PFALCON_FALCON_BOOTVEC, NV_PFALCON_FALCON_CPUCTL, NV_PFALCON_FALCON_CPUCTL_ALIAS, NV_PFALCON_FALCON_DMACTL,
  NV_PFALCON_FALCON_DMATRFBASE, NV_PFALCON_FALCON_DMATRFBASE1, NV_PFALCON_FALCON_DMATRFCMD,
  NV_PFALCON_FALCON_DMATRFFBOFFS, NV_PFALCON_FALCON_DMATRFMOFFS, NV_PFALCON_FALCON_ENGINE, NV_PFALCON_FALCON_HWCFG2,
  NV_PFALCON_FALCON_IRQSCLR, NV_PFALCON_FALCON_MAILBOX0, NV_PFALCON_FALCON_MAILBOX1, NV_PFALCON_FALCON_OS,
  NV_PFALCON_FALCON_RM, NV_PFALCON_FBIF_CTL, NV_PFALCON_FBIF_TRANSCFG, NV_PMC_BOOT_0, NV_PRISCV_RISCV_BCR_CTRL,
  NV_PRISCV_RISCV_CPUCTL, type Decoded, type FalconName, type Family, type Fields, type Register,
} from '@nova-stack/gpu-regs';
import type { DmaBuffer } from '@nova-stack/pci';

import { MS, report, S, until, US, type Device } from './device.ts';
import { NovaCoreError, type Step } from './errors.ts';
import { read, update, write } from './mmio.ts';
import type { UcodeSection } from './vbios/descriptor.ts';

/** Code and data for a falcon whose ucode is fetched by DMA and checked by the boot ROM. */
export interface FalconUcode {
  /** What it is, for errors. */
  readonly name: string;
  /** Where the device finds it; whole 256-byte blocks are read, so the memory extends to the next multiple. */
  readonly image: Pick<DmaBuffer, 'address'>;
  readonly imem: UcodeSection;
  readonly dmem: UcodeSection;
  readonly bootVector: number;
  readonly brom: {
    /** DMEM offset of the signature. */
    readonly signatureOffset: number;
    readonly engineMask: number;
    readonly ucodeId: number;
  };
}

export interface Mailboxes {
  readonly mailbox0: number;
  readonly mailbox1: number;
}

const RESET_READY = { bound: 150 * US, every: 10 * US } as const;
const RESET_HOLD = 10 * US;
const SCRUB = { bound: 20 * MS, every: 100 * US } as const;
const CORE_SELECT = { bound: 10 * MS, every: 100 * US } as const;
const TRANSFER = { bound: 2 * S, every: 10 * US } as const;
/** Longest run of any ucode. */
const HALT = { bound: 2 * S, every: 10 * US } as const;
const COHERENT_SYSMEM = 1;
/** Context of {@link NV_PFALCON_FALCON_DMATRFCMD} through which ucode is fetched. */
const TRANSCFG = at(NV_PFALCON_FBIF_TRANSCFG, 0);
const PARAADDR = at(NV_PFALCON2_FALCON_BROM_PARAADDR, 0);

/**
 * One falcon microcontroller, driven as GA102 and later want it: loading by DMA, start through the boot ROM.
 * Source: linux: drivers/gpu/nova-core/falcon.rs, falcon/hal/ga102.rs.
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

  /** The RISC-V core of the same engine has stopped. */
  get riscvHalted(): boolean {
    return this.#read(NV_PRISCV_RISCV_CPUCTL).halted === 1;
  }

  /** Clears the software interrupt that a message raises. */
  clearSoftwareInterrupt(): void {
    this.#write(NV_PFALCON_FALCON_IRQSCLR, { swgen0: 1 });
  }

  /** Stops whatever runs, clears the memories and selects the falcon core. */
  async reset(step: Step): Promise<void> {
    const device = this.#device;
    // Some engines never report readiness here; the reset works all the same.
    await until(device, step, `reset readiness of ${this.name}`, RESET_READY, () => this.#read(NV_PFALCON_FALCON_HWCFG2).resetReady === 1)
      .catch((error: unknown) => {
        if (!(error instanceof NovaCoreError) || error.code !== 'TIMEOUT') throw error;
      });
    this.#update(NV_PFALCON_FALCON_ENGINE, { reset: 1 });
    await device.clock.sleep(RESET_HOLD, `reset of ${this.name}`);
    this.#update(NV_PFALCON_FALCON_ENGINE, { reset: 0 });
    await this.#scrubbed(step);
    if (this.#read(NV_PRISCV_RISCV_BCR_CTRL).coreSelect !== 0) {
      this.#write(NV_PRISCV_RISCV_BCR_CTRL, {});
      await until(device, step, `core selection of ${this.name}`, CORE_SELECT, () => this.#read(NV_PRISCV_RISCV_BCR_CTRL).valid === 1);
    }
    await this.#scrubbed(step);
    this.#write(NV_PFALCON_FALCON_RM, { value: read(device.bar0, NV_PMC_BOOT_0).raw });
    report(device.trace, 'nova-core.falcon.reset', { falcon: this.name });
  }

  async #scrubbed(step: Step): Promise<void> {
    await until(this.#device, step, `memory scrubbing of ${this.name}`, SCRUB, () => this.#read(NV_PFALCON_FALCON_HWCFG2).memScrubbing === 0);
  }

  /** Fetches code and data by DMA and prepares the boot ROM. The falcon was reset before. */
  async load(step: Step, ucode: FalconUcode): Promise<void> {
    this.allowPhysical();
    this.#update(TRANSCFG, { physical: 1, target: COHERENT_SYSMEM });
    const { address } = ucode.image;
    // IMEM: the offset register doubles as the code's virtual tag, so it counts within the image.
    await this.#transfer(step, address, ucode.imem.source, ucode.imem, { imem: 1, secure: 1 });
    await this.#transfer(step, address + ucode.dmem.source, 0, ucode.dmem, { imem: 0, secure: 0 });
    this.#write(PARAADDR, { value: ucode.brom.signatureOffset });
    this.#write(NV_PFALCON2_FALCON_BROM_ENGIDMASK, { value: ucode.brom.engineMask });
    this.#write(NV_PFALCON2_FALCON_BROM_CURR_UCODE_ID, { ucodeId: ucode.brom.ucodeId });
    this.#write(NV_PFALCON2_FALCON_MOD_SEL, { algorithm: MOD_SEL_RSA3K });
    this.#write(NV_PFALCON_FALCON_BOOTVEC, { value: ucode.bootVector });
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
