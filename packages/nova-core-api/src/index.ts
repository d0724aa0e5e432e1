// The handshake
export { negotiate, CLIENT_KINDS } from './handshake.ts';
export type { AgreedVersion, Agreement, ClientKind, Hello, Offer, OfferedMajor, Want } from './handshake.ts';
export { CAPABILITIES, type Capability } from './capabilities.ts';

// Sessions
export type {
  BaseClient, ContractEvent, CoreEndpoint, DrmClient, EventHandler, Instance, Region, Session, SessionState, VgpuClient,
} from './session.ts';

// Clients on the auxiliary bus
export { registerClient, type ClientBus, type ClientDriverOptions } from './client-driver.ts';
export { CORE_ENDPOINT } from './core-endpoint-key.ts';

// The contract as data
export { BASE_V1 } from './schema/base-v1.ts';
export { VGPU_V1, type InstanceState } from './schema/vgpu-v1.ts';
export { DRM_V1 } from './schema/drm-v1.ts';
export { INTERFACES } from './schema/interface.ts';
export type { EventKind, Interface, InterfaceName, ObjectKind, Operation, Operations } from './schema/interface.ts';
export type { Field, Fields, FieldValue, ValueOf } from './schema/fields.ts';

// Errors
export { ContractError, ERRORS, type ErrorCategory, type ErrorCode, type ErrorDetails, type RetryHint } from './errors.ts';
