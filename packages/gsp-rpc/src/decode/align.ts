/** A place in both lists, or in one of them. */
export interface Pair {
  readonly a: number | undefined;
  readonly b: number | undefined;
}

/** Most edits that are searched for; above that the lists have little in common. */
const MAX_EDITS = 2000;

/**
 * The shortest edit between two lists of keys, as pairs in order (E. Myers, "An O(ND) difference algorithm", 1986). Lists that
 * differ in more than 2000 places are paired by the nth occurrence of each key instead.
 */
export function align(a: readonly string[], b: readonly string[]): Pair[] {
  const max = Math.min(a.length + b.length, MAX_EDITS);
  const reach = new Int32Array(2 * max + 3);
  const history: Int32Array[] = [];
  for (let edits = 0; edits <= max; edits++) {
    history.push(reach.slice(max + 1 - edits, max + 2 + edits));
    for (let k = -edits; k <= edits; k += 2) {
      const at = max + 1 + k;
      let x = k === -edits || (k !== edits && reach[at - 1]! < reach[at + 1]!) ? reach[at + 1]! : reach[at - 1]! + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      reach[at] = x;
      if (x >= a.length && x - k >= b.length) return path(a, b, history, edits);
    }
  }
  return byOccurrence(a, b);
}

function path(a: readonly string[], b: readonly string[], history: readonly Int32Array[], edits: number): Pair[] {
  const out: Pair[] = [];
  let x = a.length;
  let y = b.length;
  for (let d = edits; d > 0; d--) {
    // Row d holds the diagonals -d..d as they were before step d.
    const row = history[d]!;
    const at = (k: number): number => row[k + d]!;
    const k = x - y;
    const down = k === -d || (k !== d && at(k - 1) < at(k + 1));
    const from = down ? k + 1 : k - 1;
    const fromX = at(from);
    const fromY = fromX - from;
    while (x > fromX && y > fromY) out.push({ a: --x, b: --y });
    if (down) out.push({ a: undefined, b: --y });
    else out.push({ a: --x, b: undefined });
  }
  while (x > 0 && y > 0) out.push({ a: --x, b: --y });
  return out.reverse();
}

function byOccurrence(a: readonly string[], b: readonly string[]): Pair[] {
  const places = new Map<string, number[]>();
  b.forEach((key, i) => {
    const list = places.get(key);
    if (list === undefined) places.set(key, [i]);
    else list.push(i);
  });
  const taken = new Map<string, number>();
  const used = new Set<number>();
  const out: Pair[] = a.map((key, i) => {
    const n = taken.get(key) ?? 0;
    taken.set(key, n + 1);
    const at = places.get(key)?.[n];
    if (at !== undefined) used.add(at);
    return { a: i, b: at };
  });
  b.forEach((_, i) => {
    if (!used.has(i)) out.push({ a: undefined, b: i });
  });
  return out;
}
