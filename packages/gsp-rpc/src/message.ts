/** A whole message as it came out of a queue, continuation records joined. */
export interface RpcMessage {
  /** Function or event number. */
  readonly function: number;
  /** `rpc_result`: 0 or an error in replies and events, {@link PENDING} in requests. */
  readonly result: number;
  /** `rpc.sequence` of the first record. */
  readonly sequence: number;
  /** The receiver's own copy. */
  readonly payload: Uint8Array;
}
