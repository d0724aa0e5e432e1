import type { Agreement, Hello, Offer } from './handshake.ts';
import type { BASE_V1 } from './schema/base-v1.ts';
import type { DRM_V1 } from './schema/drm-v1.ts';
import type { ClientOf, EventPayload, ObjectOf } from './schema/interface.ts';
import type { VGPU_V1 } from './schema/vgpu-v1.ts';
import type { VGPU_V2 } from './schema/vgpu-v2.ts';
import type { SessionState } from './states.ts';

export type BaseClient = ClientOf<typeof BASE_V1>;
export type VgpuClient = ClientOf<typeof VGPU_V1>;
export type VgpuV2Client = ClientOf<typeof VGPU_V2>;
export type DrmClient = ClientOf<typeof DRM_V1>;
export type Region = ObjectOf<typeof BASE_V1, 'region'>;
export type Instance = ObjectOf<typeof VGPU_V1, 'instance'>;

export type InstanceV2 = ObjectOf<typeof VGPU_V2, 'instance'>;
/** Something that takes time. */
export type OperationV2 = ObjectOf<typeof VGPU_V2, 'operation'>;

type KindsOf<I> = keyof (I extends { readonly events: infer E } ? E : never) & string;
type EventsOf<I> = { [K in KindsOf<I>]: { readonly kind: K; readonly payload: EventPayload<I, K> } }[KindsOf<I>];

/** What every event has. */
export interface EventFrame {
  /** Counts per session from 0; a gap means loss, which `events.lost` tells. */
  readonly sequence: number;
  /** The core's time in nanoseconds, never going back; 0 from a core without a clock. */
  readonly time: number;
}

/** One event, told apart by `kind`. */
export type ContractEvent = EventFrame & (EventsOf<typeof BASE_V1> | EventsOf<typeof VGPU_V1> | Extract<EventsOf<typeof VGPU_V2>, { readonly kind: 'operation.done' }>);

/** What a client has of a core after the handshake. Everything obtained from it is released, last first, when it ends. */
export interface Session {
  /** Opaque; never used twice within an epoch. */
  readonly id: bigint;
  readonly agreement: Agreement;
  readonly state: SessionState;
  readonly base: BaseClient;
  /** Absent when it was not agreed on. */
  readonly vgpu: VgpuClient | undefined;
  /** The same at its second major; of the two a session has one at most. */
  readonly vgpu2: VgpuV2Client | undefined;
  readonly drm: DrmClient | undefined;
  /**
   * Waits for calls under way, releases everything, last first, and ends the session; when it resolves no event
   * handler runs or will run. Twice is once.
   *
   * @throws {ContractError} `InvalidState` when called from the session's own event handler.
   */
  detach(): Promise<void>;
}

/**
 * What a client does with events: one at a time, in order; the next one waits for the promise of the last. From
 * inside, only synchronous operations may be called (others are `InvalidState`), and it must not wait for `detach`,
 * which waits for it.
 */
export type EventHandler = (event: ContractEvent) => void | Promise<void>;

/** Where a client finds a core: the offer, and the way in. It travels as the data of an auxiliary device. */
export interface CoreEndpoint {
  readonly offer: Offer;
  /**
   * The handshake and, where it succeeds, a session.
   *
   * @throws {ContractError} as `negotiate`; `InvalidArgument` when no version of `base` was agreed on; `Revoked` when
   * the core takes no more clients; `DeviceLost`.
   */
  attach(hello: Hello, onEvent?: EventHandler): Promise<Session>;
}
