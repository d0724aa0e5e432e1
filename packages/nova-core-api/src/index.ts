// The handshake
export { checkHello, negotiate } from './handshake.ts';
export type { AgreedVersion, Agreement, Hello, MismatchReason, Offer, OfferedMajor, Want } from './handshake.ts';
export { CLIENT_KINDS, HANDSHAKE, type ClientKind } from './schema/handshake.ts';
export { CAPABILITIES, type Capability } from './capabilities.ts';

// Sessions
export type {
  BaseClient, ContractEvent, CoreEndpoint, DrmClient, EventFrame, EventHandler, Instance, InstanceV2, OperationV2, Region, Session, VgpuClient, VgpuV2Client,
} from './session.ts';
export { INSTANCE_STATES, SESSION_STATES, type SessionState, type SessionStateRow } from './states.ts';

// Clients on the auxiliary bus
export { registerClient, type ClientBus, type ClientDriverOptions } from './client-driver.ts';
export { CORE_ENDPOINT } from './core-endpoint-key.ts';

// The contract as data
export { BASE_V1 } from './schema/base-v1.ts';
export { VGPU_V1, type InstanceState } from './schema/vgpu-v1.ts';
export { VGPU_V2 } from './schema/vgpu-v2.ts';
export { DRM_V1 } from './schema/drm-v1.ts';
export { atMinor } from './schema/at-minor.ts';
export { INTERFACES, SEVERITIES } from './schema/interface.ts';
export type { EventKind, Interface, InterfaceName, ObjectKind, Operation, Operations, Severity } from './schema/interface.ts';
export type { Field, Fields, FieldValue, Named, ValueOf } from './schema/fields.ts';
export { checkFields } from './validate.ts';

// Errors
export { ContractError, ERRORS, type ErrorCategory, type ErrorCode, type ErrorDetails, type RetryHint } from './errors.ts';

export { REASONS, type Reason } from './reasons.ts';

// Trace
export { POINTS } from './points.ts';
