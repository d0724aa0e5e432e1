import type { ServeContext } from './handlers/handler.ts';
import { pageDirectories } from './static-info.ts';
import { STATUS, type Status } from './status.ts';

/** Shift of the root level of each page table format. Source: linux: drivers/gpu/drm/nouveau/nvkm/subdev/mmu */
const ROOT_SHIFTS: readonly number[] = [47, 56];
const PAGE = 0x1000;

/**
 * Puts the driver's entry at index 0 of the root page directory of BAR1 or BAR2, which the firmware keeps in video
 * memory; an entry of 0 takes it away.
 */
export function bindBar({ hardware, state }: ServeContext, { bar, entry, shift }: { readonly bar: number; readonly entry: bigint; readonly shift: number }): Status {
  if ((bar !== 0 && bar !== 1) || !ROOT_SHIFTS.includes(shift)) return STATUS.INVALID_ARGUMENT;
  state.barEntries[bar] = entry;
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, entry, true);
  hardware.writeVram(pageDirectories(state.image!) + bar * PAGE, bytes);
  return STATUS.OK;
}
