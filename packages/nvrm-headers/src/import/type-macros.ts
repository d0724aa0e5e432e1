// Macros that stand for a type, which renames it.
import type { Macro } from './macros.ts';

/** Macros of one word that is the name of a type in the end, with that name. */
export function typeMacrosOf(macros: readonly Macro[], isType: (name: string) => boolean): Map<string, string> {
  const bodies = new Map(macros.map(({ name, body }) => [name, body]));
  const found = new Map<string, string>();
  for (const { name, body } of macros) {
    let type = body;
    // As long as there are macros: a name that stands for itself ends it.
    for (let steps = 0; steps < bodies.size && bodies.has(type) && bodies.get(type) !== type; steps++) type = bodies.get(type)!;
    if (isType(type)) found.set(name, type);
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
