export { createGspRm } from './gsp-rm.ts';
export type { GspRmOptions, Provocation } from './gsp-rm.ts';
export type { FirmwareEvent, FirmwareEvents } from './events.ts';
export type { Occurrence } from './notify.ts';
export type { KnownFiles } from './booter.ts';
export type { KnownBootloader, KnownImage } from './images.ts';
export type { KnownUcode, Ucode, UcodeKind } from './ucode.ts';
export { POINTS } from './points.ts';
