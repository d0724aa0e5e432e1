import type { BootPlugin, LiveVgpu, UploadedType } from './vgpu/requests.ts';

interface Intent<In, Out> {
  readonly in: In;
  readonly out: Out;
}

/** A memory operation inside the firmware; bytes. `vram` is false for apertures that this model does not reach. */
export interface MemoryTransfer {
  readonly operation: 'set' | 'copy' | 'unknown';
  readonly source: { readonly address: number; readonly size: number; readonly vram: boolean };
  readonly target: { readonly address: number; readonly size: number; readonly vram: boolean };
  readonly size: number;
  readonly value: number;
}

/** Every control that this model serves, in neutral form. */
export interface ControlIntents {
  features: Intent<undefined, { readonly version: string }>;
  vmmuSegmentSize: Intent<undefined, { readonly size: number }>;
  eccStatus: Intent<undefined, { readonly enabled: boolean }>;
  engines: Intent<undefined, { readonly names: readonly string[] }>;
  channelCount: Intent<{ readonly runlist: number }, { readonly count: number }>;
  gpcMask: Intent<undefined, { readonly mask: number }>;
  tpcMask: Intent<{ readonly gpc: number }, { readonly mask: number }>;
  memoryTransfer: Intent<MemoryTransfer, undefined>;
  bootPlugin: Intent<BootPlugin, undefined>;
  shutdownPlugin: Intent<{ readonly gfid: number }, undefined>;
  cleanupPlugin: Intent<{ readonly gfid: number }, undefined>;
  uploadTypes: Intent<{ readonly discard: boolean; readonly count: number; readonly types: readonly UploadedType[] }, undefined>;
  enumerateVgpus: Intent<undefined, { readonly vgpus: readonly LiveVgpu[] }>;
  encoderShare: Intent<{ readonly gfid: number; readonly percent: number }, undefined>;
}
