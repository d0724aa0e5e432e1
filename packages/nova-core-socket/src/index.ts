export { serveCore, type CoreServer, type ServeCoreOptions, type SocketEvent } from './server.ts';
export { CoreSocketError } from './errors.ts';
