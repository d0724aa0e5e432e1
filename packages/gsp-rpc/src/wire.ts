/** Offsets in bytes of everything that both ends touch, taken from the release's layouts. */
export interface Wire {
  /** Bytes of the element header with the RPC header: where the payload begins. */
  readonly payload: number;
  /** Bytes of the element header alone: what `rpc.length` does not count. */
  readonly element: number;
  readonly checkSum: number;
  readonly seqNum: number;
  readonly elemCount: number;
  readonly headerVersion: number;
  readonly signature: number;
  readonly length: number;
  readonly function: number;
  readonly result: number;
  readonly resultPrivate: number;
  readonly sequence: number;
}

/** Where the fields stand in every release so far. Source: open-gpu-kernel-modules: src/nvidia/inc/kernel/gpu/gsp/message_queue_priv.h */
export const WIRE: Wire = {
  payload: 0x50, element: 0x30, checkSum: 0x20, seqNum: 0x24, elemCount: 0x28, headerVersion: 0x30, signature: 0x34,
  length: 0x38, function: 0x3c, result: 0x40, resultPrivate: 0x44, sequence: 0x48,
};
