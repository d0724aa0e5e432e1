// Declarations
export { array, bits, flexible, struct, truth, union } from './declaration.ts';
export type { ArrayType, BitsType, Fields, FieldType, FieldValue, RecordOptions, TruthType, ValueOf } from './declaration.ts';

// What a declaration gives
export type { Flaw, Layout, Partially } from './layout.ts';
export type { ElementType, Field } from './field.ts';
export { placed } from './record.ts';
export type { PlacedRecord } from './record.ts';
export type { ScalarName, ScalarValue } from './scalars.ts';

// Bytes
export { ascii, dataView, text } from './bytes.ts';

// Errors
export { LayoutError } from './errors.ts';
export type { LayoutErrorCode } from './errors.ts';
