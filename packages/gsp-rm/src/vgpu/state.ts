/** A vGPU type as the driver uploaded it, as far as this model judges it. Sizes in bytes. Plain data. */
export interface VgpuType {
  readonly id: number;
  readonly name: string;
  readonly maxInstances: number;
  readonly profileSize: number;
  readonly fbLength: number;
  readonly heapSize: number;
}

export interface Range {
  readonly start: number;
  readonly size: number;
}

/** A vGPU's plugin task. Plain data. */
export interface PluginTask {
  readonly gfid: number;
  /** 0 until the host configures the task, when bootload did not name it. */
  typeId: number;
  /** `bus << 8 | device << 3 | function` of the VF. */
  readonly vfAddress: number;
  readonly processId: number;
  readonly channels: { readonly count: number; readonly plugin: number; readonly offsets: readonly number[] };
  readonly guestMemory: readonly Range[];
  readonly heap: Range;
  /** Start of the region shared with the host, in VRAM. */
  readonly control: number;
  /** `crashed`: does nothing any more. `stopped`: shut down. Either holds its resources until cleanup. */
  phase: 'booting' | 'ready' | 'crashed' | 'stopped';
  /** Last host message that was answered. */
  lastSequence: number;
  /** Agreed protocol version, 0 before negotiation. */
  protocol: number;
  configured: boolean;
  busMaster: boolean;
  encoderShare: number;
}

export interface VgpuState {
  /** By type id. */
  readonly types: Map<number, VgpuType>;
  /** By GFID. */
  readonly tasks: Map<number, PluginTask>;
}

export function emptyVgpu(): VgpuState {
  return { types: new Map(), tasks: new Map() };
}
