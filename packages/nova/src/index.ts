export { main, type Output } from './main.ts';
export { createMachine, DEFAULT_VERSION, type Machine, type MachineOptions } from './machine.ts';
export { connectMachine, type RemoteMachine, type RemoteMachineOptions } from './remote-machine.ts';
export { firmwareDirectory } from './firmware-dir.ts';
export { ALL_POINTS } from './points.ts';
export { watchRegisters, type TouchedRegister, type WatchedDevice } from './access-record.ts';
