import type { Agreement, Hello, Offer } from './handshake.ts';
import type { BASE_V1 } from './schema/base-v1.ts';
import type { DRM_V1 } from './schema/drm-v1.ts';
import type { ClientOf, EventPayload, ObjectOf } from './schema/interface.ts';
import type { VGPU_V1 } from './schema/vgpu-v1.ts';

export type BaseClient = ClientOf<typeof BASE_V1>;
export type VgpuClient = ClientOf<typeof VGPU_V1>;
export type DrmClient = ClientOf<typeof DRM_V1>;
export type Region = ObjectOf<typeof BASE_V1, 'region'>;
export type Instance = ObjectOf<typeof VGPU_V1, 'instance'>;

type EventsOf<I> = { [K in keyof (I extends { readonly events: infer E } ? E : never) & string]: { readonly kind: K; readonly payload: EventPayload<I, K> } }[keyof (I extends { readonly events: infer E } ? E : never) & string];

/** One event. `sequence` counts per session from 0; a gap means loss, which `events.lost` tells. */
export type ContractEvent = { readonly sequence: number } & (EventsOf<typeof BASE_V1> | EventsOf<typeof VGPU_V1>);

/**
 * Where a session stands. `Attached` works; `Draining` is on its way out by the client's wish, `Revoking` by the
 * core's; in `Lost` nothing is left but releasing and detaching, which succeed; `Detached` is the end.
 */
export type SessionState = 'Attached' | 'Draining' | 'Revoking' | 'Lost' | 'Detached';

/** What a client has of a core after the handshake. Everything obtained from it is released, last first, when it ends. */
export interface Session {
  /** Opaque; never used twice within an epoch. */
  readonly id: bigint;
  readonly agreement: Agreement;
  readonly state: SessionState;
  readonly base: BaseClient;
  /** Absent when it was not agreed on. */
  readonly vgpu: VgpuClient | undefined;
  readonly drm: DrmClient | undefined;
  /** Releases everything and ends the session; when it resolves no event handler runs or will run. */
  detach(): Promise<void>;
}

/** What a client does with events: one at a time, in order. From inside, only synchronous operations may be called. */
export type EventHandler = (event: ContractEvent) => void | Promise<void>;

/** Where a client finds a core: the offer, and the way in. It travels as the data of an auxiliary device. */
export interface CoreEndpoint {
  readonly offer: Offer;
  /**
   * The handshake and, where it succeeds, a session.
   *
   * @throws {ContractError} as `negotiate`; `Busy` while the core does not take clients; `DeviceLost`.
   */
  attach(hello: Hello, onEvent?: EventHandler): Promise<Session>;
}
