import type { FramingProfile, SharedMemoryArguments } from '@nova-stack/gsp-rpc';

import type { FbLayout, HeapSizing } from '../fb-layout.ts';
import type { Absent } from './absent.ts';
import type { VgpuAbi } from './vgpu-abi.ts';

/**
 * What the driver wants of the GSP's firmware, without a word of how a version spells it.
 *
 * One module per version answers every intent (`r570_144.ts`) or, where the type allows {@link Absent}, says why not;
 * the compiler demands that none is left out. Nothing outside those modules sees a version's structures.
 */
export interface FirmwareAbi {
  /** `570.144`, as the image's `.fwversion` and the running firmware say it. */
  readonly version: string;
  /** How messages are framed. */
  readonly framing: FramingProfile;
  readonly boot: BootAbi;
  readonly messages: MessageAbi;
  readonly controls: ControlAbi;
  readonly channels: ChannelAbi;
  readonly vgpu: VgpuAbi | Absent;
}

/** A version under which virtual GPUs can be hosted. */
export type HostingAbi = FirmwareAbi & { readonly vgpu: VgpuAbi };

/** What is laid into memory before the firmware runs. */
export interface BootAbi {
  /** Heap in WPR2, by the version of LIBOS that the chip's firmware is built on. */
  readonly heap: Readonly<Record<2 | 3, HeapSizing>>;
  /** The same on chips with an FSP. */
  readonly fspHeap: HeapSizing;
  wprMeta(input: WprMetaInput): Uint8Array;
  /** What the GSP-FMC is started with; bus addresses. */
  fmcBootParams(input: { readonly wprMeta: number; readonly libosArguments: number }): Uint8Array;
  /** The page that names all regions which the firmware's operating system gets; at most one page. */
  libosArguments(regions: readonly LibosRegion[]): Uint8Array;
  /** `resuming`: the firmware takes up what it left in memory when it was suspended. */
  rmArguments(queues: SharedMemoryArguments, options: { readonly resuming: boolean }): Uint8Array;
  /** Tells booter where WPR2 is put aside: bus address of a radix-3 table's first level, and bytes. */
  srMeta(input: { readonly address: number; readonly size: number }): Uint8Array;
}

export interface WprMetaInput {
  readonly layout: FbLayout;
  /** Bus address of the radix-3 table's first level, and bytes of the image. */
  readonly radix3: { readonly address: number; readonly size: number };
  readonly bootloader: {
    readonly address: number;
    readonly size: number;
    /** Offsets in the bootloader's data. */
    readonly codeOffset: number;
    readonly dataOffset: number;
    readonly manifestOffset: number;
  };
  readonly signature: { readonly address: number; readonly size: number };
}

/** A region of system memory for the firmware's operating system; contiguous, a multiple of 4 KiB. */
export interface LibosRegion {
  /** At most 8 ASCII characters. */
  readonly name: string;
  readonly address: number;
  readonly size: number;
}

/** A message that is answered. */
export interface Call<Request, Reply> {
  readonly name: string;
  readonly function: number;
  encode(request: Request): Uint8Array;
  /** `payload` may be longer than what is decoded; shorter throws. */
  decode(payload: Uint8Array): Reply;
}

/** A message that is not answered. */
export interface Notice<Request> {
  readonly name: string;
  readonly function: number;
  encode(request: Request): Uint8Array;
}

/** A message that the firmware sends by itself. */
export interface EventForm<T> {
  /** As errors speak of it. */
  readonly name: string;
  readonly number: number;
  /** @throws RangeError, or a layout's error when `payload` is too short. */
  readonly decode: (payload: Uint8Array) => T;
}

export interface MessageAbi {
  readonly setSystemInfo: Notice<SystemFacts>;
  readonly setRegistry: Notice<readonly RegistryEntry[]>;
  readonly staticInfo: Call<undefined, StaticInfo>;
  readonly unload: Call<undefined, undefined>;
  /** The same with everything kept, to be taken up again after a sleep. */
  readonly suspend: Call<undefined, undefined>;
  readonly control: Call<ControlRequest, ControlReply>;
  readonly alloc: Call<AllocRequest, AllocReply>;
  /** Frees an object with all that hangs on it; freeing a client frees everything it has. */
  readonly free: Call<FreeRequest, undefined>;
  readonly events: Events;
}

export interface Events {
  readonly initDone: EventForm<undefined>;
  /** The used part of a sequence of commands for the CPU. */
  readonly sequencer: EventForm<Uint8Array>;
  /** Decodes whatever comes. */
  readonly osError: EventForm<OsError>;
  /** A channel was stopped for what it did. */
  readonly channelError: EventForm<ChannelError>;
  /** Most registers become unreachable, or reachable again. */
  readonly lockdown: EventForm<{ readonly engaged: boolean }>;
  readonly journal: EventForm<JournalRecord> | Absent;
  /** Something happened to the task of a virtual GPU. */
  readonly vgpuTask: EventForm<TaskNotice>;
}

/** An error that the firmware has a number for (Xid), and its text. */
export interface OsError {
  readonly xid: number;
  readonly text: string;
}

/** A channel that the firmware has stopped: its engine as calls name it, its id, and the number of the error (Xid). */
export interface ChannelError {
  readonly engine: number;
  readonly channel: number;
  readonly xid: number;
}

/** What the firmware tells of the task of a virtual GPU. */
export interface TaskNotice {
  /** Virtual function index + 1, as the firmware says it: nothing promises that it exists. */
  readonly gfid: number;
  /** It is dead; anything else that can be told is nothing that is waited for. */
  readonly crashed: boolean;
}

/** What the firmware puts down about an error, for later. */
export interface JournalRecord {
  readonly source: string;
  readonly engine: string;
  readonly code: bigint;
}

/** What the firmware cannot see for itself. */
export interface SystemFacts {
  /** Bus addresses of the three memory BARs. */
  readonly registers: number;
  readonly framebuffer: number;
  readonly instance: number;
  /** `bus << 8 | device << 3 | function`. */
  readonly busDeviceFunction: number;
  /** `device << 16 | vendor`. */
  readonly deviceId: number;
  readonly subsystemId: number;
  readonly revision: number;
  readonly configMirror: { readonly start: number; readonly size: number };
  /** Present when virtual functions are to be hosted. */
  readonly vfs: {
    readonly total: number;
    readonly firstOffset: number;
    /** BARs 0, 1, 2 of the first virtual function. */
    readonly bars: readonly { readonly address: number; readonly is64: boolean }[];
  } | undefined;
}

export interface RegistryEntry {
  readonly name: string;
  readonly value: number;
}

/** A range of the framebuffer, as the firmware reports it. */
export interface ReportedRegion {
  readonly start: number;
  readonly size: number;
  /** Bytes that the firmware keeps for itself. */
  readonly reserved: number;
  readonly isProtected: boolean;
  readonly compressible: boolean;
  readonly scanout: boolean;
}

export interface InternalHandles {
  readonly client: number;
  readonly device: number;
  readonly subdevice: number;
}

export interface StaticInfo {
  /** Marketing name; empty when the firmware's is not text. */
  readonly name: string;
  /** 16 bytes, or undefined where the firmware does not say. */
  readonly uuid: Uint8Array | undefined;
  readonly fbSize: number;
  readonly regions: readonly ReportedRegion[];
  /** Objects that exist inside the firmware, the targets of internal controls. */
  readonly internal: InternalHandles;
}

export interface ControlRequest {
  readonly client: number;
  readonly object: number;
  readonly command: number;
  readonly params: Uint8Array;
}
export interface ControlReply {
  /** 0, or the firmware's own status. */
  readonly status: number;
  readonly params: Uint8Array;
}

/** An object, and its parameters by its class. */
export interface AllocRequest {
  readonly client: number;
  readonly parent: number;
  /** Chosen by the driver, new among the client's. */
  readonly object: number;
  readonly class: number;
  readonly params: Uint8Array;
}
export interface AllocReply {
  /** 0, or the firmware's own status. */
  readonly status: number;
  readonly params: Uint8Array;
}

export interface FreeRequest {
  readonly client: number;
  readonly object: number;
}

/** A control on the internal subdevice. */
export interface Control<Request, Reply> {
  readonly name: string;
  readonly command: number;
  encode(request: Request): Uint8Array;
  decode(params: Uint8Array): Reply;
}

export interface ControlAbi {
  readonly features: Control<undefined, { readonly valid: boolean; readonly version: string }>;
  /** Granularity of the memory that a virtual function can be given, in bytes. */
  readonly vmmuSegmentSize: Control<undefined, number>;
  /** Host channels of the whole GPU. */
  readonly channelCount: Control<undefined, number>;
  /** Indices of engines that exist, in the firmware's numbering. */
  readonly engines: Control<undefined, readonly number[]>;
  readonly eccEnabled: Control<undefined, boolean>;
  /** Vector by which the firmware calls the CPU, in the interrupt tree; undefined where it has none. */
  readonly gspVector: Control<undefined, number | undefined>;
  /** Sets a range of the framebuffer to one byte. */
  readonly fill: Control<{ readonly start: number; readonly size: number; readonly byte: number }, undefined>;
}

/** How an object is allocated: its class, and its parameters. */
export interface ObjectForm<Request> {
  readonly class: number;
  readonly params: (request: Request) => Uint8Array;
}

/** A piece of the framebuffer, in bytes. */
export interface VramPiece {
  readonly address: number;
  readonly size: number;
}

/** A copy engine, as the firmware numbers engines, and the runlist that feeds it. */
export interface CopyEngine {
  readonly engine: number;
  readonly runlist: number;
}

/** Channels of the driver's own, with page tables of its own. */
export interface ChannelAbi {
  readonly objects: {
    readonly client: ObjectForm<{ readonly handle: number }>;
    readonly device: ObjectForm<{ readonly client: number }>;
    readonly subdevice: ObjectForm<undefined>;
    /** An address space whose page tables are the driver's. */
    readonly vaspace: ObjectForm<undefined>;
  };
  /** Sent to the device: where the root of an address space lies in the framebuffer. */
  readonly pageDirectory: Control<{ readonly vaspace: number; readonly address: number; readonly entries: number }, undefined>;
  /** Those that share their runlist with no other kind of engine. */
  readonly copyEngines: Control<undefined, readonly CopyEngine[]>;
  /** Parameters of a privileged channel. `ring` is a virtual address; the rest lies in the framebuffer. */
  readonly channel: (request: {
    readonly vaspace: number; readonly engine: number; readonly ring: number; readonly entries: number;
    readonly instance: VramPiece; readonly userd: VramPiece; readonly methodBuffer: VramPiece;
  }) => Uint8Array;
  /** Sent to the channel. */
  readonly bind: Control<number, undefined>;
  /** Sent to the channel. */
  readonly schedule: Control<boolean, undefined>;
  /** Sent to the channel: what its doorbell is rung with; older firmware tells the channel's id alone. */
  readonly token: Control<undefined, number>;
  readonly copyObject: (engine: number) => Uint8Array;
}
