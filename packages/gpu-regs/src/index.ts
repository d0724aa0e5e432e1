export { SYNTHETIC_KINDS, SYNTHETIC_SIGNATURE, SYNTHETIC_UCODE } from './synthetic-ucode.ts';
