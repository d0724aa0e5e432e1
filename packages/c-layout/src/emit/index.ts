export { emitDeclarations } from './declarations.ts';
export { emitJavaScript, runtimeImport } from './javascript.ts';
export { elementOf, flatFields, identifier, nestedIn } from './flat-fields.ts';
export type { FlatField, NameOf } from './flat-fields.ts';
export { cMember, cName, emitC, type EmitCOptions } from './c-header.ts';
export { emitRust, rustMember, rustName, type EmitRustOptions } from './rust-module.ts';
