import { barBlockValues, CHIPS, makeEntry, PAGE_DIRECTORY, PAGE_DIRECTORY_BASE, type ChipName } from '@nova-stack/gpu-regs';
import type { FirmwareHardware } from '@nova-stack/hw-model/port';
import type { ServeContext } from './handlers/handler.ts';
import type { LoadedImage } from './state.ts';
import { barMemory } from './static-info.ts';
import { STATUS, type Status } from './status.ts';

/**
 * The address spaces of BAR1 and BAR2: root page directories that the firmware keeps in video memory and reports, and
 * the instance blocks that make the BARs go through them. Drivers fill BAR1's root themselves, BAR2's through the
 * firmware; one that wants a BAR without tables says so in the BAR's register afterwards.
 *
 * Source: linux: drivers/gpu/drm/nouveau/nvkm/subdev/bar (r535)
 */

/** Shift of the root level of each page table format. Source: linux: drivers/gpu/drm/nouveau/nvkm/subdev/mmu */
const ROOT_SHIFTS: readonly number[] = [47, 56];
const PAGE = 0x1000;
/** A VRAM page directory with large pages of 64 KiB. */
const DIRECTORY = { target: 0, ver2: 1, bigPages64k: 1 } as const;

/** Binds both BARs to empty address spaces, or to what `saved` held of them. */
export function bindBars(hardware: FirmwareHardware, image: LoadedImage, saved?: Uint8Array): void {
  const memory = barMemory(image);
  if (saved === undefined) hardware.fillVram(memory.directories[0], memory.size, 0);
  else hardware.writeVram(memory.directories[0], saved);
  for (const [bar, registers] of CHIPS[hardware.facts.chip as ChipName].family.barBlocks.entries()) {
    const block = memory.instances[bar]!;
    hardware.writeVram(block + PAGE_DIRECTORY_BASE, word(makeEntry(PAGE_DIRECTORY, { ...DIRECTORY, address: memory.directories[bar]! / PAGE })));
    const values = barBlockValues(registers, block);
    if (registers.high) hardware.setScratch(registers.high.address, values.high);
    hardware.setScratch(registers.low.address, values.low);
  }
}

/** What {@link bindBars} needs to make the BARs as they are now. */
export function savedBars(hardware: FirmwareHardware, image: LoadedImage): Uint8Array {
  const { directories, size } = barMemory(image);
  const bytes = new Uint8Array(size);
  hardware.readVram(directories[0], bytes);
  return bytes;
}

/** Puts the driver's entry at index 0 of a BAR's root page directory; an entry of 0 takes it away. */
export function setBarEntry(
  { hardware, state }: ServeContext, { bar, entry, shift }: { readonly bar: number; readonly entry: bigint; readonly shift: number },
): Status {
  const directory = barMemory(state.image!).directories[bar];
  if (directory === undefined || !ROOT_SHIFTS.includes(shift)) return STATUS.INVALID_ARGUMENT;
  hardware.writeVram(directory, word(entry));
  return STATUS.OK;
}

function word(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}
