export { diffFacts, isEmpty, TABLES, type AbiDiff, type DiffOptions, type TableName } from './diff.ts';
export type { HeaderDiff, HeaderMove } from './headers.ts';
export type { Danger, FieldChange, RecordChange, RecordsDiff } from './records.ts';
export { diffMarkdown, diffText } from './report.ts';
export type { EntryChange, PropertyChange, ReusedNumber, TableDiff } from './tables.ts';
export { gspClient, type Selection } from '../lookup/gsp-client.ts';
