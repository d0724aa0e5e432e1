import type { MemoryFacts, OutputFacts } from '@nova-stack/hw-model/port';
import type { FalconFacts } from './facts/falcons.ts';
import type { BufferSize, ContextBuffer, GraphicsShape, Zcull } from './facts/graphics.ts';
import type { EnginePlace } from './facts/topology.ts';
import type { Aperture, DirectoryLevel, EngineRef, PromotedBuffer } from './resources/objects.ts';
import type { BootPlugin, LiveVgpu, UploadedType } from './vgpu/requests.ts';

/** A control: what it is told and what it answers. */
interface Intent<In, Out> {
  readonly in: In;
  readonly out: Out;
}
type Query<Out> = Intent<undefined, Out>;
type Order<In> = Intent<In, undefined>;
type Signal = Intent<undefined, undefined>;

/** A memory operation inside the firmware; bytes. `vram` is false for apertures that this model does not reach. */
export interface MemoryTransfer {
  readonly operation: 'set' | 'copy' | 'unknown';
  readonly source: { readonly address: number; readonly size: number; readonly vram: boolean };
  readonly target: { readonly address: number; readonly size: number; readonly vram: boolean };
  readonly size: number;
  readonly value: number;
}

/** The whole GPU. */
export interface GpuIntents {
  features: Query<{ readonly version: string }>;
  vmmuSegmentSize: Query<{ readonly size: number }>;
  eccStatus: Query<{ readonly enabled: boolean }>;
  engines: Query<{ readonly names: readonly string[] }>;
  gpcMask: Query<{ readonly mask: number }>;
  tpcMask: Intent<{ readonly gpc: number }, { readonly mask: number }>;
  falcons: Query<{ readonly falcons: readonly FalconFacts[] }>;
  interruptTable: Query<{ readonly units: readonly InterruptUnit[] }>;
  setNotification: Order<{ readonly event: number; readonly action: number }>;
  boost: Order<{ readonly duration: number }>;
}

/** A unit's vectors; undefined for none. */
export interface InterruptUnit {
  /** Name of an engine, or `GSP`, `DISP`, `DISP_LOW`. */
  readonly name: string;
  readonly stall: number | undefined;
  readonly nonStall: number | undefined;
}

/** Video memory and page tables. */
export interface MemoryIntents {
  memoryTransfer: Order<MemoryTransfer>;
  memorySystem: Query<MemoryFacts & { readonly ecc: boolean; readonly rawCompression: boolean; readonly compressionPage: { readonly size: number; readonly shift: number } }>;
  compressionStore: Query<{ readonly size: number }>;
  rawCompression: Order<{ readonly raw: boolean }>;
  setPageDirectory: Order<{ readonly vaspace: number; readonly address: number; readonly entries: number; readonly flags: number }>;
  unsetPageDirectory: Order<{ readonly vaspace: number }>;
  copyServerDirectories: Order<{ readonly start: number; readonly end: number; readonly pageSize: number; readonly count: number; readonly levels: readonly DirectoryLevel[] }>;
  flushSystemMemory: Signal;
}

/** Host channels. */
export interface ChannelIntents {
  channelCount: Intent<{ readonly runlist: number }, { readonly count: number }>;
  deviceTable: Intent<{ readonly first: number }, { readonly engines: readonly EnginePlace[]; readonly more: boolean }>;
  faultMethodBuffer: Query<{ readonly size: number }>;
  bindChannel: Order<{ readonly engine: EngineRef }>;
  scheduleChannel: Order<{ readonly enable: boolean }>;
  scheduleGroup: Order<{ readonly enable: boolean }>;
  workSubmitToken: Query<{ readonly token: number }>;
  toggleScheduling: Order<{ readonly disable: boolean }>;
}

/** Graphics and compute. */
export interface GraphicsIntents {
  contextBuffers: Query<{ readonly buffers: Readonly<Record<ContextBuffer, BufferSize>> }>;
  graphicsInfo: Query<{ readonly shape: GraphicsShape; readonly memory: MemoryFacts; readonly subcontexts: number }>;
  zcull: Query<Zcull>;
  promoteContext: Order<{
    readonly engine: EngineRef; readonly client: number; readonly object: number; readonly channel: number;
    readonly count: number; readonly buffers: readonly (PromotedBuffer & { readonly initialise: boolean; readonly mapped: boolean })[];
  }>;
  scrubberTeardown: Order<{ readonly teardown: boolean }>;
  smErrors: Intent<{ readonly channel: number; readonly first: number; readonly count: number }, { readonly read: number }>;
}

/** Suspend and resume. */
export interface PowerIntents {
  /** 535 tells the layout of what will be saved, then one region after the other. */
  saveRegions: Order<{ readonly client: number; readonly memory: number; readonly regions: number }>;
  saveRegion: Order<{ readonly client: number; readonly memory: number; readonly vram: number; readonly offset: number; readonly size: number }>;
  /** Later releases find the regions by themselves. */
  saveInit: Order<{ readonly client: number; readonly memory: number; readonly data: number }>;
  deepSleepReady: Query<{ readonly gc6: boolean; readonly gcoff: boolean }>;
}

/** The display engine and what hangs on it. */
export interface DisplayIntents {
  displayInstanceMemory: Order<{ readonly address: number; readonly size: number }>;
  displayStaticInfo: Query<{ readonly windows: number; readonly heads: number; readonly channels: number }>;
  brightnessTable: Order<{ readonly status: number }>;
  displayPushbuffer: Order<{ readonly class: number; readonly instance: number; readonly valid: boolean; readonly aperture: Aperture; readonly address: number; readonly limit: number }>;
  manualDisplayPort: Order<undefined>;
  headCount: Query<{ readonly heads: number }>;
  headMask: Query<{ readonly mask: number }>;
  supportedOutputs: Query<{ readonly mask: number; readonly ddc: number }>;
  outputResource: Intent<DisplayTarget, { readonly output: OutputFacts; readonly index: number }>;
  connector: Intent<DisplayTarget, { readonly output: OutputFacts; readonly index: number }>;
  displayPortCaps: Intent<{ readonly sor: number }, { readonly multistream: boolean }>;
  connectState: Intent<{ readonly mask: number }, { readonly mask: number }>;
  outputInfo: Intent<DisplayTarget, { readonly output: OutputFacts }>;
  activeOutput: Intent<{ readonly head: number }, { readonly id: number }>;
  edid: Intent<DisplayTarget, { readonly edid: Uint8Array }>;
  auxChannel: Intent<
    DisplayTarget & { readonly command: number; readonly address: number; readonly data: Uint8Array; readonly size: number },
    { readonly data: Uint8Array; readonly size: number; readonly reply: number }
  >;
  assignSor: Intent<DisplayTarget & { readonly exclude: number }, { readonly sor: number; readonly id: number; readonly sors: number }>;
  linkTraining: Intent<DisplayTarget, { readonly error: number }>;
  linkRates: Intent<DisplayTarget, { readonly count: number }>;
  laneData: Order<DisplayTarget>;
  streamConfig: Order<{ readonly head: number; readonly sor: number }>;
  allocateDisplayId: Intent<DisplayTarget, { readonly id: number }>;
  freeDisplayId: Order<DisplayTarget>;
  hdmiEnable: Order<DisplayTarget>;
  hdmiSinkCaps: Order<DisplayTarget>;
  infoFrame: Order<DisplayTarget>;
  hdmiAudioMute: Order<DisplayTarget>;
  audioCaps: Order<DisplayTarget>;
  audioEnable: Order<DisplayTarget>;
  displayPortAudioMute: Order<DisplayTarget>;
  brightness: Intent<DisplayTarget, { readonly percent: number }>;
  setBrightness: Order<DisplayTarget & { readonly percent: number }>;
}

/** Which output a control is about, by its display id. */
export interface DisplayTarget {
  readonly id: number;
}

/** vGPUs and their plugin tasks. */
export interface VgpuIntents {
  bootPlugin: Order<BootPlugin>;
  shutdownPlugin: Order<{ readonly gfid: number }>;
  cleanupPlugin: Order<{ readonly gfid: number }>;
  uploadTypes: Order<{ readonly discard: boolean; readonly count: number; readonly types: readonly UploadedType[] }>;
  enumerateVgpus: Query<{ readonly vgpus: readonly LiveVgpu[] }>;
  encoderShare: Order<{ readonly gfid: number; readonly percent: number }>;
}

/** Every control that this model serves, in neutral form. */
export interface ControlIntents
  extends GpuIntents, MemoryIntents, ChannelIntents, GraphicsIntents, PowerIntents, DisplayIntents, VgpuIntents {}
