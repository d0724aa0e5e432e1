import type { FirmwareEndState } from '@nova-stack/gsp-rpc';
import { emptyResources, type ResourceState } from './resources.ts';
import { emptyVgpu, type VgpuState } from './vgpu/state.ts';

/** How far the GSP has come. */
export type Phase =
  /** Nothing runs. */
  | 'off'
  /** RISC-V was started; the queues are not up. */
  | 'starting'
  /** Queues are up; waiting for system info and registry. */
  | 'configuring'
  /** Both are there; INIT_DONE is due. */
  | 'initialising'
  | 'running'
  /** Told to unload, or stopped by an error; RISC-V is halted. */
  | 'halted';

/** The framebuffer as booter laid it out; bytes. */
export interface LoadedImage {
  /** Firmware release, `570.144`. */
  readonly release: string;
  readonly imageStart: number;
  readonly imageSize: number;
  readonly heapStart: number;
  readonly heapSize: number;
  readonly wprStart: number;
  readonly wprEnd: number;
  readonly nonWprHeapStart: number;
  readonly nonWprHeapSize: number;
  readonly frtsStart: number;
}

/** What the driver said about the machine. */
export interface SystemInfo {
  /** Bus addresses of the memory BARs. */
  readonly registers: number;
  readonly framebuffer: number;
  readonly instance: number;
  /** `bus << 8 | device << 3 | function`. */
  readonly busDeviceFunction: number;
  readonly deviceId: number;
  readonly configMirror: number;
}

/** A log buffer in system memory: where it is and how many words were written since boot. */
export interface LogBuffer {
  readonly name: string;
  readonly address: number;
  readonly size: number;
  written: number;
}

/** Everything that the firmware remembers. Plain data, no reference shared with anybody. */
export interface GspRmState {
  phase: Phase;
  image: LoadedImage | undefined;
  /** Mailbox 0/1 of the GSP when RISC-V was started: address of the libos arguments. */
  libosArguments: number;
  gpuInstance: number;
  rpc: FirmwareEndState | undefined;
  /** Good INIT_DONE is withheld: something that the driver sent was refused. */
  refused: boolean;
  systemInfo: SystemInfo | undefined;
  registry: Record<string, number | string> | undefined;
  logs: LogBuffer[];
  resources: ResourceState;
  vgpu: VgpuState;
}

export function initialState(internalClasses: { readonly device: number; readonly subdevice: number }): GspRmState {
  return {
    phase: 'off', image: undefined, libosArguments: 0, gpuInstance: 0, rpc: undefined, refused: false,
    systemInfo: undefined, registry: undefined, logs: [], resources: emptyResources(internalClasses), vgpu: emptyVgpu(),
  };
}
