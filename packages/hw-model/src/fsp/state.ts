import { FSP_CHANNEL_SIZE, NV_PFSP_QUEUE_HEAD } from '@nova-stack/gpu-regs';

const CHANNELS = NV_PFSP_QUEUE_HEAD.count;
/** Bytes of EMEM: every channel has its part. */
export const EMEM_SIZE: number = CHANNELS * FSP_CHANNEL_SIZE;

/** What the FSP remembers. */
export interface FspState {
  emem: Uint8Array;
  /** EMEMC per port. */
  control: Uint32Array;
  /** Offsets in EMEM of the first and the last word of a message, by channel; equal when there is none. */
  queueHead: Uint32Array;
  queueTail: Uint32Array;
  msgqHead: Uint32Array;
  msgqTail: Uint32Array;
  /** Channels whose message has been taken and not been answered. */
  busy: boolean[];
  /** Answers that wait for the one before to be read, by channel. */
  answers: (Uint8Array | undefined)[];
}

/** The state after power-on, and after a reset of the device. */
export function coldFsp(): FspState {
  const perChannel = (): Uint32Array => new Uint32Array(CHANNELS);
  return {
    emem: new Uint8Array(EMEM_SIZE), control: perChannel(), queueHead: perChannel(), queueTail: perChannel(), msgqHead: perChannel(), msgqTail: perChannel(),
    busy: new Array<boolean>(CHANNELS).fill(false), answers: new Array<Uint8Array | undefined>(CHANNELS).fill(undefined),
  };
}
