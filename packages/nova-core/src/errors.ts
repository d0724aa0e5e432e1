import { ReleaseError } from '@nova-stack/aux-bus';
import type { TraceValue } from '@nova-stack/trace';

/**
 * Where the driver was, in the order of a device's life. Every failure names the step in which it happened.
 * Steps of the way down stand at the end.
 */
export const STEPS = [
  'pci', 'identify', 'firmware-boot', 'flush-page', 'firmware-files', 'vbios', 'vgpu-mode', 'fb-layout', 'fwsec-frts', 'gsp-reset',
  'booter-load', 'chain-of-trust', 'lockdown', 'riscv', 'system-info', 'sequencer', 'init-done', 'static-info', 'features', 'interrupts', 'publish',
  'vgpu', 'memory',
  'suspend', 'resume', 'reset',
  'unpublish', 'unloading', 'gsp-halt', 'fwsec-sb', 'booter-unload', 'flush-page-release',
] as const;
export type Step = (typeof STEPS)[number];

/** What went wrong; stable across releases. */
export type NovaCoreCode =
  /** The function is not one that this driver drives: vendor, class, BAR or chip. */
  | 'NOT_SUPPORTED'
  /** The bus refused an access, a mapping or memory. */
  | 'PCI'
  /** A wait ran into its bound. */
  | 'TIMEOUT'
  /** The device left the bus. */
  | 'DEVICE_LOST'
  /** A firmware file is missing, damaged or for another chip. */
  | 'FIRMWARE_FILE'
  /** Firmware of a version that this driver does not speak; the message says which it does. */
  | 'VERSION_NOT_SUPPORTED'
  /** The video BIOS cannot be read. */
  | 'VBIOS'
  /** No signature fits the fuses. */
  | 'SIGNATURE'
  /** The framebuffer is too small for the firmware's regions. */
  | 'FB_LAYOUT'
  /** WPR2 is set already; an earlier owner did not leave cleanly. */
  | 'WPR2_BUSY'
  /** WPR2 is not what it must be after the step. */
  | 'WPR2_MISMATCH'
  /** The FSP refused a message, or answered what cannot be right. */
  | 'FSP'
  /** Code on a falcon reported an error. */
  | 'FALCON_FAILED'
  /** The message queue carried something that cannot be right. */
  | 'RPC'
  /** The firmware refused a call. */
  | 'REFUSED'
  /** The image is of another version than its name says, or the running firmware than its image. */
  | 'VERSION_MISMATCH'
  /** The firmware's version does not have it, or what it would take to use it is not known. */
  | 'NOT_IN_FIRMWARE'
  /** The firmware has died: its core is halted, or it went silent. Only a reset helps. */
  | 'FIRMWARE_DIED'
  /** The firmware's task of a virtual GPU has crashed; the virtual GPU can only be closed. */
  | 'TASK_DIED'
  /** Something under way, or open, is in the way. */
  | 'BUSY'
  /** Not in the state that the device is in. */
  | 'STATE'
  /** A sequence of register commands from the firmware cannot be carried out. */
  | 'SEQUENCER'
  /** A name on the auxiliary bus is taken, or the bus refused the device. */
  | 'PUBLISH'
  /** Memory of the device or of the host is used up. */
  | 'NO_MEMORY'
  /** Whoever asked for it wants it no more; what was done was undone. */
  | 'CANCELLED'
  /** A channel was stopped for what it did. */
  | 'CHANNEL_STOPPED'
  /** An address or a size that cannot be. */
  | 'RANGE'
  /** Something that was acquired could not be given back. */
  | 'TEARDOWN';

export type ErrorDetail = Readonly<Record<string, TraceValue>>;

/** The one error that this package's public face throws. `cause` keeps the inner chain. */
export class NovaCoreError extends Error {
  override readonly name = 'NovaCoreError';
  readonly code: NovaCoreCode;
  readonly step: Step;
  /** Values that the message speaks of. */
  readonly detail: ErrorDetail;

  constructor(code: NovaCoreCode, step: Step, message: string, options: { readonly cause?: unknown; readonly detail?: ErrorDetail } = {}) {
    super(`${step}: ${message}`, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.step = step;
    this.detail = options.detail ?? {};
  }
}

/** `0x5fff00000`, as every message of this package writes addresses. */
export function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

/** Gives this package's error to everything that is not one already. */
export function asCoreError(error: unknown, code: NovaCoreCode, step: Step): NovaCoreError {
  if (error instanceof NovaCoreError) return error;
  const first = error instanceof ReleaseError ? error.errors[0] : error;
  if (first instanceof NovaCoreError) return first;
  return new NovaCoreError(code, step, first instanceof Error ? first.message : String(first), { cause: error });
}
