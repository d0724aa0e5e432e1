// What generated modules are made of. Not for hand-written code: names and rows follow the generator.
export { arrayPart, bytesPart } from './aggregate-parts.ts';
export * from './array-access.ts';
export { Compiled } from './compiled-record.ts';
export { conflict } from './conflict.ts';
export * from './scalar-access.ts';
export { bitsPart } from './scalar-parts.ts';
export { F32, F64, S16, S32, S64, S8, T32, T8, U16, U32, U64, U8 } from './scalars.ts';
export { at16, at32, at64, at8, scratch } from './scratch.ts';
