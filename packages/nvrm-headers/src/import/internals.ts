// What is taken out of the RM's internal headers, beside records that ABI records are made of: things without which a
// client of the firmware cannot fill or read what the ABI headers declare. By name, as they move from header to header.

export interface Pick {
  /** A record, an enumeration, an enumerator of one without a name, or a macro; as a pattern, from end to end. */
  readonly names: RegExp;
  readonly why: string;
}

/** Headers with things to pick, as the RM includes them; its RPC code does not include all of them in every version. */
export const PICKED_HEADERS: readonly string[] = [
  'gpu/gpu.h', 'gpu/fifo/kernel_channel.h', 'gpu/fsp/kern_fsp.h', 'gpu/gsp/kernel_gsp.h', 'gpu/gsp/message_queue.h', 'gpu/mem_mgr/fbsr.h', 'gpu/mem_mgr/mem_desc.h', 'os/os.h',
];

/** Records and enumerations. */
export const PICKED_TYPES: readonly Pick[] = [
  { names: /PACKED_REGISTRY_(?:ENTRY|TABLE)/, why: 'the body of the SET_REGISTRY message' },
  { names: /MCTP_HEADER|NVDM_PAYLOAD_COT/, why: 'the message that starts the chain of trust, where it has no header of its own' },
  { names: /COMPUTE_BRANDING_TYPE/, why: 'a value in the static configuration' },
  { names: /ErrorNotifierType/, why: 'values in the internal flags of a channel' },
  { names: /ENGINE_INFO_TYPE/, why: "columns of the firmware's table of engines" },
  { names: /RM_ENGINE_TYPE/, why: 'engines as structures of the firmware number them' },
  { names: /LOGIDX_INIT/, why: "the order of the firmware's log buffers, whose addresses the driver hands over" },
];

/** Macros. */
export const PICKED_MACROS: readonly Pick[] = [
  { names: /GPU_STATE_FLAGS_\w+/, why: 'flags of the UNLOADING_GUEST_DRIVER message' },
  { names: /MAX_GROUP_COUNT/, why: 'length of an array in the static configuration' },
  { names: /NV_KERNELCHANNEL_ALLOC_INTERNALFLAGS_\w+/, why: 'internalFlags of NV_CHANNEL_ALLOC_PARAMS' },
  { names: /REGISTRY_TABLE_ENTRY_TYPE_\w+/, why: 'types in PACKED_REGISTRY_ENTRY' },
  { names: /FBSR_TYPE_\w+/, why: 'ways to save video memory before a suspend' },
  { names: /ADDR_(?:UNKNOWN|SYSMEM|FBMEM|REGMEM|VIRTUAL|EGM|FABRIC\w*)/, why: 'addressSpace of NV_MEMORY_DESC_PARAMS' },
  { names: /RPC_QUEUE_COUNT/, why: 'length of an array of message queues' },
  { names: /NVGPU_ENGINE_CAPS_MASK_(?:BITS|ARRAY_MAX)/, why: 'length of an array in the static configuration' },
  { names: /NV_MEMORY_WRITECOMBINED/, why: 'cacheAttrib of NV_MEMORY_DESC_PARAMS' },
];

/** Whether a table has a name. */
export function isPicked(picks: readonly Pick[], name: string): boolean {
  return picks.some(({ names }) => names.exec(name)?.[0] === name);
}
