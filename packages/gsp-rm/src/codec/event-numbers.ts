/**
 * Events whose numbers no release has moved.
 *
 * Source: open-gpu-kernel-modules 535.113.01 to 580.105.08: rpc_global_enums.h
 */
export const COMMON_EVENTS = {
  initDone: 0x1001, sequencer: 0x1002, postEvent: 0x1003, rcTriggered: 0x1004, mmuFault: 0x1005, osError: 0x1006, libosPrint: 0x100c, pluginTriggered: 0x100d, perfBridgeless: 0x100f,
} as const;
