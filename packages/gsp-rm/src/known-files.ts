import type { KnownFmc } from './fsp/chain-of-trust.ts';
import type { KnownBootloader, KnownImage } from './images.ts';
import * as r535 from './r535_113_01/known-images.ts';
import * as r570 from './r570_144/known-images.ts';
import type { KnownUcode } from './ucode.ts';

/** NVIDIA's files that the model recognises, of every release whose files were at hand. */
export const KNOWN_UCODES: readonly KnownUcode[] = [...r535.KNOWN_UCODES, ...r570.KNOWN_UCODES];
export const KNOWN_IMAGES: readonly KnownImage[] = [...r535.KNOWN_IMAGES, ...r570.KNOWN_IMAGES];
export const KNOWN_BOOTLOADERS: readonly KnownBootloader[] = [...r535.KNOWN_BOOTLOADERS, ...r570.KNOWN_BOOTLOADERS];
export const KNOWN_FMCS: readonly KnownFmc[] = r570.KNOWN_FMCS;
