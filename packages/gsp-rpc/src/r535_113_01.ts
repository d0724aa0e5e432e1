import type { FramingProfile } from './profile.ts';
import { PROFILE_570_144 } from './r570_144.ts';

/** Framing of firmware 535.113.01. The checksum covers whole ring entries there, and an RC event tells no GFID. */
export const PROFILE_535_113_01: FramingProfile = {
  ...PROFILE_570_144,
  release: '535.113.01',
  checksum: 'elements',
  functionLimit: 203,
  events: { first: 0x1000, limit: 0x101f },
  notable: {
    10: [0x8, 0x4],
    76: [0x8, 0x10],
    103: [0xc, 0x14],
    0x1002: [0x4, 0x0],
    0x1003: [0x8, 0xc],
    0x1004: [0x0, 0x8],
    0x100d: [0x0, 0x4],
    0x101d: [0x0, 0x0],
  },
};
