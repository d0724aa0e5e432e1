import type { Trace } from '@nova-stack/trace';

import type { Capability } from '../capabilities.ts';
import type { OfferedMajor } from '../handshake.ts';
import type { BASE_V1 } from '../schema/base-v1.ts';
import type { DRM_V1 } from '../schema/drm-v1.ts';
import type { BackendObjectOf, BackendOf, EventPayload, InterfaceName } from '../schema/interface.ts';
import type { VGPU_V1 } from '../schema/vgpu-v1.ts';
import type { VgpuCore } from './vgpu-core.ts';

export type BaseBackend = BackendOf<typeof BASE_V1>;
export type VgpuBackend = BackendOf<typeof VGPU_V1>;
export type DrmBackend = BackendOf<typeof DRM_V1>;
/** A region as a core implements it; its `release` is called once, when no other call on it is under way. */
export type BackendRegion = BackendObjectOf<typeof BASE_V1, 'region'>;
/** An instance as a core implements it; its `release` is called once, when no other call on it is under way. */
export type BackendInstance = BackendObjectOf<typeof VGPU_V1, 'instance'>;

/** An event as a core raises it; which sessions get it is the endpoint's business. */
export type BackendEvent =
  | { readonly kind: 'device.fault'; readonly payload: EventPayload<typeof BASE_V1, 'device.fault'> }
  | { readonly kind: 'capacity.changed'; readonly payload: EventPayload<typeof VGPU_V1, 'capacity.changed'> }
  | { readonly kind: 'instance.state'; readonly payload: EventPayload<typeof VGPU_V1, 'instance.state'> };

/**
 * What a core implements. What goes in was checked against the contract before; what comes out is checked too, and
 * copied. Operations reject with `ContractError` where the caller is to learn a code; whatever else they throw becomes
 * `DeviceError` with a support id, and is reported to the core under that id.
 */
export interface CoreBackend {
  /** Highest minor per major, per interface. */
  readonly interfaces: Readonly<Partial<Record<InterfaceName, readonly OfferedMajor[]>>>;
  /** What the core can grant. What sessions offer by themselves (`diagnostics.counters`) is added. */
  readonly capabilities: readonly Capability[];
  readonly epoch: bigint;
  /** At most 48 bytes; opaque to clients. */
  readonly supportId: string;
  readonly base: BaseBackend;
  /** Virtual GPUs, for whatever majors the core offers. */
  readonly vgpus?: VgpuCore;
  readonly drm?: DrmBackend;
  /** Whether the device is there; where it is not, every call is `DeviceLost`, also before the core has heard of it. */
  readonly present?: () => boolean;
  /** Time for events, in nanoseconds, never going back; without it events have time 0. */
  readonly now?: () => number;
  readonly trace?: Trace;
  /** Told of an error that clients only know the support id of. */
  report(supportId: string, error: unknown): void;
}
