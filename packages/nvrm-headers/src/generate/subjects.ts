import { isMethods, type Facts } from '../facts/index.ts';

/** What one module of a version offers. */
export interface Subject {
  /** Path of the header. */
  readonly path: string;
  readonly records: string[];
  /** Other names of records, with the record's. */
  readonly aliases: Map<string, string>;
  readonly constants: Map<string, number | bigint>;
  readonly ranges: Map<string, string>;
}

/** The headers of the RPCs hold hundreds of records each and nobody needs them all. */
const SPLIT: ReadonlySet<string> = new Set(['g_rpc-structures.h', 'g_rpc-message-header.h', 'g_sdk-structures.h', 'sdk-structures.h']);

/** Numbers of FINN's structures: most are the low byte of the command that they belong to, and nobody needs them with it. */
const MESSAGE_ID = '_MESSAGE_ID';

/** The module of a header's constants, or of one record of it: the header's name; `rpc/<record>` for the RPCs. */
export function subjectOf(path: string, record?: string): string {
  const header = path.slice(path.lastIndexOf('/') + 1);
  if (record === undefined || !SPLIT.has(header)) return header.replace(/\.h$/, '');
  // A record within another is named after it, and stays with it.
  return `rpc/${record.replace(/^rpc_/, '').replace(/\..*$/, '')}`;
}

/** Every subject of a version by the name of its module. Methods of engines are apart from their class's records. */
export function subjectsOf(facts: Facts): Map<string, Subject> {
  const subjects = new Map<string, Subject>();
  const subject = (name: string, path: string): Subject => {
    let found = subjects.get(name);
    if (found === undefined) subjects.set(name, (found = { path, records: [], aliases: new Map(), constants: new Map(), ranges: new Map() }));
    return found;
  };
  const home = (path: string): Subject => subject(isMethods(facts, path) ? `methods/${subjectOf(path)}` : subjectOf(path), path);
  const constant = (path: string, name: string, value: number | bigint): void => {
    const { constants } = name.endsWith(MESSAGE_ID) ? subject('message_ids', path) : home(path);
    // Two headers of one name say the same; a macro that repeats an enumerator has its value.
    const before = constants.get(name);
    if (before !== undefined && before !== value) throw new Error(`${path}: ${name} is ${before} and ${value}`);
    constants.set(name, value);
  };

  for (const { file, values } of facts.enums.values()) for (const [name, value] of values) constant(file, name, value);
  for (const [path, names] of facts.constants) for (const [name, value] of names) constant(path, name, value);
  for (const [path, names] of facts.ranges) for (const [name, range] of names) home(path).ranges.set(name, range);

  const ofRecord = (file: string, name: string): Subject => subject(subjectOf(file, name), file);
  const alias = (name: string, target: string): void => {
    const record = facts.records.get(target);
    if (record !== undefined && !facts.records.has(name)) ofRecord(record.file, target).aliases.set(name, target);
  };
  for (const { name, file } of facts.records.values()) ofRecord(file, name).records.push(name);
  for (const { name, aliases } of facts.records.values()) for (const other of aliases) alias(other, name);
  for (const { name, ref, dims } of facts.typedefs.values()) if (ref !== undefined && dims.length === 0) alias(name, ref);
  return subjects;
}
