import { RELEASE_535_113_01 } from './r535_113_01/release.ts';
import { RELEASE_570_144 } from './r570_144/release.ts';
import { RELEASE_580_105_08 } from './r580_105_08/release.ts';
import type { Release } from './release.ts';

/** Releases that the model can be, oldest first. */
export const RELEASES: readonly Release[] = [RELEASE_535_113_01, RELEASE_570_144, RELEASE_580_105_08];

/** The release by its version, `570.144`. */
export const findRelease = (version: string | undefined): Release | undefined => RELEASES.find((release) => release.version === version);
