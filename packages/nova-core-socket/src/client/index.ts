// A core in another process, for clients in TypeScript
export { connectCore, type ConnectCoreOptions, type CoreConnection } from './connect.ts';
export { CoreSocketError } from '../errors.ts';
