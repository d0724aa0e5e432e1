import type { KnownBootloader, KnownImage } from './images.ts';
import * as r570 from './r570_144/known-images.ts';
import type { KnownUcode } from './ucode.ts';

/** NVIDIA's files that the model recognises, of every release whose files were at hand. */
export const KNOWN_UCODES: readonly KnownUcode[] = r570.KNOWN_UCODES;
export const KNOWN_IMAGES: readonly KnownImage[] = r570.KNOWN_IMAGES;
export const KNOWN_BOOTLOADERS: readonly KnownBootloader[] = r570.KNOWN_BOOTLOADERS;
