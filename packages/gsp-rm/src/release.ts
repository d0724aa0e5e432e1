import type { FramingProfile, SharedMemoryArguments } from '@nova-stack/gsp-rpc';
import type { Absent } from './absent.ts';
import type { BootCodec } from './codec/boot.ts';
import type { EngineNumbers } from './codec/engines.ts';
import type { ControlIntents } from './control-intents.ts';
import type { FirmwareEvents } from './events.ts';
import type { ObjectKind } from './resources/kinds.ts';
import type { AllocSpecs } from './resources/objects.ts';
import type { AllocRequest, ClassFacts, DupRequest } from './resources/tree.ts';
import type { SequencerCommand } from './sequencer.ts';
import type { SystemInfo } from './state.ts';
import type { StaticInfo } from './static-info.ts';
import type { PluginAbi } from './vgpu/plugin-abi.ts';

/** A region that libos is started with. */
export interface LibosRegion {
  readonly name: string;
  readonly address: number;
  readonly size: number;
  /** Whether it is contiguous system memory, the only form that this model reads. */
  readonly usable: boolean;
}

export interface RmArguments extends SharedMemoryArguments {
  readonly gpuInstance: number;
  /** The driver resumes a suspended firmware. */
  readonly resume: boolean;
}

export interface ControlRequest {
  readonly client: number;
  readonly object: number;
  readonly command: number;
  /** As many bytes as the request declares; undefined when it declares more than it carries. */
  readonly params: Uint8Array | undefined;
}

/** Memory whose pages the driver lists. Addresses and sizes in bytes. */
export interface MemoryRequest {
  readonly client: number;
  readonly parent: number;
  readonly handle: number;
  readonly class: number;
  readonly length: number;
  /** As declared; {@link pages} holds at most what came along. */
  readonly declaredPages: number;
  readonly pages: readonly number[];
}

export interface PageDirectoryRequest {
  readonly client: number;
  readonly device: number;
  readonly vaspace: number;
  readonly address: number;
  readonly entries: number;
  readonly flags: number;
}

/** A call's wire form: reads a request (undefined when it is too short) and writes the reply over a copy of it. */
export interface CallCodec<Request, Reply> {
  decode(payload: Uint8Array): Request | undefined;
  reply(payload: Uint8Array, answer: Reply): Uint8Array;
}

interface WithStatus {
  readonly status: number;
}

/** Every call that has a reply and is no control. `Absent` declares that the release does not have it. */
export interface Calls {
  readonly alloc: CallCodec<AllocRequest, WithStatus & { readonly handle: number; readonly params?: Uint8Array | undefined }>;
  readonly control: CallCodec<ControlRequest, WithStatus & { readonly params: Uint8Array | undefined }>;
  readonly free: CallCodec<{ readonly client: number; readonly object: number }, WithStatus>;
  readonly dup: CallCodec<DupRequest, WithStatus & { readonly handle: number }>;
  readonly allocMemory: CallCodec<MemoryRequest, WithStatus>;
  readonly setPageDirectory: CallCodec<PageDirectoryRequest, unknown>;
  readonly unsetPageDirectory: CallCodec<{ readonly client: number; readonly device: number; readonly vaspace: number }, unknown>;
  readonly updateBarPde: CallCodec<{ readonly bar: number; readonly entry: bigint; readonly shift: number }, unknown>;
  readonly invalidateTlb: CallCodec<{ readonly directory: number; readonly trigger: number }, unknown> | Absent;
  readonly unload: CallCodec<{ readonly suspend: boolean; readonly gc6: boolean; readonly level: number }, unknown>;
}

/** How a release spells one control. */
export interface ControlCodec<In, Out> {
  readonly command: number;
  /** Kind of object that it is sent to. */
  readonly on: ObjectKind;
  /** Bytes of the parameters. */
  readonly size: number;
  /** Throws never; what cannot be is the handler's to judge. */
  decode(params: Uint8Array): In;
  /** Writes the answer into the request's parameters. */
  encode(params: Uint8Array, out: Out): void;
}

/** Every control; {@link Absent} says why a release has no answer to one. */
export type ReleaseControls = {
  readonly [Name in keyof ControlIntents]: ControlCodec<ControlIntents[Name]['in'], ControlIntents[Name]['out']> | Absent;
};

/** What allocation parameters say, per kind. Parameters that a caller may leave out are then all zero. */
export type AllocCodecs = {
  readonly [Kind in keyof AllocSpecs]: (params: Uint8Array, cls: number) => AllocSpecs[Kind];
};

/** Numbers and bodies of the events that the firmware sends. */
export type EventCodec = {
  readonly [Name in keyof FirmwareEvents]: ((event: FirmwareEvents[Name]) => Uint8Array) | Absent;
} & {
  readonly numbers: Readonly<Record<keyof FirmwareEvents | 'initDone' | 'sequencer', number | undefined>>;
};

/**
 * One firmware release: everything that its interface spells in its own way. Handlers are written against the
 * neutral forms; the compiler demands that every release answers each of them or declares that it lacks it.
 */
export interface Release extends BootCodec {
  /** `570.144` */
  readonly version: string;
  readonly profile: FramingProfile;
  readonly systemInfo: { readonly size: number; decode(payload: Uint8Array): SystemInfo };
  readonly staticInfo: { readonly size: number; encode(info: StaticInfo): Uint8Array };
  encodeSequencer(commands: readonly SequencerCommand[]): Uint8Array;
  readonly calls: Calls;
  readonly events: EventCodec;
  readonly engines: EngineNumbers;
  /** Classes that can be allocated, by number; which of them a chip has is another matter. */
  readonly classes: ReadonlyMap<number, ClassFacts>;
  readonly allocs: AllocCodecs;
  readonly controls: ReleaseControls;
  /** The memory that plugin tasks share with the host. */
  readonly plugin: PluginAbi | Absent;
}
