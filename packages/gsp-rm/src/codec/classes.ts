import { KINDS, type ObjectKind } from '../resources/kinds.ts';
import type { ClassFacts } from '../resources/tree.ts';

/** A class as the registry of a release lists it. */
interface RegistryClass {
  readonly name: string;
  readonly id: number;
  readonly params?: string;
  readonly record?: string;
  readonly required?: boolean;
  readonly internal?: string;
  readonly parents?: readonly string[];
}

/** The least of a structure: its size in bytes. */
interface Sized {
  readonly size: number;
}

const kindOf = (internal: string | undefined): ObjectKind | undefined =>
  (internal !== undefined && internal in KINDS ? KINDS[internal as keyof typeof KINDS] : undefined);

/**
 * The classes that this model lets a driver allocate, by number, out of a release's registry: kind, parents, and the
 * size of the parameters.
 *
 * @param records - structures of the release by name; a class whose parameters are not among them is left out
 */
export function classTable(registry: readonly RegistryClass[], records: object): ReadonlyMap<number, ClassFacts> {
  const table = new Map<number, ClassFacts>();
  for (const { id, internal, parents = [], params, record, required } of registry) {
    const kind = kindOf(internal);
    if (kind === undefined) continue;
    // The registry tells what a caller of RM gives, a handle; the firmware gets the whole client.
    const name = kind === 'client' ? 'NV0000_ALLOC_PARAMETERS' : record ?? params;
    const size = name === undefined ? 0 : (records as Readonly<Record<string, Sized | undefined>>)[name]?.size;
    if (size === undefined) continue;
    table.set(id, {
      kind, paramsSize: size, paramsRequired: required === true,
      parents: parents.includes('*') ? 'any' : parents.map(kindOf).filter((parent) => parent !== undefined),
    });
  }
  return table;
}
