import type { ChipFacts } from '@nova-stack/hw-model/port';

/** An engine's place in the host: its runlist, who feeds it, and the vectors of its interrupts. */
export interface EnginePlace {
  /** RM's name, `COPY2`. */
  readonly name: string;
  /** `COPY` */
  readonly kind: string;
  readonly instance: number;
  readonly runlist: number;
  /** Index among the engines of the runlist. */
  readonly runlistEngine: number;
  /** Register bases of the runlist and of its channel table. */
  readonly runlistBase: number;
  readonly channelTable: number;
  readonly pbdmas: readonly number[];
  readonly pbdmaFaultIds: readonly number[];
  readonly faultId: number;
  readonly resetId: number;
  readonly stall: number;
  readonly nonStall: number;
}

/** Copy engines that share the runlist of graphics. */
const GRAPHICS_COPIES = 2;
// Numbers that no driver takes for granted are assumed: bases, fault ids, reset ids, vectors.
const RUNLIST_BASE = 0xc0_0000;
const RUNLIST_STRIDE = 0x400;
const CHANNEL_TABLE = 0xc2_0000;
const CHANNEL_TABLE_STRIDE = 0x1000;
const FIRST_FAULT_ID = 0x180;
const FIRST_PBDMA_FAULT_ID = 0x100;
/** Vectors of notification interrupts, from 0 on; those of errors, from here on. */
const FIRST_STALL = 160;
const DISPLAY_VECTOR = 152;
const GSP_VECTOR = 155;

const split = (name: string): { readonly kind: string; readonly instance: number } => {
  const digits = /\d+$/.exec(name);
  // SEC2's digit is part of its name.
  return name === 'SEC2' || digits === null ? { kind: name, instance: 0 } : { kind: name.slice(0, digits.index), instance: Number(digits[0]) };
};

/**
 * The engines in the order of the device table: graphics first, on runlist 0 together with the copy engines that serve
 * it; every other engine has a runlist of its own, as drivers expect.
 */
export function topology(facts: ChipFacts): readonly EnginePlace[] {
  const engines = facts.engines.map((name) => ({ name, ...split(name) }));
  const withGraphics = (engine: { readonly kind: string; readonly instance: number }): boolean =>
    engine.kind === 'GR' || (engine.kind === 'COPY' && engine.instance < GRAPHICS_COPIES && facts.engines.some((name) => name.startsWith('GR')));
  const shared = engines.filter(withGraphics).sort((a, b) => Number(a.kind !== 'GR') - Number(b.kind !== 'GR') || a.instance - b.instance);
  const others = engines.filter((engine) => !withGraphics(engine));
  const taken = vectors(facts);
  const ordered = [...shared, ...others];
  return ordered.map((engine, index) => {
    const runlist = index < shared.length ? 0 : index - shared.length + (shared.length > 0 ? 1 : 0);
    const stall = nextFree(taken, FIRST_STALL);
    taken.add(stall);
    return {
      ...engine, runlist, runlistEngine: index < shared.length ? index : 0,
      runlistBase: RUNLIST_BASE + runlist * RUNLIST_STRIDE, channelTable: CHANNEL_TABLE + runlist * CHANNEL_TABLE_STRIDE,
      pbdmas: [runlist], pbdmaFaultIds: [FIRST_PBDMA_FAULT_ID + runlist],
      faultId: FIRST_FAULT_ID + index, resetId: index, stall, nonStall: index,
    };
  });
}

function vectors(facts: ChipFacts): Set<number> {
  return new Set([gspVector(facts), displayVector(facts)]);
}

function nextFree(taken: ReadonlySet<number>, from: number): number {
  let vector = from;
  while (taken.has(vector)) vector++;
  return vector;
}

/** The vector that the GSP raises for the CPU. */
export const gspVector = (facts: ChipFacts): number => facts.vectors?.gsp ?? GSP_VECTOR;

/** The display's vector. */
export const displayVector = (facts: ChipFacts): number => (gspVector(facts) === DISPLAY_VECTOR ? DISPLAY_VECTOR + 1 : DISPLAY_VECTOR);

/** The engine's place, or undefined when the board lacks it. */
export function findEngine(facts: ChipFacts, name: string | undefined): EnginePlace | undefined {
  return name === undefined ? undefined : topology(facts).find((engine) => engine.name === name);
}
