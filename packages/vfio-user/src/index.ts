// Serving a device
export { serveDevice, type ServeOptions, type VfioUserServer } from './server.ts';

// Errors and trace
export { VfioUserError, type VfioUserErrorCode } from './errors.ts';
export { POINTS } from './points.ts';
