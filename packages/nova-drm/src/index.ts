export { createNovaDrm, type DrmDevice, type DrmFact, type NovaDrm, type NovaDrmOptions, type OpenOptions } from './driver.ts';
export type { DrmClock } from './clock.ts';
export { DrmError } from './errors.ts';
export type { FaceName } from './face.ts';
export type { DrmBuffer, DrmFile, DrmMapping } from './file.ts';
export * from './uapi/index.ts';
export { createUserMemory, type UserMemory } from './user-memory.ts';
