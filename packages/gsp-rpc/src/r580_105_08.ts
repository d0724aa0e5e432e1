import type { FramingProfile } from './profile.ts';
import { PROFILE_570_144 } from './r570_144.ts';

const CONTROL = 76;
/** A control's header grew by the flags and the access right. */
const CONTROL_HEADER = 0x28;

/** Framing of firmware 580.105.08. A bad element is passed over, and a reply is known by its number too. */
export const PROFILE_580_105_08: FramingProfile = {
  ...PROFILE_570_144,
  release: '580.105.08',
  consumesBadElements: true,
  sequence: { requests: 'counted', matched: true },
  functionLimit: 228,
  sized: {
    ...PROFILE_570_144.sized,
    [CONTROL]: { header: CONTROL_HEADER, lengthAt: 0x10, unit: 1, most: CONTROL_HEADER + 0x10_0000, bothWays: true },
  },
};
