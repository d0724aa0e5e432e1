export type {
  ClassFact, ClassVia, CommandFact, CommandVia, EnumFact, Facts, FieldFact, FileFact, IoctlFact, RecordFact, RpcFact, ScalarFact, ScalarKind, TypedefFact, TypeFact,
} from './facts.ts';
export { baseOf, isMethods, readFacts, writeFacts, type FactsText } from './text.ts';
export { factsOf } from './from-imported.ts';
export type { Imported } from './imported.ts';
export { FactsError } from './errors.ts';
