export { emitDeclarations } from './declarations.ts';
export { emitJavaScript, runtimeImport } from './javascript.ts';
export { elementOf, flatFields, identifier, nestedIn } from './flat-fields.ts';
export type { FlatField, NameOf } from './flat-fields.ts';
