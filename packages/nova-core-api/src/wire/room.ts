import type { StructPlan } from './plan.ts';

/** What a caller has room for. */
export interface Room {
  /** Records that are wanted. */
  readonly wanted: ReadonlySet<string>;
  /** Of lists their elements, of data the bytes. */
  readonly capacities: Readonly<Record<string, number>>;
}

/** The first field for which the room is short, or undefined. */
export function shortOf(plan: StructPlan, values: Readonly<Record<string, unknown>>, { capacities }: Room): string | undefined {
  return plan.fields.find(({ name, beside }) => {
    const value = values[name] as { readonly length: number } | undefined;
    return beside.capacity !== undefined && value !== undefined && value.length > (capacities[name] ?? 0);
  })?.member;
}
