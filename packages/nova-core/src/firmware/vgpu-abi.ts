import type { Control } from './abi.ts';

/** What the driver wants of a firmware version under which virtual GPUs can be hosted. */
export interface VgpuAbi {
  /** Bytes of one type record. */
  readonly typeRecordSize: number;
  /** Most types that the firmware holds. */
  readonly maxTypes: number;
  readonly maxInstances: number;
  decodeType(record: Uint8Array): VgpuTypeFacts;
  readonly controls: VgpuControls;
  readonly plugin: PluginAbi;
}

export interface VgpuControls {
  readonly uploadTypes: Control<{ readonly discardOthers: boolean; readonly records: readonly Uint8Array[] }, undefined>;
  readonly bootPlugin: Control<PluginBoot, undefined>;
  readonly shutdownPlugin: Control<{ readonly gfid: number }, undefined>;
  readonly cleanupPlugin: Control<{ readonly gfid: number }, undefined>;
  readonly encoderShare: Control<{ readonly gfid: number; readonly percent: number }, undefined>;
}

/** Everything that the task of one virtual GPU is started with. */
export interface PluginBoot {
  /** `segment << 16 | bus << 8 | device << 3 | function` of the virtual function. */
  readonly vfAddress: number;
  /** Virtual function index + 1. */
  readonly gfid: number;
  readonly typeId: number;
  readonly processId: number;
  readonly channels: { readonly first: number; readonly count: number; readonly plugin: number };
  /** Engines whose channels are given. */
  readonly engines: readonly number[];
  readonly guestMemory: { readonly start: number; readonly size: number };
  readonly heap: { readonly start: number; readonly size: number };
}

/** One vGPU type, as far as the driver has to know it. Sizes in bytes. */
export interface VgpuTypeFacts {
  readonly id: number;
  readonly name: string;
  readonly physicalDevice: number;
  readonly guestDevice: number;
  readonly guestSubsystem: number;
  readonly profileSize: number;
  readonly fbLength: number;
  readonly heapSize: number;
  readonly fbReservation: number;
  readonly mappableSize: number;
  readonly maxInstances: number;
  readonly heads: number;
  readonly maxX: number;
  readonly maxY: number;
  readonly maxPixels: number;
  readonly frameLimit: number;
  readonly eccSupported: boolean;
  readonly compute: boolean;
  readonly encoderShare: number;
  readonly barSize: number;
  readonly placementSize: number;
  /** Runs on a part of a partitioned GPU. */
  readonly partitioned: boolean;
  readonly frameLimited: boolean;
  /** Several of them may go to one guest. */
  readonly severalPerGuest: boolean;
  /** Slots at which an instance may start when all are of one size; empty when the record names none. */
  readonly homogeneousPlacements: readonly number[];
}

/** The memory that host and vGPU task share, at the start of the task's heap; offsets in bytes. */
export interface PluginAbi {
  /** Bytes that the host must be able to reach. */
  readonly communicationSize: number;
  /** The control buffer as the host prepares it. */
  controlBuffer(): Uint8Array;
  readonly offsets: {
    readonly messageType: number;
    readonly messageSequence: number;
    readonly sequenceProcessed: number;
    readonly result: number;
    readonly message: number;
  };
  readonly messageSize: number;
  /** Stands in the sequence field once the task runs. */
  readonly readyMarker: number;
  /** Doorbell value for a task. */
  doorbell(gfid: number): number;
  readonly protocolVersion: number;
  readonly messages: {
    readonly negotiate: PluginMessage<{ readonly version: number }, { readonly version: number }>;
    readonly configure: PluginMessage<PluginConfig, undefined>;
    readonly reset: PluginMessage<undefined, undefined>;
    readonly busMaster: PluginMessage<{ readonly enable: boolean }, undefined>;
  };
}

export interface PluginMessage<Request, Reply> {
  readonly name: string;
  readonly type: number;
  encode(request: Request): Uint8Array;
  decode(payload: Uint8Array): Reply;
}

export interface PluginConfig {
  /** 16 bytes. */
  readonly uuid: Uint8Array;
  readonly vfAddress: number;
  readonly instanceId: number;
  readonly typeId: number;
  readonly processId: number;
  readonly channels: number;
  readonly pluginChannels: number;
  /** Slot, or undefined for none. */
  readonly placement: number | undefined;
}
