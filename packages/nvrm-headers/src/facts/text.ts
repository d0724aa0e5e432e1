import * as columns from './columns.ts';
import { FactsError } from './errors.ts';
import type { Facts } from './facts.ts';
import { apply, delta, formatLines, keyed, type Line, type Lines } from './lines.ts';

/** Class headers with this many bit ranges or more describe an engine's methods. */
const METHODS = 8;

/**
 * Reads facts. A text that was written as a difference comes after those that it differs from.
 *
 * @throws FactsError with the line, or with what a line names that no other tells of.
 */
export function readFacts(texts: readonly string[]): Facts {
  const lines: Lines = new Map();
  for (const text of texts) apply(lines, text);
  const of = (what: string): Line[] => [...lines.values()].filter(([each]) => each === what);
  const read = <T>(kind: columns.Kind<T>, ...whats: readonly string[]): Map<string, T> => new Map(whats.flatMap(of).map((line) => [line[1], guarded(line, kind)]));

  const [, version, target] = of('version')[0] ?? [];
  if (version === undefined) throw new FactsError(0, 'no line says of which version they are');
  const scalars = read(columns.scalar, 'type');
  const type = columns.typeReader(scalars);
  return {
    version, target: String(target),
    files: read(columns.file, 'file'),
    scalars,
    records: sorted(read(columns.recordOf(type), 'record')),
    typedefs: sorted(read(columns.typedefOf(type), 'typedef')),
    enums: read(columns.enumeration, 'enum'),
    commands: byNumber(read(columns.command, 'command'), ({ id }) => id),
    classes: byNumber(read(columns.classOf, 'class'), ({ id }) => id),
    functions: byNumber(read(columns.rpc, 'function'), ({ value }) => value),
    events: byNumber(read(columns.rpc, 'event'), ({ value }) => value),
    escapes: byNumber(read(columns.ioctl, 'escape'), ({ nr }) => nr),
    uvm: byNumber(read(columns.ioctl, 'uvm'), ({ nr }) => nr),
    status: byNumber(read(columns.status, 'status'), (value) => value),
    constants: sorted(read(columns.constants, 'constants', 'methods')),
    ranges: sorted(read(columns.ranges, 'ranges', 'methodRanges')),
    typeMacros: sorted(read(columns.typeMacro, 'typeMacro')),
  };
}

/** What a line of strange columns makes its reader throw, with the line's name. */
function guarded<T>([what, name, ...rest]: Line, { read }: columns.Kind<T>): T {
  try {
    return read(name, rest);
  } catch (error) {
    throw error instanceof FactsError ? error : new FactsError(0, `${what} ${name}: ${(error as Error).message}`);
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const sorted = <T>(facts: Map<string, T>): Map<string, T> => new Map([...facts].sort(([a], [b]) => compare(a, b)));
const byNumber = <T>(facts: Map<string, T>, number: (fact: T) => number): Map<string, T> => new Map([...facts].sort(([a, x], [b, y]) => number(x) - number(y) || compare(a, b)));

/** Facts as text. Methods of engines are most of the constants and few need them; they are a text of their own. */
export interface FactsText {
  readonly facts: string;
  readonly methods: string;
}

/** Writes facts, whole or as what is different from `base`. {@link readFacts} of all texts gives the same facts. */
export function writeFacts(facts: Facts, base?: Facts): FactsText {
  const [main, methods] = [keyed(mainLines(facts)), keyed(methodLines(facts))];
  const version: Line = ['version', facts.version, facts.target, ...(base ? [base.version] : [])];
  if (base === undefined) return { facts: formatLines([version, ...main.values()]), methods: formatLines(methods.values()) };
  return {
    facts: formatLines([['-', 'version', base.version], version, ...delta(keyed(mainLines(base)), main)]),
    methods: formatLines(delta(keyed(methodLines(base)), methods)),
  };
}

/** The version that a text was written as a difference from. */
export function baseOf(text: string): string | undefined {
  const [, base] = /^\["-","version","([^"]+)"\]/.exec(text) ?? [];
  return base;
}

/** Whether a header describes methods of an engine. */
export function isMethods(facts: Facts, path: string): boolean {
  return path.includes('/class/cl') && (facts.ranges.get(path)?.size ?? 0) >= METHODS;
}

function* mainLines(facts: Facts): Generator<Line> {
  const type = columns.typeReader(facts.scalars);
  yield* columns.linesOf('file', facts.files, columns.file);
  yield* columns.linesOf('type', facts.scalars, columns.scalar);
  yield* columns.linesOf('record', facts.records, columns.recordOf(type));
  yield* columns.linesOf('typedef', facts.typedefs, columns.typedefOf(type));
  yield* columns.linesOf('enum', facts.enums, columns.enumeration);
  yield* columns.linesOf('command', facts.commands, columns.command);
  yield* columns.linesOf('class', facts.classes, columns.classOf);
  yield* columns.linesOf('function', facts.functions, columns.rpc);
  yield* columns.linesOf('event', facts.events, columns.rpc);
  yield* columns.linesOf('escape', facts.escapes, columns.ioctl);
  yield* columns.linesOf('uvm', facts.uvm, columns.ioctl);
  yield* columns.linesOf('status', facts.status, columns.status);
  yield* nameLines(facts, (path) => !isMethods(facts, path));
  yield* columns.linesOf('typeMacro', facts.typeMacros, columns.typeMacro);
}

function* methodLines(facts: Facts): Generator<Line> {
  yield* nameLines(facts, (path) => isMethods(facts, path), ['methods', 'methodRanges']);
}

function* nameLines(facts: Facts, wanted: (path: string) => boolean, [whole, bits]: readonly [string, string] = ['constants', 'ranges']): Generator<Line> {
  const of = <T>(names: ReadonlyMap<string, T>): Map<string, T> => new Map([...names].filter(([path]) => wanted(path)));
  yield* columns.linesOf(whole, of(facts.constants), columns.constants);
  yield* columns.linesOf(bits, of(facts.ranges), columns.ranges);
}
