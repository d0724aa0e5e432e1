/** What can go wrong with the socket itself; what goes wrong in the contract is a `ContractError`. */
export class CoreSocketError extends Error {
  override readonly name = 'CoreSocketError';
  readonly code: 'SOCKET';

  constructor(code: 'SOCKET', message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
