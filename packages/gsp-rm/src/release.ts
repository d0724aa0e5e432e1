import type { FramingProfile, SharedMemoryArguments } from '@nova-stack/gsp-rpc';
import type { ControlIntents } from './control-intents.ts';
import type { AllocRequest, ClassFacts, ObjectKind } from './resources.ts';
import type { SequencerCommand } from './sequencer.ts';
import type { SystemInfo } from './state.ts';
import type { StaticInfo } from './static-info.ts';
import type { PluginAbi } from './vgpu/plugin-abi.ts';
import type { WprMeta } from './wpr-meta.ts';

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

/** A call's wire form: reads a request (undefined when it is too short) and writes the reply over a copy of it. */
export interface CallCodec<Request, Reply> {
  decode(payload: Uint8Array): Request | undefined;
  reply(payload: Uint8Array, answer: Reply): Uint8Array;
}

/** How a release spells one control. `undefined` in the table declares that the release does not have it. */
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

export type ReleaseControls = {
  readonly [Name in keyof ControlIntents]: ControlCodec<ControlIntents[Name]['in'], ControlIntents[Name]['out']> | undefined;
};

/**
 * One firmware release: everything that its interface spells in its own way. Handlers are written against the
 * neutral forms; the compiler demands that every release answers each of them.
 */
export interface Release {
  /** `570.144` */
  readonly version: string;
  readonly profile: FramingProfile;
  decodeWprMeta(bytes: Uint8Array): WprMeta;
  /** The metadata as booter leaves it in WPR2, marked as verified. */
  verifiedMeta(bytes: Uint8Array): Uint8Array;
  decodeLibosArguments(page: Uint8Array): readonly LibosRegion[];
  readonly rmArguments: { readonly size: number; decode(bytes: Uint8Array): RmArguments };
  /** Function numbers. */
  readonly functions: {
    readonly systemInfo: number; readonly registry: number; readonly staticInfo: number; readonly unload: number;
    readonly alloc: number; readonly control: number; readonly free: number;
  };
  readonly events: { readonly initDone: number; readonly sequencer: number | undefined; readonly osError: number };
  readonly systemInfo: { readonly size: number; decode(payload: Uint8Array): SystemInfo };
  readonly staticInfo: { readonly size: number; encode(info: StaticInfo): Uint8Array };
  encodeSequencer(commands: readonly SequencerCommand[]): Uint8Array;
  encodeOsError(xid: number, text: string): Uint8Array;
  readonly alloc: CallCodec<AllocRequest, { readonly status: number; readonly handle: number }>;
  readonly control: CallCodec<ControlRequest, { readonly status: number; readonly params: Uint8Array | undefined }>;
  readonly free: CallCodec<{ readonly client: number; readonly object: number }, { readonly status: number }>;
  readonly classes: Readonly<Record<number, ClassFacts>>;
  /** Class numbers of the objects that exist inside the firmware. */
  readonly internalClasses: { readonly device: number; readonly subdevice: number };
  readonly controls: ReleaseControls;
  readonly plugin: PluginAbi;
}
