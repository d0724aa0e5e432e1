export { namespaceOf } from './namespace.ts';

/** Firmware versions that this package has a namespace for, oldest first; the namespace of `570.144` is `r570_144`. */
export const VERSIONS = ['535.113.01', '570.144', '580.105.08'] as const;
export type Version = (typeof VERSIONS)[number];
