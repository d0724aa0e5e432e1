// Which name a record or an enumeration goes by.
import type { DebugInfo } from './debug-info.ts';
import { isRecord, type Types } from './types.ts';

/** Names of one record or enumeration. */
export interface Names {
  /** What it goes by; empty for one without any name. */
  readonly main: string;
  /** The tag where it is not the main name. */
  readonly tag?: string;
  /** Typedefs of it beside the main name, in the order of declaration. */
  readonly aliases: readonly string[];
  /** There is no typedef of it. */
  readonly tagOnly: boolean;
}

/** Tells the names of a record or an enumeration by the number of its node. */
export type NamesOf = (id: number) => Names;

/**
 * A typedef's name goes first, as that is what other declarations write; among several the one that is the tag too, else
 * the first. A tag without a typedef that is also a typedef of something else gets its keyword in front.
 */
export function namesIn({ declared }: DebugInfo, types: Types): NamesOf {
  const typedefs = new Map<number, Set<string>>();
  const taken = new Set<string>();
  for (const id of declared) {
    const node = types.node(id);
    if (node.is !== 'typedef') continue;
    taken.add(node.name);
    const target = types.taggedBelow(node.base);
    if (target === undefined) continue;
    const names = typedefs.get(target) ?? new Set();
    typedefs.set(target, names.add(node.name));
  }
  return (id) => {
    const node = types.node(id);
    const tag = isRecord(node) || node.is === 'enum' ? node.tag : '';
    const names = [...(typedefs.get(id) ?? [])];
    if (names.length === 0) return { main: tag !== '' && taken.has(tag) ? `${node.is} ${tag}` : tag, aliases: [], tagOnly: true };
    const main = names.includes(tag) ? tag : names[0]!;
    return { main, ...(tag !== '' && tag !== main && { tag }), aliases: names.filter((each) => each !== main), tagOnly: false };
  };
}
