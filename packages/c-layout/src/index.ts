// Declarations
export { aligned, anonymous, array, bits, enumOf, flexible, struct, truth, union } from './declaration.ts';
export type { AlignedType, AnonymousType, ArrayType, BitsType, EnumType, Fields, FieldType, FieldValue, FlexibleType, NestedType, TruthType, ValueOf } from './declaration.ts';
export type { RecordOptions } from './placement.ts';

// What a declaration gives
export type { Flaw, Layout, Partially } from './layout.ts';
export type { ArrayView, InPlace, UnionBytes, View } from './view.ts';
export { FLEXIBLE } from './field.ts';
export type { ElementType, Field } from './field.ts';
export { placed } from './placed.ts';
export type { PlacedRecord } from './placed.ts';
export type { ScalarName, ScalarValue } from './scalars.ts';

// Bytes
export { ascii, dataView, text } from './bytes.ts';

// Errors
export { LayoutError } from './errors.ts';
export type { LayoutErrorCode, Refused, ValueRange } from './errors.ts';
