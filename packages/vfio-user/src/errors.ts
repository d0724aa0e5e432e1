export type VfioUserErrorCode =
  /** The peer does not keep to the protocol: the connection cannot go on. */
  | 'PROTOCOL'
  /** The peer speaks another version. */
  | 'VERSION'
  /** The socket's path is too long, taken, or cannot be made. */
  | 'SOCKET'
  /** The device cannot be served, or driven, in this way. */
  | 'DEVICE'
  /** A server did not answer in time. */
  | 'TIMEOUT'
  /** The connection to a server has ended. */
  | 'LOST'
  /** A server answered a request of a client's with an error. */
  | 'REFUSED';

/** The only kind of error that this package throws. */
export class VfioUserError extends Error {
  override readonly name = 'VfioUserError';
  readonly code: VfioUserErrorCode;

  constructor(code: VfioUserErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** A request that is answered with an error; the connection goes on. */
export class Refusal extends Error {
  readonly errno: number;

  constructor(errno: number, why: string) {
    super(why);
    this.errno = errno;
  }
}
