export { importTree, type ImportOptions } from './import-tree.ts';
export { ImportError, type ImportErrorCode } from './errors.ts';
export type { Imported } from '../facts/imported.ts';
