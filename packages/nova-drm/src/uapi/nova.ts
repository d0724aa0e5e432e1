// linux: include/uapi/drm/nova_drm.h, which calls itself not stable
import { struct, type Layout, type ValueOf } from '@nova-stack/c-layout';

import { DRIVER, request } from './request.ts';

const novaGetparamFields = { param: 'u64', value: 'u64' } as const;
export const drm_nova_getparam: Layout<ValueOf<typeof novaGetparamFields>> = struct('drm_nova_getparam', novaGetparamFields);
const novaGemCreateFields = { handle: 'u32', pad: 'u32', size: 'u64' } as const;
export const drm_nova_gem_create: Layout<ValueOf<typeof novaGemCreateFields>> = struct('drm_nova_gem_create', novaGemCreateFields);
const novaGemInfoFields = { handle: 'u32', pad: 'u32', size: 'u64' } as const;
export const drm_nova_gem_info: Layout<ValueOf<typeof novaGemInfoFields>> = struct('drm_nova_gem_info', novaGemInfoFields);

/** Request numbers. */
export const NOVA_IOCTL: Readonly<Record<'NOVA_GETPARAM' | 'NOVA_GEM_CREATE' | 'NOVA_GEM_INFO', number>> = {
  NOVA_GETPARAM: request('wr', DRIVER, drm_nova_getparam),
  NOVA_GEM_CREATE: request('wr', DRIVER + 1, drm_nova_gem_create),
  NOVA_GEM_INFO: request('wr', DRIVER + 2, drm_nova_gem_info),
};

/** Bytes of device memory that the CPU can look at at the same time. */
export const NOVA_GETPARAM_VRAM_BAR_SIZE = 0x1;
