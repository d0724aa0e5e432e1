import { absent, type Absent } from '../absent.ts';
import type { VgpuIntents } from '../control-intents.ts';

/** Host messages that a plugin task answers. */
export type PluginMessage =
  | { readonly type: 'negotiate'; readonly version: number }
  | { readonly type: 'configure'; readonly typeId: number; readonly vfAddress: number }
  | { readonly type: 'reset' }
  | { readonly type: 'busMaster'; readonly enable: boolean }
  | { readonly type: 'unknown'; readonly number: number };

/** The control buffer as the host wrote it; offsets count from the region's start. */
export interface ControlBuffer {
  readonly messageType: number;
  readonly sequence: number;
  readonly responseOffset: number;
  readonly messageOffset: number;
}

/** How a release's plugin task shares memory with the host. Offsets and sizes in bytes. */
export interface PluginAbi {
  /** Region that the host must provide, from the control buffer on. */
  readonly communicationSize: number;
  /** Stands in the sequence field once the task runs. */
  readonly readyMarker: number;
  readonly sequenceOffset: number;
  readonly control: { readonly size: number; decode(bytes: Uint8Array): ControlBuffer };
  readonly response: {
    readonly size: number;
    encode(answer: { readonly received: number; readonly processed: number; readonly result: number }): Uint8Array;
  };
  readonly messageSize: number;
  /** Protocol versions that the task speaks. */
  readonly protocol: { readonly min: number; readonly max: number };
  decodeMessage(type: number, bytes: Uint8Array): PluginMessage;
  /** What goes back into the message buffer; undefined leaves it as it is. */
  encodeReply(message: PluginMessage, bytes: Uint8Array, answer: { readonly version: number; readonly allowed: boolean }): Uint8Array | undefined;
  /** Which task a doorbell value is for; undefined when it is no host-to-plugin doorbell. */
  doorbellGfid(value: number): number | undefined;
}

/** Controls that make sense only with plugin tasks. */
export const VGPU_CONTROL_NAMES: readonly (keyof VgpuIntents)[] = [
  'uploadTypes', 'bootPlugin', 'shutdownPlugin', 'cleanupPlugin', 'enumerateVgpus', 'encoderShare',
];

/** Why a release hosts no vGPUs here. */
export const NO_PLUGIN: Absent = absent('the memory that plugin tasks share with the host is known for 535.113.01 and 570.144 only');
