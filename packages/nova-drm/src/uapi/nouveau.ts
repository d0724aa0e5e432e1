// What Vulkan's NVK uses of nouveau. linux: include/uapi/drm/nouveau_drm.h
import { array, struct, type Layout, type ValueOf } from '@nova-stack/c-layout';

import { DRIVER, request } from './request.ts';

const nouveauGetparamFields = { param: 'u64', value: 'u64' } as const;
export const drm_nouveau_getparam: Layout<ValueOf<typeof nouveauGetparamFields>> = struct('drm_nouveau_getparam', nouveauGetparamFields);
const nouveauSubchanFields = { handle: 'u32', grclass: 'u32' } as const;
export const drm_nouveau_subchan: Layout<ValueOf<typeof nouveauSubchanFields>> = struct('drm_nouveau_subchan', nouveauSubchanFields);
interface ChannelAlloc {
  readonly fb_ctxdma_handle: number; readonly tt_ctxdma_handle: number; readonly channel: number; readonly pushbuf_domains: number; readonly notifier_handle: number;
  readonly subchan: readonly ValueOf<typeof nouveauSubchanFields>[]; readonly nr_subchan: number;
}
export const drm_nouveau_channel_alloc: Layout<ChannelAlloc> = struct('drm_nouveau_channel_alloc', {
  fb_ctxdma_handle: 'u32', tt_ctxdma_handle: 'u32', channel: 's32', pushbuf_domains: 'u32', notifier_handle: 'u32', subchan: array(drm_nouveau_subchan, 8), nr_subchan: 'u32',
});
const nouveauChannelFreeFields = { channel: 's32' } as const;
export const drm_nouveau_channel_free: Layout<ValueOf<typeof nouveauChannelFreeFields>> = struct('drm_nouveau_channel_free', nouveauChannelFreeFields);
const nouveauVmInitFields = { kernel_managed_addr: 'u64', kernel_managed_size: 'u64' } as const;
export const drm_nouveau_vm_init: Layout<ValueOf<typeof nouveauVmInitFields>> = struct('drm_nouveau_vm_init', nouveauVmInitFields);
const nouveauVmBindOpFields = { op: 'u32', flags: 'u32', handle: 'u32', pad: 'u32', addr: 'u64', bo_offset: 'u64', range: 'u64' } as const;
export const drm_nouveau_vm_bind_op: Layout<ValueOf<typeof nouveauVmBindOpFields>> = struct('drm_nouveau_vm_bind_op', nouveauVmBindOpFields);
const nouveauVmBindFields = { op_count: 'u32', flags: 'u32', wait_count: 'u32', sig_count: 'u32', wait_ptr: 'u64', sig_ptr: 'u64', op_ptr: 'u64' } as const;
export const drm_nouveau_vm_bind: Layout<ValueOf<typeof nouveauVmBindFields>> = struct('drm_nouveau_vm_bind', nouveauVmBindFields);
const nouveauSyncFields = { flags: 'u32', handle: 'u32', timeline_value: 'u64' } as const;
export const drm_nouveau_sync: Layout<ValueOf<typeof nouveauSyncFields>> = struct('drm_nouveau_sync', nouveauSyncFields);
const nouveauExecPushFields = { va: 'u64', va_len: 'u32', flags: 'u32' } as const;
export const drm_nouveau_exec_push: Layout<ValueOf<typeof nouveauExecPushFields>> = struct('drm_nouveau_exec_push', nouveauExecPushFields);
const nouveauExecFields = { channel: 'u32', push_count: 'u32', wait_count: 'u32', sig_count: 'u32', wait_ptr: 'u64', sig_ptr: 'u64', push_ptr: 'u64' } as const;
export const drm_nouveau_exec: Layout<ValueOf<typeof nouveauExecFields>> = struct('drm_nouveau_exec', nouveauExecFields);
const nouveauGemInfoFields = { handle: 'u32', domain: 'u32', size: 'u64', offset: 'u64', map_handle: 'u64', tile_mode: 'u32', tile_flags: 'u32' } as const;
export const drm_nouveau_gem_info: Layout<ValueOf<typeof nouveauGemInfoFields>> = struct('drm_nouveau_gem_info', nouveauGemInfoFields);
interface GemNew {
  readonly info: ValueOf<typeof nouveauGemInfoFields>; readonly channel_hint: number; readonly align: number;
}
export const drm_nouveau_gem_new: Layout<GemNew> = struct('drm_nouveau_gem_new', {
  info: drm_nouveau_gem_info, channel_hint: 'u32', align: 'u32',
});
const nouveauGemCpuPrepFields = { handle: 'u32', flags: 'u32' } as const;
export const drm_nouveau_gem_cpu_prep: Layout<ValueOf<typeof nouveauGemCpuPrepFields>> = struct('drm_nouveau_gem_cpu_prep', nouveauGemCpuPrepFields);
const nouveauGemCpuFiniFields = { handle: 'u32' } as const;
export const drm_nouveau_gem_cpu_fini: Layout<ValueOf<typeof nouveauGemCpuFiniFields>> = struct('drm_nouveau_gem_cpu_fini', nouveauGemCpuFiniFields);
const nouveauGetZcullInfoFields = { width_align_pixels: 'u32', height_align_pixels: 'u32', pixel_squares_by_aliquots: 'u32', aliquot_total: 'u32', zcull_region_byte_multiplier: 'u32', zcull_region_header_size: 'u32', zcull_subregion_header_size: 'u32', subregion_count: 'u32', subregion_width_align_pixels: 'u32', subregion_height_align_pixels: 'u32', ctxsw_size: 'u32', ctxsw_align: 'u32' } as const;
export const drm_nouveau_get_zcull_info: Layout<ValueOf<typeof nouveauGetZcullInfoFields>> = struct('drm_nouveau_get_zcull_info', nouveauGetZcullInfoFields);

/** Request numbers. */
export const NOUVEAU_IOCTL: Readonly<Record<'NOUVEAU_GETPARAM' | 'NOUVEAU_CHANNEL_ALLOC' | 'NOUVEAU_CHANNEL_FREE' | 'NOUVEAU_VM_INIT' | 'NOUVEAU_VM_BIND' | 'NOUVEAU_EXEC' | 'NOUVEAU_GET_ZCULL_INFO' | 'NOUVEAU_GEM_NEW' | 'NOUVEAU_GEM_CPU_PREP' | 'NOUVEAU_GEM_CPU_FINI' | 'NOUVEAU_GEM_INFO', number>> = {
  NOUVEAU_GETPARAM: request('wr', DRIVER, drm_nouveau_getparam),
  NOUVEAU_CHANNEL_ALLOC: request('wr', DRIVER + 0x02, drm_nouveau_channel_alloc),
  NOUVEAU_CHANNEL_FREE: request('w', DRIVER + 0x03, drm_nouveau_channel_free),
  NOUVEAU_VM_INIT: request('wr', DRIVER + 0x10, drm_nouveau_vm_init),
  NOUVEAU_VM_BIND: request('wr', DRIVER + 0x11, drm_nouveau_vm_bind),
  NOUVEAU_EXEC: request('wr', DRIVER + 0x12, drm_nouveau_exec),
  NOUVEAU_GET_ZCULL_INFO: request('r', DRIVER + 0x13, drm_nouveau_get_zcull_info),
  NOUVEAU_GEM_NEW: request('wr', DRIVER + 0x40, drm_nouveau_gem_new),
  NOUVEAU_GEM_CPU_PREP: request('w', DRIVER + 0x42, drm_nouveau_gem_cpu_prep),
  NOUVEAU_GEM_CPU_FINI: request('w', DRIVER + 0x43, drm_nouveau_gem_cpu_fini),
  NOUVEAU_GEM_INFO: request('wr', DRIVER + 0x44, drm_nouveau_gem_info),
};

/** Parameters that this driver has an answer to; the others are asked of the core's facts. */
export const NOUVEAU_GETPARAM = {
  PCI_VENDOR: 3, PCI_DEVICE: 4, BUS_TYPE: 5, FB_SIZE: 8, AGP_SIZE: 9, VM_VRAM_BASE: 12, HAS_BO_USAGE: 15, EXEC_PUSH_MAX: 17, VRAM_BAR_SIZE: 18, VRAM_USED: 19,
  HAS_VMA_TILEMODE: 20,
} as const;
export const BUS_TYPE_PCIE = 2;

export const GEM_DOMAIN = { CPU: 1, VRAM: 2, GART: 4, MAPPABLE: 8, COHERENT: 16, NO_SHARE: 32 } as const;

/** What `tt_ctxdma_handle` says when `fb_ctxdma_handle` is all ones: the engine that a channel is for. */
export const FIFO_ENGINE = { GR: 0x01, VP: 0x02, PPP: 0x04, BSP: 0x08, CE: 0x30, NVDEC: 0x300 } as const;

export const VM_BIND_OP = { MAP: 0, UNMAP: 1 } as const;
export const VM_BIND_SPARSE = 0x100;
export const VM_BIND_RUN_ASYNC = 1;
/** Low bits of a sync's flags. */
export const SYNC_TYPE = { MASK: 0xf, SYNCOBJ: 0, TIMELINE_SYNCOBJ: 1 } as const;
/** Of NVIF, whose structures have no fixed size: the caller's request says how many bytes. */
export const NOUVEAU_NVIF_REQUEST: number = request('wr', DRIVER + 0x07, { size: 0 });
