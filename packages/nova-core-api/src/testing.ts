// A core without a device, for tests of clients and of cores
export { createMemoryCore, type Lent, type MemoryCore, type MemoryCoreOptions } from './testing/memory-core.ts';
export { memoryTypes, type MemoryType } from './testing/type-data.ts';
export { createMemoryBus, type MemoryBus, type PluggedCore } from './testing/memory-bus.ts';
