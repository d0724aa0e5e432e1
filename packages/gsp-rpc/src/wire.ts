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
