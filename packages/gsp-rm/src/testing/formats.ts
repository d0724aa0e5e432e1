import { PROFILE_535_113_01, PROFILE_570_144, PROFILE_580_105_08, type FramingProfile } from '@nova-stack/gsp-rpc';
import * as r535 from '../r535_113_01/layouts.ts';
import * as r570 from '../r570_144/layouts.ts';
import * as r580 from '../r580_105_08/layouts.ts';

/** What a driver of each release speaks. */
export const FORMATS = {
  '535.113.01': { rm: r535, profile: PROFILE_535_113_01, nocat: undefined, lockdown: 0x101d },
  '570.144': { rm: r570, profile: PROFILE_570_144, nocat: 0x1020, lockdown: 0x101c },
  '580.105.08': { rm: r580, profile: PROFILE_580_105_08, nocat: 0x1020, lockdown: 0x101c },
} as const satisfies Readonly<Record<string, { readonly rm: object; readonly profile: FramingProfile; readonly nocat: number | undefined; readonly lockdown: number }>>;

export type Version = keyof typeof FORMATS;
export const VERSIONS = Object.keys(FORMATS) as readonly Version[];
