import { readFileSync } from 'node:fs';

import { createAuxBus } from '@nova-stack/aux-bus';
import { syntheticPack } from '@nova-stack/firmware-files';
import type { ChipName } from '@nova-stack/gpu-regs';
import { createGspRm } from '@nova-stack/gsp-rm';
import { createGpu } from '@nova-stack/hw-model';
import { BOARDS, type BoardName } from '@nova-stack/hw-model/boards';
import { watchRegisters, type TouchedRegister } from '@nova-stack/nova';
import { createNovaCore } from '@nova-stack/nova-core';
import { createBus } from '@nova-stack/pci';
import { createVirtualClock } from '@nova-stack/timebase';
import { noTrace } from '@nova-stack/trace';

/** What drivers touch: lists that `nova serve --registers` made of drivers that others wrote, and what one declares in its source. */
export interface Touched {
  readonly source: string;
  readonly drivers: Readonly<Record<string, { readonly chip: ChipName; readonly registers: readonly string[] }>>;
  /** Addresses in BAR0 by name. */
  readonly declared: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

export const TOUCHED: Touched = JSON.parse(readFileSync(new URL('touched.json', import.meta.url), 'utf8')) as Touched;

/** What this project's own driver touches while it boots a board and unloads, in order. */
export async function touchedByNovaCore(name: BoardName): Promise<readonly TouchedRegister[]> {
  const board = BOARDS[name];
  const clock = createVirtualClock({ seed: 1 });
  const watched = watchRegisters(board.chip, createGpu({ board, firmware: createGspRm() }));
  const pci = createBus({ clock });
  pci.plug(watched.device);
  const core = createNovaCore({ clock, trace: noTrace, auxBus: createAuxBus(), firmware: syntheticPack({ chip: board.chip, version: '570.144' }) });
  const [device] = pci.find({ vendor: 0x10de, baseClass: 0x03 });
  await (await core.probe(device!)).unbind();
  return watched.touched();
}
