// What every driver of DRM has. linux: include/uapi/drm/drm.h
import { struct, type Layout, type ValueOf } from '@nova-stack/c-layout';

import { request } from './request.ts';

const versionFields = { version_major: 's32', version_minor: 's32', version_patchlevel: 's32', name_len: 'u64', name: 'u64', date_len: 'u64', date: 'u64', desc_len: 'u64', desc: 'u64' } as const;
export const drm_version: Layout<ValueOf<typeof versionFields>> = struct('drm_version', versionFields);
const getCapFields = { capability: 'u64', value: 'u64' } as const;
export const drm_get_cap: Layout<ValueOf<typeof getCapFields>> = struct('drm_get_cap', getCapFields);
const gemCloseFields = { handle: 'u32', pad: 'u32' } as const;
export const drm_gem_close: Layout<ValueOf<typeof gemCloseFields>> = struct('drm_gem_close', gemCloseFields);
const primeHandleFields = { handle: 'u32', flags: 'u32', fd: 's32' } as const;
export const drm_prime_handle: Layout<ValueOf<typeof primeHandleFields>> = struct('drm_prime_handle', primeHandleFields);
const syncobjCreateFields = { handle: 'u32', flags: 'u32' } as const;
export const drm_syncobj_create: Layout<ValueOf<typeof syncobjCreateFields>> = struct('drm_syncobj_create', syncobjCreateFields);
const syncobjDestroyFields = { handle: 'u32', pad: 'u32' } as const;
export const drm_syncobj_destroy: Layout<ValueOf<typeof syncobjDestroyFields>> = struct('drm_syncobj_destroy', syncobjDestroyFields);
const syncobjHandleFields = { handle: 'u32', flags: 'u32', fd: 's32', pad: 'u32', point: 'u64' } as const;
export const drm_syncobj_handle: Layout<ValueOf<typeof syncobjHandleFields>> = struct('drm_syncobj_handle', syncobjHandleFields);
const syncobjTransferFields = { src_handle: 'u32', dst_handle: 'u32', src_point: 'u64', dst_point: 'u64', flags: 'u32', pad: 'u32' } as const;
export const drm_syncobj_transfer: Layout<ValueOf<typeof syncobjTransferFields>> = struct('drm_syncobj_transfer', syncobjTransferFields);
const syncobjWaitFields = { handles: 'u64', timeout_nsec: 's64', count_handles: 'u32', flags: 'u32', first_signaled: 'u32', pad: 'u32', deadline_nsec: 'u64' } as const;
export const drm_syncobj_wait: Layout<ValueOf<typeof syncobjWaitFields>> = struct('drm_syncobj_wait', syncobjWaitFields);
const syncobjTimelineWaitFields = { handles: 'u64', points: 'u64', timeout_nsec: 's64', count_handles: 'u32', flags: 'u32', first_signaled: 'u32', pad: 'u32', deadline_nsec: 'u64' } as const;
export const drm_syncobj_timeline_wait: Layout<ValueOf<typeof syncobjTimelineWaitFields>> = struct('drm_syncobj_timeline_wait', syncobjTimelineWaitFields);
const syncobjEventfdFields = { handle: 'u32', flags: 'u32', point: 'u64', fd: 's32', pad: 'u32' } as const;
export const drm_syncobj_eventfd: Layout<ValueOf<typeof syncobjEventfdFields>> = struct('drm_syncobj_eventfd', syncobjEventfdFields);
const syncobjArrayFields = { handles: 'u64', count_handles: 'u32', pad: 'u32' } as const;
export const drm_syncobj_array: Layout<ValueOf<typeof syncobjArrayFields>> = struct('drm_syncobj_array', syncobjArrayFields);
const syncobjTimelineArrayFields = { handles: 'u64', points: 'u64', count_handles: 'u32', flags: 'u32' } as const;
export const drm_syncobj_timeline_array: Layout<ValueOf<typeof syncobjTimelineArrayFields>> = struct('drm_syncobj_timeline_array', syncobjTimelineArrayFields);

/** Request numbers. */
export const DRM_IOCTL: Readonly<Record<'VERSION' | 'GEM_CLOSE' | 'GET_CAP' | 'PRIME_HANDLE_TO_FD' | 'PRIME_FD_TO_HANDLE' | 'SYNCOBJ_CREATE' | 'SYNCOBJ_DESTROY' | 'SYNCOBJ_HANDLE_TO_FD' | 'SYNCOBJ_FD_TO_HANDLE' | 'SYNCOBJ_WAIT' | 'SYNCOBJ_RESET' | 'SYNCOBJ_SIGNAL' | 'SYNCOBJ_TIMELINE_WAIT' | 'SYNCOBJ_QUERY' | 'SYNCOBJ_TRANSFER' | 'SYNCOBJ_TIMELINE_SIGNAL' | 'SYNCOBJ_EVENTFD', number>> = {
  VERSION: request('wr', 0x00, drm_version),
  GEM_CLOSE: request('w', 0x09, drm_gem_close),
  GET_CAP: request('wr', 0x0c, drm_get_cap),
  PRIME_HANDLE_TO_FD: request('wr', 0x2d, drm_prime_handle),
  PRIME_FD_TO_HANDLE: request('wr', 0x2e, drm_prime_handle),
  SYNCOBJ_CREATE: request('wr', 0xbf, drm_syncobj_create),
  SYNCOBJ_DESTROY: request('wr', 0xc0, drm_syncobj_destroy),
  SYNCOBJ_HANDLE_TO_FD: request('wr', 0xc1, drm_syncobj_handle),
  SYNCOBJ_FD_TO_HANDLE: request('wr', 0xc2, drm_syncobj_handle),
  SYNCOBJ_WAIT: request('wr', 0xc3, drm_syncobj_wait),
  SYNCOBJ_RESET: request('wr', 0xc4, drm_syncobj_array),
  SYNCOBJ_SIGNAL: request('wr', 0xc5, drm_syncobj_array),
  SYNCOBJ_TIMELINE_WAIT: request('wr', 0xca, drm_syncobj_timeline_wait),
  SYNCOBJ_QUERY: request('wr', 0xcb, drm_syncobj_timeline_array),
  SYNCOBJ_TRANSFER: request('wr', 0xcc, drm_syncobj_transfer),
  SYNCOBJ_TIMELINE_SIGNAL: request('wr', 0xcd, drm_syncobj_timeline_array),
  SYNCOBJ_EVENTFD: request('wr', 0xcf, drm_syncobj_eventfd),
};

/** Capabilities that `GET_CAP` tells of. */
export const DRM_CAP = { PRIME: 0x5, TIMESTAMP_MONOTONIC: 0x6, SYNCOBJ: 0x13, SYNCOBJ_TIMELINE: 0x14 } as const;

export const SYNCOBJ_CREATE_SIGNALED = 1;
/** Bits of the flags of a wait. */
export const SYNCOBJ_WAIT = { ALL: 1, FOR_SUBMIT: 2, AVAILABLE: 4, DEADLINE: 8 } as const;
export const SYNCOBJ_QUERY_LAST_SUBMITTED = 1;
