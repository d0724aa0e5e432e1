import { VbiosError } from './error.ts';
import { Span } from './span.ts';

/** What FWSEC is asked to do: the init command of its memory mapper interface. */
export const FWSEC_COMMANDS = {
  /** Set up the firmware run-time services region and write protect it. */
  frts: 0x15,
  /** Secure boot mode again, after the GSP was stopped. */
  sb: 0x19,
} as const;
export type FwsecCommand = keyof typeof FWSEC_COMMANDS;

/** Where the ucode takes its command from; offsets in the DMEM image. */
export interface CommandSlots {
  /** u32: one of {@link FWSEC_COMMANDS}. */
  readonly initCommand: number;
  /** Start and size of the input buffer. */
  readonly input: number;
  readonly inputSize: number;
}

/** A range of the framebuffer in bytes; both multiples of 4 KiB. */
export interface FrtsRegion {
  readonly start: number;
  readonly size: number;
}

const INTERFACE = { headerSize: 1, entrySize: 2, entryCount: 3, size: 4 } as const;
const ENTRY = { id: 0, offset: 4, size: 8 } as const;
const DMEM_MAPPER = { id: 4, inputOffset: 0x08, inputSize: 0x0c, initCommand: 0x2c, size: 64 } as const;

const READ_VBIOS = { version: 0x00, size: 0x04, address: 0x08, length: 0x10, flags: 0x14, bytes: 0x18 } as const;
const FRTS_REGION = { version: 0x18, size: 0x1c, address: 0x20, length: 0x24, mediaType: 0x28, bytes: 0x2c } as const;
/** Media type of a region in the framebuffer. */
const MEDIA_FB = 2;

/**
 * Finds the memory mapper among the application interfaces of a DMEM image.
 * Source: linux: drivers/gpu/nova-core/firmware/fwsec.rs.
 *
 * @throws {@link VbiosError} code `MISSING` when there is none.
 */
export function findCommandSlots(dmem: Uint8Array, interfaceOffset: number): CommandSlots {
  const span = new Span(dmem, 'DMEM image');
  span.check(interfaceOffset, INTERFACE.size, 'application interface');
  const header = span.u8(interfaceOffset + INTERFACE.headerSize, 'application interface.headerSize');
  const stride = span.u8(interfaceOffset + INTERFACE.entrySize, 'application interface.entrySize');
  const count = span.u8(interfaceOffset + INTERFACE.entryCount, 'application interface.entryCount');
  if (stride < ENTRY.size) {
    throw new VbiosError('BAD_VALUE', 'application interface.entrySize', interfaceOffset + INTERFACE.entrySize, `${stride} is less than ${ENTRY.size}`);
  }
  for (let i = 0; i < count; i++) {
    const entry = interfaceOffset + header + i * stride;
    if (span.u32(entry + ENTRY.id, `application interface[${i}].id`) !== DMEM_MAPPER.id) continue;
    const mapper = span.u32(entry + ENTRY.offset, `application interface[${i}].offset`);
    span.check(mapper, DMEM_MAPPER.size, 'memory mapper');
    const input = span.u32(mapper + DMEM_MAPPER.inputOffset, 'memory mapper.input');
    const inputSize = span.u32(mapper + DMEM_MAPPER.inputSize, 'memory mapper.inputSize');
    span.check(input, FRTS_REGION.bytes, 'memory mapper.input');
    return { initCommand: mapper + DMEM_MAPPER.initCommand, input, inputSize };
  }
  throw new VbiosError('MISSING', 'memory mapper', interfaceOffset, `none among ${count} application interfaces`);
}

/**
 * Writes a command into a DMEM image that the caller owns.
 * `frts` needs the region, in multiples of 4 KiB below 2^44; `sb` leaves the region's block as it is.
 */
export function writeCommand(dmem: Uint8Array, slots: CommandSlots, command: 'frts', region: FrtsRegion): void;
export function writeCommand(dmem: Uint8Array, slots: CommandSlots, command: 'sb'): void;
export function writeCommand(dmem: Uint8Array, slots: CommandSlots, command: FwsecCommand, region?: FrtsRegion): void {
  const view = new DataView(dmem.buffer, dmem.byteOffset, dmem.byteLength);
  view.setUint32(slots.initCommand, FWSEC_COMMANDS[command], true);
  const at = slots.input;
  view.setUint32(at + READ_VBIOS.version, 1, true);
  view.setUint32(at + READ_VBIOS.size, READ_VBIOS.bytes, true);
  view.setBigUint64(at + READ_VBIOS.address, 0n, true);
  view.setUint32(at + READ_VBIOS.length, 0, true);
  view.setUint32(at + READ_VBIOS.flags, 2, true);
  if (region === undefined) return;
  view.setUint32(at + FRTS_REGION.version, 1, true);
  view.setUint32(at + FRTS_REGION.size, FRTS_REGION.bytes - FRTS_REGION.version, true);
  view.setUint32(at + FRTS_REGION.address, region.start / 0x1000, true);
  view.setUint32(at + FRTS_REGION.length, region.size / 0x1000, true);
  view.setUint32(at + FRTS_REGION.mediaType, MEDIA_FB, true);
}
