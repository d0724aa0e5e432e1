import type { Range, VgpuType } from './state.ts';

/** A type in an upload. */
export interface UploadedType extends VgpuType {
  /** PCI device id of the board that it is made for. */
  readonly physicalDevice: number;
  /** `good` and `bad` for this project's own signatures, `foreign` for one that cannot be judged, `none` for zeros. */
  readonly signature: 'good' | 'bad' | 'foreign' | 'none';
}

/** Everything that a plugin task is started with. Addresses and sizes in bytes. */
export interface BootPlugin {
  /** `segment << 16 | bus << 8 | device << 3 | function` of the VF. */
  readonly vfAddress: number;
  readonly gfid: number;
  readonly typeId: number;
  readonly processId: number;
  readonly channels: number;
  readonly pluginChannels: number;
  /** First channel per engine index. */
  readonly channelOffsets: readonly number[];
  /** As declared; {@link guestMemory} holds at most what the structure can. */
  readonly segmentCount: number;
  readonly guestMemory: readonly Range[];
  readonly heap: Range;
  readonly controlOffset: number;
  readonly logs: readonly { readonly name: string; readonly offset: number; readonly size: number }[];
}

/** One line of the list of live vGPUs. */
export interface LiveVgpu {
  readonly gfid: number;
  readonly typeId: number;
  readonly vfAddress: number;
  readonly processId: number;
  readonly active: boolean;
}
