import { registerArray, type RegisterArray } from '../register.ts';

/** The FSP, which boots Hopper and Blackwell: one queue towards it, one back, both through its EMEM. */
const facts = { source: 'open-gpu-kernel-modules 570.144: hopper/gh100/dev_fsp_pri.h' } as const;
const CHANNELS = { count: 8, stride: 8 } as const;
/** Bytes of EMEM that a channel has; messages are no longer. Channel 0 is the driver's. */
export const FSP_CHANNEL_SIZE = 0x400;
const address = { address: [31, 0] } as const;
export const NV_PFSP_QUEUE_HEAD: RegisterArray<typeof address> = registerArray('NV_PFSP_QUEUE_HEAD', 0x8f2c00, CHANNELS, address, {
  ...facts, doc: 'EMEM offset of the first word of a message to the FSP; writing it sends the message.',
});
export const NV_PFSP_QUEUE_TAIL: RegisterArray<typeof address> = registerArray('NV_PFSP_QUEUE_TAIL', 0x8f2c04, CHANNELS, address, {
  ...facts, doc: 'EMEM offset of the last word of a message to the FSP; equal to the head when there is none.',
});
export const NV_PFSP_MSGQ_HEAD: RegisterArray<typeof address> = registerArray('NV_PFSP_MSGQ_HEAD', 0x8f2c80, CHANNELS, address, {
  ...facts, doc: 'EMEM offset of the first word of a message from the FSP.',
});
export const NV_PFSP_MSGQ_TAIL: RegisterArray<typeof address> = registerArray('NV_PFSP_MSGQ_TAIL', 0x8f2c84, CHANNELS, address, {
  ...facts, doc: 'EMEM offset of the last word of a message from the FSP; equal to the head when there is none.',
});
