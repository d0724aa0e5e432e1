/** What an allocation asks for and what the firmware then remembers of the object. All of it is plain data. */

/** An engine as a call names it; a number that is no engine's has no name. */
export interface EngineRef {
  readonly number: number;
  readonly name: string | undefined;
}

/** Where memory lies. `none` is what a caller leaves open. */
export type Aperture = 'vram' | 'system' | 'none' | 'unknown';

/** A piece of memory that a caller gives; bytes. */
export interface Memory {
  readonly address: number;
  readonly size: number;
  readonly aperture: Aperture;
}

/** A page directory that the caller owns; bytes. */
export interface PageDirectory {
  readonly address: number;
  readonly entries: number;
  readonly aperture: Aperture;
}

/** One level of page tables that the caller lays under the firmware's own; bytes. */
export interface DirectoryLevel {
  readonly address: number;
  readonly size: number;
  readonly shift: number;
}

export interface VaspaceData {
  readonly index: number;
  /** The caller manages the page tables and gives their root. */
  readonly externallyOwned: boolean;
  readonly size: number;
  directory: PageDirectory | undefined;
  levels: readonly DirectoryLevel[];
}

export interface MemoryData {
  /** Bytes. */
  readonly size: number;
  /** Bus or VRAM address of each page where the caller named them. */
  readonly pages: readonly number[];
}

export interface VirtualMemoryData {
  readonly start: number;
  readonly limit: number;
  readonly vaspace: number;
}

export interface EventData {
  readonly source: number;
  /** Number of what is notified, without its flags. */
  readonly notifyIndex: number;
}

export interface GroupData {
  readonly engine: string;
  readonly runlist: number;
  readonly vaspace: number;
  scheduled: boolean;
}

export interface ContextShareData {
  readonly vaspace: number;
  readonly subcontext: number;
}

/** A context buffer that the driver gave to a channel. */
export interface PromotedBuffer {
  readonly id: number;
  readonly physical: number;
  readonly virtual: number;
  readonly size: number;
}

export interface ChannelData {
  /** Channel id on its runlist. */
  readonly id: number;
  readonly engine: string;
  readonly runlist: number;
  readonly vaspace: number;
  readonly privileged: boolean;
  /** GPU virtual address of the GPFIFO and its entries. */
  readonly ring: number;
  readonly entries: number;
  readonly instance: Memory;
  readonly userd: Memory;
  bound: string | undefined;
  scheduled: boolean;
  buffers: PromotedBuffer[];
}

export interface EngineObjectData {
  readonly engine: string;
}

export interface DisplayChannelData {
  readonly instance: number;
  /** Where in its pushbuffer it begins, in bytes. */
  readonly put: number;
}

/** What is remembered per kind; kinds that are not here have nothing of their own. */
export interface ObjectData {
  vaspace: VaspaceData;
  memory: MemoryData;
  virtualMemory: VirtualMemoryData;
  event: EventData;
  channelGroup: GroupData;
  contextShare: ContextShareData;
  channel: ChannelData;
  copyObject: EngineObjectData;
  graphicsObject: EngineObjectData;
  videoObject: EngineObjectData;
  displayChannel: DisplayChannelData;
}

/** What the parameters of an allocation say, per kind whose parameters matter. */
export interface AllocSpecs {
  vaspace: { readonly index: number; readonly externallyOwned: boolean; readonly size: number };
  memory: { readonly size: number };
  virtualMemory: { readonly start: number; readonly limit: number; readonly vaspace: number };
  event: { readonly parentClient: number; readonly source: number; readonly notifyIndex: number };
  channelGroup: { readonly engine: EngineRef; readonly vaspace: number };
  contextShare: { readonly vaspace: number; readonly flags: number };
  channel: {
    readonly engine: EngineRef; readonly vaspace: number; readonly contextShare: number; readonly privileged: boolean;
    /** The channel id that the caller wants; undefined leaves it to the firmware. */
    readonly id: number | undefined;
    readonly ring: number; readonly entries: number;
    readonly instance: Memory; readonly userd: Memory;
  };
  copyObject: { readonly engine: EngineRef };
  displayChannel: { readonly instance: number; readonly put: number };
}
