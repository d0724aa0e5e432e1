// What is read from NVIDIA's text rather than asked of the compiler comes in rows of one form. A version that writes some rows in
// another way would lose what they say in silence, so every mark of a row must lie in one that was understood.
import { ImportError } from './errors.ts';

/** A file of the checkout. */
export interface TextFile {
  /** Below the checkout's folder. */
  readonly path: string;
  readonly text: string;
}

/** How the rows of a text look, and what each of them has that nothing else has. */
export interface RowForm {
  /** One row; global. */
  readonly row: RegExp;
  /** What stands in every row once; global. */
  readonly mark: RegExp;
}

/**
 * All rows of a file.
 *
 * @throws ImportError `unknown-shape` with file, line and text of the first mark outside any row
 */
export function everyRow({ path, text }: TextFile, { row, mark }: RowForm): RegExpExecArray[] {
  const rows = [...text.matchAll(row)];
  let i = 0;
  for (const { index } of text.matchAll(mark)) {
    while (i < rows.length && rows[i]!.index + rows[i]![0].length <= index) i++;
    if (i < rows.length && rows[i]!.index <= index) continue;
    const line = text.slice(0, index).split('\n').length;
    throw new ImportError('unknown-shape', `${path}:${line}: this row is written otherwise than in the versions that this importer knows: ${text.split('\n')[line - 1]!.trim()}`);
  }
  return rows;
}
