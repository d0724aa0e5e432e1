export { registerCoreServer, type BusServerOptions } from './bus.ts';
export { serveCore, type CoreServer, type ServeCoreOptions, type SocketEvent } from './server.ts';
export { CoreSocketError } from './errors.ts';
