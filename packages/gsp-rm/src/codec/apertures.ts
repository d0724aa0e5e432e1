import type { Aperture } from '../resources/objects.ts';

/** Address spaces of RM: 1 system memory, 2 video memory. */
export const APERTURES: Readonly<Record<number, Aperture>> = { 0: 'none', 1: 'system', 2: 'vram' };
