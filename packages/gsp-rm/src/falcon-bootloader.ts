import { FALCON_BOOTLOADER_ARGUMENTS } from '@nova-stack/gpu-regs';
import type { FalconStart, FirmwareHardware, MemoryJob } from '@nova-stack/hw-model/port';

/**
 * The bootloader that Turing's GSP falcon needs for FWSEC: it fetches code and data by DMA and jumps there.
 *
 * Source: linux: drivers/gpu/nova-core/firmware/fwsec/bootloader.rs
 */

const BLOCK = 0x100;
/** What goes where in IMEM is told in whole blocks. */
const inBlocks = (size: number): number => Math.ceil(size / BLOCK);
const CONTEXTS = 8;
/** More address bits than any GPU has. */
const FURTHEST = 2 ** 52;

/** What the falcon holds when the bootloader has done its work, or why it has not. */
export function* runFalconBootloader(hardware: FirmwareHardware, start: FalconStart): MemoryJob<FalconStart | { readonly refused: string }> {
  const args = FALCON_BOOTLOADER_ARGUMENTS.read(start.dmem, 0);
  const { context, nonSecureOffset, nonSecureSize, secureOffset, secureSize } = args;
  if (context >= CONTEXTS) return { refused: `context ${context} of the bootloader does not exist` };
  if (nonSecureOffset % BLOCK !== 0 || secureOffset % BLOCK !== 0) return { refused: 'code of the bootloader is not aligned' };
  const [code, data] = [Number(args.codeBase), Number(args.dataBase)];
  if (code > FURTHEST || data > FURTHEST) return { refused: 'code or data of the bootloader lie where nothing can' };
  const parts = [
    { address: code + nonSecureOffset, memory: 'imem', offset: nonSecureOffset, size: nonSecureSize, secure: false },
    { address: code + secureOffset, memory: 'imem', offset: secureOffset, size: secureSize, secure: true },
    { address: data, memory: 'dmem', offset: 0, size: args.dataSize, secure: false },
  ] as const;
  for (const part of parts) {
    if (part.size === 0) continue;
    if (!(yield* hardware.fetch(start.engine, { ...part, context, tag: part.offset / BLOCK }))) return { refused: `${part.memory} of the bootloader cannot be fetched` };
  }
  const loadedImem = parts.filter(({ memory }) => memory === 'imem').flatMap(({ offset, size, secure }) =>
    Array.from({ length: inBlocks(size) }, (_, i) => ({ block: offset / BLOCK + i, tag: offset / BLOCK + i, secure })));
  return { ...start, loadedImem, bootVector: args.entry };
}
