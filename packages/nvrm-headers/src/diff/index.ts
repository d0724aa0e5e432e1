export {
  diffFacts, isEmpty, TABLES,
  type AbiDiff, type Danger, type DiffOptions, type EntryChange, type FieldChange, type HeaderDiff, type PropertyChange, type RecordChange, type TableDiff, type TableName,
} from './diff.ts';
export { diffMarkdown, diffText } from './report.ts';
export { gspClient, type Selection } from '../lookup/gsp-client.ts';
