// Alignments, as clang's listing of record layouts tells them; debugging information has none.
import { resolve } from 'node:path';

import type { RecordNode } from './debug-info.ts';

const HEADING = '*** Dumping AST Record Layout';

/** Tells the alignment of a record in bytes; `names` are its typedefs. Undefined for one that the listing lacks. */
export type AlignmentOf = (record: RecordNode, names: readonly string[]) => number | undefined;

/**
 * Reads the listing of `-fdump-record-layouts-complete`. Records are found by their tag, or by a typedef's name, as newer
 * compilers print it; those without any name by line and size.
 */
export function readAlignments(listing: string): AlignmentOf {
  const found = new Map<string, number>();
  for (const block of listing.split(HEADING).slice(1)) {
    const record = /^\s*0 \| ((?:struct|union) .+)$/m.exec(block)?.[1];
    const layout = /\[sizeof=(\d+),(?: \w+=\d+,)* align=(\d+)/.exec(block);
    if (record === undefined || layout === null) continue;
    const place = /\((?:anonymous|unnamed)[^)]* at (.+):(\d+):\d+\)$/.exec(record);
    found.set(place === null ? record : placed(resolve(place[1]!), place[2]!, layout[1]!), Number(layout[2]));
  }
  return ({ is, tag, place, bits }, names) => {
    const named = [tag, ...names].map((name) => found.get(`${is} ${name}`)).find((align) => align !== undefined);
    return named ?? (place === undefined ? undefined : found.get(placed(place.file, place.line, bits / 8)));
  };
}

const placed = (file: string, line: number | string, size: number | string): string => `${file}:${line} of ${size} bytes`;
