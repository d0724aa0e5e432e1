import type { FramingProfile } from './profile.ts';
import { WIRE } from './wire.ts';

/** RMAPI_PARAM_COPY_MAX_PARAMS_SIZE: what the resource manager takes as parameters of one call. */
const MOST_PARAMS = 0x10_0000;
/** No release limits lists; these limits are ours, so that a first record cannot make a receiver set aside any amount: pages of 2 GiB. */
const MOST_PAGES = 0x8_0000;
const MOST_REGISTRY = 0x10_0000;

/** Framing of firmware 570.144. */
export const PROFILE_570_144: FramingProfile = {
  release: '570.144',
  wire: WIRE,
  checksum: 'message',
  consumesBadElements: false,
  sequence: { requests: 'zero', matched: false },
  functionLimit: 227,
  events: { first: 0x1000, limit: 0x1023 },
  continuation: 71,
  // GSP_SET_SYSTEM_INFO, SET_REGISTRY, ECC_NOTIFIER_WRITE_ACK
  noReply: [72, 73, 202],
  sized: {
    // ALLOC_MEMORY by pageCount, SET_REGISTRY by size, GSP_RM_CONTROL and GSP_RM_ALLOC by paramsSize
    4: { header: 0x38, lengthAt: 0x28, unit: 8, most: 0x38 + MOST_PAGES * 8, bothWays: false },
    73: { header: 0, lengthAt: 0, unit: 1, most: MOST_REGISTRY, bothWays: false },
    76: { header: 0x18, lengthAt: 0x10, unit: 1, most: 0x18 + MOST_PARAMS, bothWays: true },
    103: { header: 0x20, lengthAt: 0x14, unit: 1, most: 0x20 + MOST_PARAMS, bothWays: true },
  },
  notable: {
    10: [0x8, 0x4],
    76: [0x8, 0x10],
    103: [0xc, 0x14],
    0x1002: [0x4, 0x0],
    0x1003: [0x8, 0xc],
    0x1004: [0x0, 0x10],
    0x100d: [0x0, 0x4],
    0x101c: [0x0, 0x0],
    0x1020: [0x10, 0x60],
  },
};
