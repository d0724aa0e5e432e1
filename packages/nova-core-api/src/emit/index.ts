export { emitC } from './c-header.ts';
export { NEWEST } from '../schema/newest.ts';
export { emitFrames } from './c-frames.ts';
export { emitRust } from './rust-module.ts';
export { emitReference } from './reference.ts';
export { formOf } from './contract-form.ts';
export type { Form, Integer, Member, MemberType, Numbers, Signature, Struct } from './form.ts';
