/** Page tables as the model reads them: what a virtual address stands for. */
export { TABLE_FORMATS, type Aperture, type Page, type Place, type TableFormat } from './format.ts';
export { VA_UNIT, walk, type LoadEntry, type Translation, type WalkFault } from './walk.ts';
export type { Words } from './bits.ts';
