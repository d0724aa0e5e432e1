export { createRegistry, findInAll, type Entry, type Registry, type StructureFilter, type Uses } from './registry.ts';
export { describeEntry, describeUses } from './describe.ts';
export { GSP_CLIENT, gspClient, type Selection, type User } from './gsp-client.ts';
export { describeStatus } from '../status/descriptions.ts';
