import { dataView } from '@nova-stack/c-layout';
import {
  DMEM_MAPPER, FRTS_MEDIA, FWSEC_COMMANDS, FWSEC_FRTS_REGION, FWSEC_READ_VBIOS, INTERFACE_ENTRY, INTERFACE_HEADER, INTERFACE_IDS,
} from '@nova-stack/gpu-regs';

import { PAGE } from '../sizes.ts';
import { VbiosError } from './error.ts';
import { Span } from './span.ts';

/** What FWSEC is asked to do: set the run-time services region up, or go back to secure boot. */
export type FwsecCommandName = keyof typeof FWSEC_COMMANDS;

/** Where the ucode takes its command from; offsets in the DMEM image. */
export interface CommandSlots {
  /** u32: one of gpu-regs' FWSEC_COMMANDS. */
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

/** The ucode finds the VBIOS by itself. */
const READ_VBIOS_FLAGS = 2;

/**
 * Finds the memory mapper among the application interfaces of a DMEM image.
 * Source: linux: drivers/gpu/nova-core/firmware/fwsec.rs.
 *
 * @throws {@link VbiosError} code `MISSING` when there is none.
 */
export function findCommandSlots(dmem: Uint8Array, interfaceOffset: number): CommandSlots {
  const span = new Span(dmem, 'DMEM image');
  const { headerSize, entrySize, entryCount } = span.record(INTERFACE_HEADER, interfaceOffset, 'application interface');
  if (entrySize < INTERFACE_ENTRY.size) {
    throw new VbiosError('BAD_VALUE', 'application interface.entrySize', interfaceOffset + INTERFACE_HEADER.offsets.entrySize, `${entrySize} is less than ${INTERFACE_ENTRY.size}`);
  }
  for (let i = 0; i < entryCount; i++) {
    const { id, offset } = span.record(INTERFACE_ENTRY, interfaceOffset + headerSize + i * entrySize, `application interface[${i}]`);
    if (id !== INTERFACE_IDS.dmemMapper) continue;
    const { commandIn, commandInSize } = span.record(DMEM_MAPPER, offset, 'memory mapper');
    span.check(commandIn, FWSEC_READ_VBIOS.size + FWSEC_FRTS_REGION.size, 'memory mapper.commandIn');
    return { initCommand: offset + DMEM_MAPPER.offsets.initCommand, input: commandIn, inputSize: commandInSize };
  }
  throw new VbiosError('MISSING', 'memory mapper', interfaceOffset, `none among ${entryCount} application interfaces`);
}

/**
 * Writes a command into a DMEM image that the caller owns.
 * `frts` needs the region, in multiples of 4 KiB below 2^44; `sb` leaves the region's block as it is.
 */
export function writeCommand(dmem: Uint8Array, slots: CommandSlots, command: 'frts', region: FrtsRegion): void;
export function writeCommand(dmem: Uint8Array, slots: CommandSlots, command: 'sb'): void;
export function writeCommand(dmem: Uint8Array, slots: CommandSlots, command: FwsecCommandName, region?: FrtsRegion): void {
  const view = dataView(dmem);
  view.setUint32(slots.initCommand, FWSEC_COMMANDS[command], true);
  FWSEC_READ_VBIOS.write(dmem, slots.input, { version: 1, size: FWSEC_READ_VBIOS.size, flags: READ_VBIOS_FLAGS });
  if (region === undefined) return;
  FWSEC_FRTS_REGION.write(dmem, slots.input + FWSEC_READ_VBIOS.size, {
    version: 1, size: FWSEC_FRTS_REGION.size, address: region.start / PAGE, length: region.size / PAGE, mediaType: FRTS_MEDIA.framebuffer,
  });
}
