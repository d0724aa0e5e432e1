// What a core implements and how it becomes attachable
export type { CoreInstance, Made, RestoringWork, SavingWork, VgpuCore, Work } from './core/vgpu-core.ts';
export { createEndpoint, type PublishedCore } from './core/endpoint.ts';
export type {
  BackendEvent, BackendInstance, BackendRegion, BaseBackend, CoreBackend, DrmBackend, VgpuBackend,
} from './core/backend.ts';
export { EVENT_QUEUE, type LostCause, type QuiesceCause } from './core/server-session.ts';
export { CORE_ENDPOINT } from './core-endpoint-key.ts';
