import type { DmaBuffer } from '@nova-stack/pci';

import { MS, report, S, until, US, type Device } from './device.ts';
import { NovaCoreError, type Step } from './errors.ts';
import * as R from './registers.ts';
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
const BLOCK = 256;
/** DMATRFCMD.size code of {@link BLOCK}. */
const BLOCK_SIZE_CODE = 6;
const COHERENT_SYSMEM = 1;
/** MOD_SEL: RSA with 3072 bits. */
const RSA3K = 1;

/**
 * One falcon microcontroller, driven as GA102 and later want it: loading by DMA, start through the boot ROM.
 * Source: linux: drivers/gpu/nova-core/falcon.rs, falcon/hal/ga102.rs.
 */
export class Falcon {
  readonly name: string;
  readonly #device: Device;
  readonly #engine: R.FalconEngine;

  constructor(device: Device, engine: R.FalconEngine) {
    this.#device = device;
    this.#engine = engine;
    this.name = engine.name;
  }

  get mailboxes(): Mailboxes {
    return { mailbox0: this.#read(R.MAILBOX0).value, mailbox1: this.#read(R.MAILBOX1).value };
  }

  /** `value` is written as it is: the firmware takes a 64-bit address as low and high half. */
  setMailboxes({ mailbox0, mailbox1 }: Mailboxes): void {
    this.#write(R.MAILBOX0, { value: mailbox0 });
    this.#write(R.MAILBOX1, { value: mailbox1 });
  }

  /** Tells the firmware's operating system which application it is. */
  setApplicationVersion(version: number): void {
    this.#write(R.FALCON_OS, { value: version });
  }

  get riscvActive(): boolean {
    return this.#read(R.RISCV_CPUCTL).active === 1;
  }

  /** The RISC-V core of the same engine has stopped. */
  get riscvHalted(): boolean {
    return this.#read(R.RISCV_CPUCTL).halted === 1;
  }

  /** Clears the software interrupt that a message raises. */
  clearSoftwareInterrupt(): void {
    this.#write(R.IRQSCLR, { swgen0: 1 });
  }

  /** Stops whatever runs, clears the memories and selects the falcon core. */
  async reset(step: Step): Promise<void> {
    const device = this.#device;
    // Some engines never report readiness here; the reset works all the same.
    await until(device, step, `reset readiness of ${this.name}`, RESET_READY, () => this.#read(R.HWCFG2).resetReady === 1)
      .catch((error: unknown) => {
        if (!(error instanceof NovaCoreError) || error.code !== 'TIMEOUT') throw error;
      });
    this.#update(R.FALCON_ENGINE, { reset: 1 });
    await device.clock.sleep(RESET_HOLD, `reset of ${this.name}`);
    this.#update(R.FALCON_ENGINE, { reset: 0 });
    await this.#scrubbed(step);
    if (this.#read(R.BCR_CTRL).coreSelect !== 0) {
      this.#write(R.BCR_CTRL, {});
      await until(device, step, `core selection of ${this.name}`, CORE_SELECT, () => this.#read(R.BCR_CTRL).valid === 1);
    }
    await this.#scrubbed(step);
    this.#write(R.FALCON_RM, { value: R.read(device.bar0, R.PMC_BOOT_0).raw });
    report(device.trace, 'nova-core.falcon.reset', { falcon: this.name });
  }

  async #scrubbed(step: Step): Promise<void> {
    await until(this.#device, step, `memory scrubbing of ${this.name}`, SCRUB, () => this.#read(R.HWCFG2).memScrubbing === 0);
  }

  /** Fetches code and data by DMA and prepares the boot ROM. The falcon was reset before. */
  async load(step: Step, ucode: FalconUcode): Promise<void> {
    this.allowPhysical();
    this.#update(R.FBIF_TRANSCFG0, { memType: 1, target: COHERENT_SYSMEM });
    const { address } = ucode.image;
    // IMEM: the offset register doubles as the code's virtual tag, so it counts within the image.
    await this.#transfer(step, address, ucode.imem.source, ucode.imem, { imem: 1, sec: 1 });
    await this.#transfer(step, address + ucode.dmem.source, 0, ucode.dmem, { imem: 0, sec: 0 });
    this.#write(R.BROM_PARAADDR0, { value: ucode.brom.signatureOffset });
    this.#write(R.BROM_ENGIDMASK, { value: ucode.brom.engineMask });
    this.#write(R.BROM_CURR_UCODE_ID, { ucodeId: ucode.brom.ucodeId });
    this.#write(R.MOD_SEL, { algorithm: RSA3K });
    this.#write(R.BOOTVEC, { value: ucode.bootVector });
  }

  /** Lets the falcon reach memory by physical address, without a context. */
  allowPhysical(): void {
    this.#update(R.FBIF_CTL, { allowPhysNoCtx: 1 });
    this.#write(R.DMACTL, {});
  }

  async #transfer(step: Step, base: number, offset: number, section: UcodeSection, kind: { readonly imem: 0 | 1; readonly sec: 0 | 1 }): Promise<void> {
    this.#write(R.DMATRFBASE, { value: Math.floor(base / 0x100) >>> 0 });
    this.#write(R.DMATRFBASE1, { value: Math.floor(base / 0x100_0000_0000) });
    for (let done = 0; done < section.length; done += BLOCK) {
      this.#write(R.DMATRFMOFFS, { value: section.destination + done });
      this.#write(R.DMATRFFBOFFS, { value: offset + done });
      this.#write(R.DMATRFCMD, { ...kind, size: BLOCK_SIZE_CODE });
      if (this.#read(R.DMATRFCMD).idle === 0) {
        await until(this.#device, step, `DMA transfer into ${this.name}`, TRANSFER, () => this.#read(R.DMATRFCMD).idle === 1);
      }
    }
  }

  /** Starts the core; what it does is up to what is loaded. */
  start(): void {
    const alias = this.#read(R.CPUCTL).aliasEnable === 1;
    this.#write(alias ? R.CPUCTL_ALIAS : R.CPUCTL, { start: 1 });
  }

  /** Waits for the core to halt. @throws {@link NovaCoreError} `TIMEOUT` after 2 s. */
  async halted(step: Step): Promise<Mailboxes> {
    await until(this.#device, step, `halt of ${this.name}`, HALT, () => this.#read(R.CPUCTL).halted === 1);
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

  #read<F extends R.Fields>(register: R.Register<F>): R.Decoded<F> {
    return R.read(this.#device.bar0, register, this.#engine.base);
  }
  #write<F extends R.Fields>(register: R.Register<F>, fields: Partial<Record<keyof F, number>>): void {
    R.write(this.#device.bar0, register, fields, this.#engine.base);
  }
  #update<F extends R.Fields>(register: R.Register<F>, fields: Partial<Record<keyof F, number>>): void {
    R.update(this.#device.bar0, register, fields, this.#engine.base);
  }
}
