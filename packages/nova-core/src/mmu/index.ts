export { TableCopies } from './copies.ts';
export type { PageAperture, PageAttributes } from './format.ts';
export { PageTables, type TableChange, type TableMemory } from './page-tables.ts';
