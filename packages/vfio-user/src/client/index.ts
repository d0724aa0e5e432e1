// Driving a device in another process
export { connectDevice, type ConnectOptions, type RemoteDevice } from './connect.ts';

// Errors and trace
export { VfioUserError, type VfioUserErrorCode } from '../errors.ts';
export { POINTS } from '../points.ts';
