/**
 * The firmware port: the seam between the chip's mechanics (`hw-model`) and what NVIDIA's code does on it
 * (`gsp-rm`). The model knows how a falcon is loaded and started; it does not know what the code means.
 * Nothing here holds a promise, and all state behind it is plain data.
 */

/** Memory request of a job; the same shape as `pci`'s DmaRequest. */
export type MemoryRequest =
  | { readonly op: 'read'; readonly address: number; readonly into: Uint8Array }
  | { readonly op: 'write'; readonly address: number; readonly from: Uint8Array };

/** A generator that yields memory requests; `yield` answers whether the request was carried out. */
export type MemoryJob<T = void> = Generator<MemoryRequest, T, boolean>;

/** The processors that firmware runs on. */
export type EngineName = 'gsp' | 'sec2';

/** What a falcon holds at the moment its CPU is started. Byte arrays are live until the engine is reset: do not keep them longer. */
export interface FalconStart {
  readonly engine: EngineName;
  readonly imem: Uint8Array;
  readonly dmem: Uint8Array;
  /** IMEM blocks of 256 bytes that were loaded since the last reset, by physical block number: secure or not. */
  readonly loadedImem: readonly { readonly block: number; readonly tag: number; readonly secure: boolean }[];
  /** True when nothing was loaded since the last reset. */
  readonly empty: boolean;
  readonly bootVector: number;
  /** Boot-ROM registers; undefined for a falcon that has no boot ROM, as on Turing: there secure code checks itself. */
  readonly brom: {
    /** MOD_SEL: 1 = RSA3K. */
    readonly algorithm: number;
    readonly ucodeId: number;
    readonly engineIdMask: number;
    /** DMEM offset of the signature block. */
    readonly paraAddr: number;
  } | undefined;
  readonly mailbox0: number;
  readonly mailbox1: number;
}

/** What code that runs on a falcon has transferred into the falcon's memory. Offsets and sizes in bytes. */
export interface FalconFetch {
  /** Which FBIF_TRANSCFG says where the source is, 0 to 7. */
  readonly context: number;
  /** In VRAM or in system memory, as that register says. */
  readonly address: number;
  readonly memory: 'imem' | 'dmem';
  readonly offset: number;
  readonly size: number;
  /** Virtual block number of the first block of code. */
  readonly tag: number;
  /** Code that only runs when it is signed. */
  readonly secure: boolean;
}

/** What a display output is wired to. */
export interface OutputFacts {
  readonly connector: 'DP' | 'HDMI' | 'DVI';
  /** A monitor that is plugged in: its EDID, and for DisplayPort its DPCD from address 0 on. */
  readonly monitor?: { readonly edid: Uint8Array; readonly dpcd?: Uint8Array };
}

/** The display engine. */
export interface DisplayFacts {
  readonly heads: number;
  /** Output resources (SOR). */
  readonly sors: number;
  /** Output n has the display id `1 << (8 + n)`. */
  readonly outputs: readonly OutputFacts[];
}

/** Video memory and the cache before it. */
export interface MemoryFacts {
  readonly type: 'GDDR5' | 'GDDR6' | 'GDDR6X' | 'HBM2' | 'HBM3' | 'GDDR7';
  /** Bits. */
  readonly busWidth: number;
  /** Bytes. */
  readonly l2CacheSize: number;
  readonly fbpMask: number;
  readonly ltcCount: number;
  readonly slicesPerLtc: number;
}

/** Everything about the board that the firmware would find out by itself; one record, so that all answers agree. */
export interface ChipFacts {
  /** Lower-case chip name, `ad102`. */
  readonly chip: string;
  readonly architecture: 'turing' | 'ampere' | 'hopper' | 'ada' | 'blackwell-gb10x' | 'blackwell-gb20x';
  /** (architecture << 4) | implementation, e.g. 0x192. */
  readonly chipId: number;
  /** Marketing name, `NVIDIA L40`. */
  readonly productName: string;
  readonly pci: {
    readonly vendor: number; readonly device: number;
    readonly subsystemVendor: number; readonly subsystem: number; readonly revision: number;
  };
  /** 16 bytes. */
  readonly uuid: Uint8Array;
  /** Framebuffer size in bytes. */
  readonly vramSize: number;
  /** Fuse versions that decide which signature is right. */
  readonly fuses: { readonly gspFwsec: number; readonly sec2Booter: number };
  readonly displayDisabled: boolean;
  readonly gpcMask: number;
  /** TPC mask per GPC index. */
  readonly tpcMasks: readonly number[];
  readonly ecc: boolean;
  /** Whether the board is configured to host virtual GPUs, as its FSP tells. */
  readonly vgpuMode?: boolean;
  readonly sriov: { readonly totalVfs: number; readonly firstVfOffset: number; readonly vfStride: number } | undefined;
  /** Host channels (chids) of the whole GPU. */
  readonly channels: number;
  /** VMMU segment size in bytes. */
  readonly vmmuSegmentSize: number;
  /** Engines that exist, by the RM's engine names: `GR0`, `COPY0`, `NVDEC0`, … */
  readonly engines: readonly string[];
  /** Interrupt vectors that the mechanics raise; where a board tells none, the firmware takes the chip's usual ones. */
  readonly vectors?: { readonly gsp: number };
  /** Where a board tells none, the firmware takes what is usual for the chip. */
  readonly display?: DisplayFacts;
  /** As {@link display}. */
  readonly memory?: MemoryFacts;
}

/** Where a display channel finds its methods; `limit` is the offset of the last byte. */
export interface DisplayPushbuffer {
  readonly source: 'vram' | 'system';
  readonly address: number;
  readonly limit: number;
}

/** A display channel that is to be opened. */
export interface DisplayChannelSpec {
  readonly kind: 'core' | 'window' | 'windowImmediate' | 'cursor';
  readonly instance: number;
  /** Low bits of its owner's handle, as the table of objects has them. */
  readonly client: number;
  /** A cursor has none: the CPU writes its methods. */
  readonly pushbuffer: DisplayPushbuffer | undefined;
  /** Where in the pushbuffer it begins, in bytes. */
  readonly put: number;
}

/** The operations that firmware has on the display engine. */
export interface DisplayHardware {
  /** Instance memory of the display, in VRAM. */
  setMemory(memory: { readonly address: number; readonly size: number } | undefined): void;
  open(channel: DisplayChannelSpec): void;
  close(channel: Pick<DisplayChannelSpec, 'kind' | 'instance'>): void;
}

/** How far the CPU gets at an engine: not at all; it sees registers, but the processor is still locked; all of it. */
export type Lockdown = 'masked' | 'locked' | 'released';

/** The operations that the FSP's firmware has on its queues. */
export interface FspHardware {
  /** Answers the message last taken from a channel: whole words, 8 bytes to 1 KiB. @throws RangeError */
  answer(channel: number, bytes: Uint8Array): void;
}

/** Which host channel. */
export interface HostChannelName {
  readonly runlist: number;
  readonly id: number;
}

/** A page directory in memory; bytes. */
export interface HostDirectory {
  readonly aperture: 'vram' | 'coherent';
  readonly address: number;
}

/** A host channel that is to be opened. */
export interface HostChannelSpec extends HostChannelName {
  /** Class of the channel, `0xc56f`; one of `CHANNEL_CLASSES`. */
  readonly class: number;
  /** Channels of one group have their time together. */
  readonly group: number;
  /** GPU virtual address of the ring of GPFIFO entries, and how many they are. */
  readonly ring: number;
  readonly entries: number;
  readonly userd: { readonly source: 'vram' | 'system'; readonly address: number };
  /** May use physical addresses. */
  readonly privileged: boolean;
  /** Interrupt vector of its engine's notifications. */
  readonly nonStall: number;
}

/** What a host channel died of. */
export interface ChannelFault extends HostChannelName {
  /** Memory, the pushbuffer itself, a copy engine, or graphics and compute. */
  readonly kind: 'mmu' | 'pbdma' | 'copy' | 'graphics';
  readonly reason: string;
  /** Of memory: where, as the channel sees it, and for what. */
  readonly address: number | undefined;
  readonly access: 'read' | 'write' | undefined;
}

/** What firmware changes of an open host channel. */
export interface HostChannelSetting {
  /** Root of its address space; undefined while nothing is mapped. */
  readonly directory: HostDirectory | undefined;
  /** Classes whose objects may be bound to its subchannels. */
  readonly classes: readonly number[];
  /** Whether it is on its runlist. */
  readonly scheduled: boolean;
}

/** The operations that firmware has on host channels. Those on a channel that is not open do nothing. */
export interface HostHardware {
  /** @throws RangeError for a class that is none of channels. */
  open(channel: HostChannelSpec): void;
  close(channel: HostChannelName): void;
  set(channel: HostChannelName, setting: HostChannelSetting): void;
  /** Stops all runlists, or lets them go on. */
  stop(stopped: boolean): void;
  /** Closes every channel. */
  reset(): void;
  /** All channels as plain data, as they lie in memory while they do not run. */
  save(): unknown;
  /** Takes up what {@link save} gave. */
  load(saved: unknown): void;
}

/** A piece of VRAM, in bytes. */
export interface VramRange {
  readonly start: number;
  readonly size: number;
}

/** The operations that firmware has on the hardware. */
export interface FirmwareHardware {
  readonly facts: ChipFacts;
  /** Device time in nanoseconds. */
  now(): number;
  /** Starts a job that reads and writes system memory. */
  start(job: MemoryJob): void;
  /** Fires {@link FirmwarePort.timer} at time `at`. Timers are part of the model's state. */
  arm(timer: { readonly at: number; readonly event: string; readonly arg: number }): void;
  disarm(event: string): void;

  mailbox(engine: EngineName, index: 0 | 1): number;
  setMailbox(engine: EngineName, index: 0 | 1, value: number): void;
  /** CPUCTL.halted := 1. A started falcon runs until firmware halts it. */
  halt(engine: EngineName): void;
  /** A transfer that the falcon's own code starts. @returns whether it was carried out */
  fetch(engine: EngineName, request: FalconFetch): MemoryJob<boolean>;
  /** RISC-V core state as RISCV_CPUCTL and CORE_SWITCH report it. */
  setRiscv(engine: EngineName, state: { readonly active: boolean; readonly halted: boolean }): void;
  /** Sets IRQSTAT bits and, through the interrupt tree, the CPU's interrupt. SWGEN0 is 0x40. */
  raiseFalconInterrupt(engine: EngineName, bits: number): void;
  /** Undefined where it was fused off. */
  readonly display: DisplayHardware | undefined;
  readonly host: HostHardware;
  /** Forgets the translations of channels and of the BARs. */
  invalidateTlb(): void;
  /** Undefined on chips that have none. */
  readonly fsp: FspHardware | undefined;
  /** How far the CPU gets at the GSP; on chips without an FSP it is always released. */
  setLockdown(lockdown: Lockdown): void;
  /** Sets a plain scratch register by its BAR0 address (SW scratch, BSI scratch). */
  setScratch(address: number, value: number): void;
  scratch(address: number): number;

  /** Protected region 2: `[start, end)` in bytes of VRAM, 4 KiB aligned. */
  setWpr2(start: number, end: number): void;
  clearWpr2(): void;
  /** Undefined while it is not set. */
  wpr2(): { readonly start: number; readonly end: number } | undefined;

  /**
   * Gives a virtual function these ranges of VRAM, one behind the other from 0 on, in place of what it had (the VMMU's table); none: it is
   * empty. Out of range throws RangeError.
   *
   * @param gfid - index of the function and 1
   */
  setFunctionMemory(gfid: number, ranges: readonly VramRange[]): void;

  /** VRAM as the firmware sees it: no window, no translation. Out of range throws RangeError. */
  readVram(address: number, into: Uint8Array): void;
  writeVram(address: number, from: Uint8Array): void;
  /** Sets a range to one byte value; zero gives whole pages back. */
  fillVram(address: number, length: number, byte: number): void;
  /**
   * VRAM bytes `[address, address + length)` in place, for filling by DMA; may return a shorter array, which the
   * caller then continues after. Never copies.
   */
  vramSpan(address: number, length: number): Uint8Array;

  trace(point: string, args?: Readonly<Record<string, string | number | bigint | boolean>>): void;
  /** Asks the fault plan; undefined means go on normally. */
  fault(point: string): { readonly action: string; readonly value?: number } | undefined;
}

/** What firmware offers to the mechanics. */
export interface FirmwarePort {
  /** A falcon's CPU was started. The firmware acts and calls `halt` when its code would. */
  falconStarted(start: FalconStart): void;
  /** A falcon engine was reset: whatever ran there is gone. */
  engineReset(engine: EngineName): void;
  /** QUEUE_HEAD(index) of the GSP was written. */
  doorbell(index: number): void;
  /** A message came to the FSP; answer it through {@link FirmwareHardware.fsp}. Chips with an FSP need firmware that has this. */
  fspMessage?(channel: number, bytes: Uint8Array): void;
  /** A timer armed through {@link FirmwareHardware.arm} is due. */
  timer(event: string, arg: number): void;
  /** The doorbell at 0xb82200 was written (host to plugin: gfid * 32 + handle). */
  vfDoorbell(value: number): void;
  /** A host channel made a mistake and was stopped. Without this, nobody is told. */
  channelFault?(fault: ChannelFault): void;
  /** The whole device was reset. */
  deviceReset(): void;
  /** Plain data; taken only while no job is running. */
  snapshot(): unknown;
  restore(state: unknown): void;
}

/** How a board plugs firmware in. */
export type Firmware = (hardware: FirmwareHardware) => FirmwarePort;
