// Registers
export { at, decode, get, make, register, registerArray, set, within } from './register.ts';
export type { Access, Decoded, Fielded, Fields, Register, RegisterArray, RegisterFacts, Space } from './register.ts';
export * from './registers/pmc.ts';
export * from './registers/pbus.ts';
export * from './registers/fuse.ts';
export * from './registers/gfw.ts';
export * from './registers/pfb.ts';
export * from './registers/pdisp.ts';
export * from './registers/ptimer.ts';
export * from './registers/falcon.ts';
export * from './registers/falcon-dma.ts';
export * from './registers/falcon2.ts';
export * from './registers/gsp.ts';
export * from './registers/fsp.ts';
export * from './registers/ce.ts';
export * from './registers/virtual-function.ts';
export * from './registers/xve.ts';
export { REGISTER_UNITS, type AnyRegister } from './registers/units.ts';
export { registerAt, type RegisterPlace } from './lookup.ts';
export { BAR0_SIZE, BAR0_WINDOWS, isPriError, PRI_DECODE_ERROR, PRI_TARGET_MASKED } from './windows.ts';

// Chips
export { CHIPS, chipById, type Chip, type ChipName } from './chips/chips.ts';
export { barBlockAddress, barBlockValues, type BarBlock } from './chips/bar-block.ts';
export type { Architecture, ChainOfTrust, Family, FamilyName, FlushPagePart } from './chips/family.ts';

// Layouts in the VBIOS
export * from './vbios/images.ts';
export * from './vbios/bit.ts';
export * from './vbios/ucode-descriptor.ts';
export * from './vbios/application.ts';

// Messages of the FSP
export * from './fsp/messages.ts';

// What ucode is given
export * from './falcon-bootloader.ts';

// Display
export * from './display/channels.ts';
export * from './display/instance-memory.ts';

// Host channels and their engines
export * from './host/channel.ts';
export * from './host/copy-engine.ts';
export * from './host/shader-engines.ts';

// Page tables
export { entryFormat, getEntryField, makeEntry, type EntryFields, type EntryFormat, type PageLevel } from './mmu/entry.ts';
export * from './mmu/ver2.ts';
export * from './mmu/ver3.ts';
export * from './mmu/instance-block.ts';

// Ucode that this project makes
export { SYNTHETIC_KINDS, SYNTHETIC_SIGNATURE, SYNTHETIC_UCODE } from './synthetic-ucode.ts';

export { RegisterError, type RegisterErrorCode } from './errors.ts';
