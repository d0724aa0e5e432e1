import type { FalconStart, FirmwareHardware } from '@nova-stack/hw-model/port';

/**
 * FWSEC, the secure ucode of the VBIOS, on the GSP falcon: finds the command that the driver patched into DMEM and
 * carries it out.
 *
 * Sources: linux: drivers/gpu/nova-core/firmware/fwsec.rs, drivers/gpu/nova-core/gsp/boot.rs
 */

/** SW scratch 0xe: bits 31:16 are FRTS's error. */
export const FRTS_ERROR_SCRATCH: number = 0x1438;
/** SW scratch 0x15: bits 15:0 are SB's error. */
export const SB_ERROR_SCRATCH: number = 0x1454;

/** Error values are this model's own; drivers only tell zero from the rest. */
export const FWSEC_ERRORS = {
  interface: { code: 0x0001, reason: 'no memory mapper among the application interfaces' },
  command: { code: 0x0002, reason: 'unknown init command' },
  buffer: { code: 0x0003, reason: 'command buffer outside DMEM or of the wrong version' },
  region: { code: 0x0004, reason: 'FRTS region outside the framebuffer, unaligned or empty' },
  wpr2Set: { code: 0x0005, reason: 'WPR2 is set already' },
} as const;
export type FwsecError = (typeof FWSEC_ERRORS)[keyof typeof FWSEC_ERRORS];

const INIT_COMMANDS = { frts: 0x15, sb: 0x19 } as const;
const DMEM_MAPPER = 4;
const MEDIA_FRAMEBUFFER = 2;
const PAGE = 0x1000;

/** What the patched DMEM asks for. */
export type FwsecCommand =
  | { readonly command: 'frts'; readonly start: number; readonly size: number }
  | { readonly command: 'sb' };

/** Reads the command; every offset comes from the driver and is checked. */
export function readFwsecCommand(dmem: Uint8Array, interfaceOffset: number): FwsecCommand | FwsecError {
  const view = new DataView(dmem.buffer, dmem.byteOffset, dmem.byteLength);
  const inside = (at: number, length: number): boolean => at >= 0 && at + length <= dmem.length;
  if (!inside(interfaceOffset, 4)) return FWSEC_ERRORS.interface;
  const headerSize = view.getUint8(interfaceOffset + 1);
  const entrySize = view.getUint8(interfaceOffset + 2);
  const entries = view.getUint8(interfaceOffset + 3);
  for (let i = 0; i < entries; i++) {
    const at = interfaceOffset + headerSize + i * entrySize;
    if (!inside(at, 8)) return FWSEC_ERRORS.interface;
    if (view.getUint32(at, true) !== DMEM_MAPPER) continue;
    const mapper = view.getUint32(at + 4, true);
    if (!inside(mapper, 0x40)) return FWSEC_ERRORS.interface;
    const input = view.getUint32(mapper + 0x08, true);
    const init = view.getUint32(mapper + 0x2c, true);
    if (init === INIT_COMMANDS.sb) return { command: 'sb' };
    if (init !== INIT_COMMANDS.frts) return FWSEC_ERRORS.command;
    if (!inside(input, 0x2c)) return FWSEC_ERRORS.buffer;
    const readVbios = { version: view.getUint32(input, true), size: view.getUint32(input + 4, true) };
    const region = {
      version: view.getUint32(input + 0x18, true), size: view.getUint32(input + 0x1c, true),
      page: view.getUint32(input + 0x20, true), pages: view.getUint32(input + 0x24, true),
      media: view.getUint32(input + 0x28, true),
    };
    if (readVbios.version !== 1 || readVbios.size !== 24 || region.version !== 1 || region.size !== 20) return FWSEC_ERRORS.buffer;
    if (region.media !== MEDIA_FRAMEBUFFER || region.pages === 0) return FWSEC_ERRORS.region;
    return { command: 'frts', start: region.page * PAGE, size: region.pages * PAGE };
  }
  return FWSEC_ERRORS.interface;
}

/** Runs FWSEC to its halt. */
export function runFwsec(hardware: FirmwareHardware, start: FalconStart, interfaceOffset: number): void {
  const command = readFwsecCommand(start.dmem, interfaceOffset);
  const error = 'code' in command ? command : execute(hardware, command);
  const scratch = 'command' in command && command.command === 'sb' ? SB_ERROR_SCRATCH : FRTS_ERROR_SCRATCH;
  if (error !== undefined) {
    hardware.trace('gsp-rm.fwsec.refused', { error: error.code, reason: error.reason });
    hardware.setScratch(scratch, scratch === SB_ERROR_SCRATCH ? error.code : error.code * 0x10000);
  }
  // The error stands in the scratch register; mailbox 0 tells only that FWSEC ran to its end.
  hardware.setMailbox('gsp', 0, 0);
  hardware.halt('gsp');
}

function execute(hardware: FirmwareHardware, command: FwsecCommand): { code: number; reason: string } | undefined {
  if (command.command === 'sb') {
    hardware.setScratch(SB_ERROR_SCRATCH, 0);
    hardware.trace('gsp-rm.fwsec.sb');
    return undefined;
  }
  const fault = hardware.fault('gsp-rm.fwsec.frts');
  if (fault !== undefined) return { code: (fault.value ?? 0xdead) & 0xffff, reason: 'fault plan' };
  const { start, size } = command;
  if (start + size > hardware.facts.vramSize) return FWSEC_ERRORS.region;
  if (hardware.wpr2() !== undefined) return FWSEC_ERRORS.wpr2Set;
  hardware.setWpr2(start, start + size);
  hardware.setScratch(FRTS_ERROR_SCRATCH, 0);
  hardware.trace('gsp-rm.fwsec.frts', { start, end: start + size });
  return undefined;
}
