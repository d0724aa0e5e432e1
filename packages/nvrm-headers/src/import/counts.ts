import type { Imported } from '../facts/imported.ts';

/** How many there are of each: what a reader compares first. */
export function countsOf(facts: Omit<Imported, 'counts'>, headers: number): Imported['counts'] {
  const records = Object.values(facts.records);
  const fields = records.flatMap((record) => record.fields);
  const count = <T>(all: readonly T[], test: (each: T) => boolean): number => all.filter(test).length;
  const inFiles = (all: Readonly<Record<string, object>>): number => Object.values(all).reduce((sum, each) => sum + Object.keys(each).length, 0);
  return {
    files: headers,
    records: records.length,
    structs: count(records, ({ kind }) => kind === 'struct'),
    unions: count(records, ({ kind }) => kind === 'union'),
    anonymousRecords: count(records, ({ anonymous }) => anonymous === true),
    fields: fields.length,
    bitfields: count(fields, ({ width }) => width !== undefined),
    typedefs: Object.keys(facts.typedefs).length,
    enums: facts.enums.length,
    enumConstants: facts.enums.reduce((sum, { values }) => sum + values.length, 0),
    commands: facts.commands.length,
    commandsWithParams: count(facts.commands, ({ params }) => params !== undefined),
    commandsExported: count(facts.commands, ({ exported }) => exported === true),
    classes: facts.classes.length,
    classesWithParams: count(facts.classes, ({ params }) => params !== undefined),
    rpcFunctions: facts.rpc.functions.length,
    rpcEvents: facts.rpc.events.length,
    escapes: facts.escapes.length,
    uvmIoctls: facts.uvm.length,
    statusCodes: facts.status.length,
    macros: inFiles(facts.macros),
    ranges: inFiles(facts.ranges),
    typeMacros: Object.keys(facts.typeMacros).length,
  };
}
