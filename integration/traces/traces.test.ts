// The model driven by lists of what drivers do, as their sources tell it, and by nothing else of this project: every state that the lists
// expect must be there, on a board of every chip that booter starts.
import { CHIPS } from '@nova-stack/gpu-regs';
import { BOARDS, type Board } from '@nova-stack/hw-model/boards';
import { describe, expect, test } from 'vitest';

import { novaCore, nouveau } from './lists.ts';
import { Rig, StepError } from './rig.ts';
import type { Kind, Step } from './steps.ts';

/** By family, from the documents: Turing, GA100, and all from GA102 to Ada. */
const NISO: Kind['flush'][number] = [0x100c10, 'flush.low'];
const NISO_HIGH: Kind['flush'][number] = [0x100c40, 'flush.high'];
const KINDS: Readonly<Record<string, Omit<Kind, 'display'>>> = {
  turing: { falcons: 'tu102', frts: true, flush: [NISO], vram: 0x100ce0, displayFuse: 0x021c04, retrigger: false },
  ga100: { falcons: 'tu102', frts: false, flush: [NISO_HIGH, NISO], vram: 0x100ce0, displayFuse: 0x820c04, retrigger: true },
  ampere: { falcons: 'ga102', frts: true, flush: [NISO_HIGH, NISO], vram: 0x1183a4, displayFuse: 0x820c04, retrigger: true },
};
const kindOf = ({ chip, displayDisabled }: Board): Kind => ({ ...KINDS[chip.startsWith('tu') ? 'turing' : chip === 'ga100' ? 'ga100' : 'ampere']!, display: !displayDisabled });

const boards = Object.entries<Board>(BOARDS).filter(([, { chip }]) => CHIPS[chip].family.bootChain !== 'fsp');
const LISTS = { 'nova-core': novaCore, nouveau } as const;

const played = async (board: Board, steps: readonly Step[]): Promise<Rig> => {
  const rig = new Rig(board);
  await rig.prepare(kindOf(board));
  rig.play(steps);
  return rig;
};

describe.each(boards)('%s', (_, board) => {
  test.each(Object.entries(LISTS))('is as %s expects it, step by step, twice', async (_name, list) => {
    const steps = list(kindOf(board));
    expect(structuredClone(steps)).toEqual(steps);
    const rig = await played(board, steps);
    expect(rig.unknown).toEqual([]);
    // A second driver finds what the first found; its queues and pages are its own.
    await rig.prepare(kindOf(board));
    rig.play(steps);
    expect(rig.unknown).toEqual([]);
  });
});

test.each([[BOARDS.rtx2080ti, 8], [BOARDS.a100, 6], [BOARDS.rtx3070, 8]] as const)('lists of $chip expect changes in every part', (board, parts) => {
  for (const list of Object.values(LISTS)) {
    const steps = list(kindOf(board));
    const whys = new Set(steps.flatMap((step) => ('why' in step ? [step.why] : [])));
    expect(whys.size).toBeGreaterThan(2 * parts);
    expect(steps.filter(({ op }) => op === 'read' || op === 'poll').length).toBeGreaterThan(40);
  }
});

describe('a step left out is noticed', () => {
  // The effect that goes missing, by the step that makes it.
  test.each<[string, (step: Step) => boolean, string]>([
    ['no start of FWSEC', (step) => step.op === 'write' && step.at === 0x110100, 'WPR2'],
    ['no command of booter', (step) => step.op === 'write' && step.at === 0x840100, 'booter is content'],
    ['no libos arguments', (step) => step.op === 'write' && step.value === 'libos.low', 'mailboxes stay'],
    ['no signature parameters', (step) => step.op === 'write' && (step.at === 0x111210 || step.at === 0x841210), 'WPR2'],
    ['no metadata', (step) => step.op === 'write' && step.value === 'meta.low', 'booter is content'],
    ['no unloading', (step) => step.op === 'send' && step.message === 47, '"expect","message":47'],
  ])('%s', async (_, left, why) => {
    const board = BOARDS.rtx3070;
    const steps = novaCore(kindOf(board)).filter((step) => !left(step));
    const error: unknown = await played(board, steps).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StepError);
    expect((error as StepError).message).toContain(why);
  });
});
