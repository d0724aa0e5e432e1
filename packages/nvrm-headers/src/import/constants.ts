// What macros are worth, as C evaluates them: each is compiled as the value of an enumerator. No code is run.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Clang } from './clang.ts';
import { enumeratorsIn } from './debug-info.ts';
import type { Macro } from './macros.ts';
import { DEBUG_INFO, type CompiledUnit } from './unit.ts';

export interface Constants {
  readonly values: ReadonlyMap<string, bigint>;
  /** Bit ranges. */
  readonly ranges: ReadonlyMap<string, readonly [high: bigint, low: bigint]>;
}

/** Marks a range in a structure of several words; who uses such a range brings his own, which takes it apart. */
const MULTI_WORD = '#define MW(range) range';

const ANSWER = 'NVRM_IMPORT_ANSWER_';

/** A body that would break out of the parentheses around it can spoil its neighbours, and is no integer anyway. */
function canBeExpression({ body }: Macro): boolean {
  const code = body.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '0');
  return code !== '' && !/[{};#"'[\]]/.test(code) && isBalanced(code);
}

function isBalanced(code: string): boolean {
  let depth = 0;
  for (const char of code) {
    if (char === '(') depth++;
    if (char === ')' && --depth < 0) return false;
  }
  return depth === 0;
}

/** Evaluates macros at the end of a unit; those that are neither integers nor ranges are absent from the answer. */
export async function evaluate(clang: Clang, unit: CompiledUnit, macros: readonly Macro[]): Promise<Constants> {
  const names = macros.filter(canBeExpression).map(({ name }) => name);
  const values = await ask(clang, unit, new Map(names.map((name) => [name, `(${name})`])));
  // `31:0` is no expression, but the end of a conditional one: that is how the RM's own macros take it apart.
  const rest = names.filter((name) => !values.has(name));
  const highs = await ask(clang, unit, new Map(rest.map((name) => [name, `1?${name}`])));
  const lows = await ask(clang, unit, new Map([...highs.keys()].map((name) => [name, `0?${name}`])));
  return { values, ranges: new Map([...lows].map(([name, low]) => [name, [highs.get(name)!, low]])) };
}

/** Values of expressions by name; those that do not compile are absent. */
async function ask(clang: Clang, { folder, header, flags }: CompiledUnit, questions: ReadonlyMap<string, string>): Promise<Map<string, bigint>> {
  const source = join(folder, 'questions.c');
  const head = [`#include "${header}"`, MULTI_WORD];
  let asked = [...questions];
  for (let wrong = -1; wrong !== 0;) {
    // A line each, so that the line of a diagnostic tells which one does not compile.
    writeFileSync(source, [...head, ...asked.map(([, expression], index) => `enum { ${ANSWER}${index} = ${expression} };`), ''].join('\n'));
    // Guessing what a misspelt name should have been takes four times as long as all else.
    const { err } = await clang.attempt([...flags, '-fsyntax-only', '-ferror-limit=0', '-fno-caret-diagnostics', '-fno-spell-checking', source]);
    const lines = new Set([...err.matchAll(/^(.+):(\d+):\d+: (?:fatal )?error: /gm)].filter(([, file]) => file === source).map(([, , line]) => Number(line)));
    const right = asked.filter((_, index) => !lines.has(head.length + index + 1));
    wrong = asked.length - right.length;
    asked = right;
  }
  const answers = enumeratorsIn(await clang.run([...flags, ...DEBUG_INFO, source]), ANSWER);
  return new Map(asked.map(([name], index) => [name, answers.get(`${index}`)!]));
}
