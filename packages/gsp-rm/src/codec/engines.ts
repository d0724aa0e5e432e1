/** Engines of one kind that are numbered consecutively: kind, its first number, first instance, how many. */
export type EngineRun = readonly [kind: string, first: number, instance: number, count: number];

/** The three numberings of engines that a release has. A unit without instances is named by its kind alone. */
export interface EngineNumbers {
  /** NV2080_ENGINE_TYPE_*, in the parameters of calls. Source: src/common/sdk/nvidia/inc/class/cl2080_notification.h */
  readonly nv2080: readonly EngineRun[];
  /** RM_ENGINE_TYPE_*, in the device table. Source: src/nvidia/inc/kernel/gpu/gpu_engine_type.h */
  readonly rm: readonly EngineRun[];
  /** MC_ENGINE_IDX_*, in the interrupt table. Source: src/nvidia/inc/kernel/gpu/intr/engine_idx.h */
  readonly mc: readonly EngineRun[];
}

/** Numbers by name and names by number. */
export interface Numbering {
  number(name: string): number | undefined;
  name(number: number): string | undefined;
}

const SINGLE: ReadonlySet<string> = new Set(['SW', 'SEC2', 'GSP', 'DISP', 'DISP_LOW', 'TMR', 'FIFO', 'PMU', 'REPLAYABLE_FAULT', 'NON_REPLAYABLE_FAULT', 'ACCESS_CNTR']);

export function numbering(runs: readonly EngineRun[]): Numbering {
  const byName = new Map(runs.flatMap(([kind, first, instance, count]) =>
    Array.from({ length: count }, (_, i) => [SINGLE.has(kind) ? kind : `${kind}${instance + i}`, first + i] as const)));
  const byNumber = new Map([...byName].map(([name, number]) => [number, name]));
  return { number: (name) => byName.get(name), name: (number) => byNumber.get(number) };
}

/** Numbers of the engines that have one, ascending. */
export function engineNumbers(numbers: Numbering, names: readonly string[]): readonly number[] {
  return names.map((name) => numbers.number(name)).filter((number) => number !== undefined).sort((a, b) => a - b);
}
