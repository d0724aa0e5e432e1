export { createGspRm } from './gsp-rm.ts';
export type { GspRmOptions } from './gsp-rm.ts';
export type { KnownFiles } from './booter.ts';
export type { KnownBootloader, KnownImage } from './images.ts';
export type { KnownUcode, Ucode, UcodeKind } from './ucode.ts';
export { POINTS } from './points.ts';
