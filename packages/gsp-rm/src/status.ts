/**
 * RM status codes that this model answers with; the same values in every release.
 *
 * Source: open-gpu-kernel-modules 570.144: src/common/sdk/nvidia/inc/nvstatuscodes.h
 */
export const STATUS = {
  OK: 0x00,
  IN_USE: 0x17,
  INSERT_DUPLICATE_NAME: 0x19,
  INSUFFICIENT_RESOURCES: 0x1a,
  INVALID_ADDRESS: 0x1e,
  INVALID_ARGUMENT: 0x1f,
  INVALID_CHANNEL: 0x21,
  INVALID_CLASS: 0x22,
  INVALID_CLIENT: 0x23,
  INVALID_DATA: 0x25,
  INVALID_DEVICE: 0x26,
  INVALID_LIMIT: 0x2e,
  INVALID_OBJECT: 0x31,
  INVALID_OBJECT_HANDLE: 0x33,
  INVALID_OBJECT_NEW: 0x34,
  INVALID_OBJECT_PARENT: 0x36,
  INVALID_PARAM_STRUCT: 0x3a,
  INVALID_STATE: 0x40,
  NO_FREE_FIFOS: 0x4f,
  NO_MEMORY: 0x51,
  NOT_READY: 0x55,
  NOT_SUPPORTED: 0x56,
  OBJECT_NOT_FOUND: 0x57,
  OUT_OF_RANGE: 0x5b,
  STATE_IN_USE: 0x63,
  TIMEOUT: 0x65,
} as const;

export type Status = (typeof STATUS)[keyof typeof STATUS];

/** `rpc_result` values beside status codes. Source: src/nvidia/inc/kernel/vgpu/rpc_global_enums.h */
export const RPC_RESULT = {
  UNKNOWN_FUNCTION: 0xff100001,
  INVALID_MESSAGE_FORMAT: 0xff100002,
} as const;
