import { AD10X, GA100, GA10X, GB10X, GB20X, GH100, TU10X, TU11X } from './families.ts';
import type { Family } from './family.ts';

export interface Chip {
  /** Lower case, as firmware directories are named. */
  readonly name: ChipName;
  /** (architecture << 4) | implementation, as BOOT_42 says it. */
  readonly id: number;
  readonly family: Family;
}

export type ChipName =
  | 'tu102' | 'tu104' | 'tu106' | 'tu117' | 'tu116'
  | 'ga100' | 'ga102' | 'ga103' | 'ga104' | 'ga106' | 'ga107'
  | 'gh100'
  | 'ad102' | 'ad103' | 'ad104' | 'ad106' | 'ad107'
  | 'gb100' | 'gb102'
  | 'gb202' | 'gb203' | 'gb205' | 'gb206' | 'gb207';

const chip = (name: ChipName, id: number, family: Family): Chip => ({ name, id, family });

/** All chips with a GSP that runs the resource manager. Source: linux: drivers/gpu/nova-core/gpu.rs */
export const CHIPS: Readonly<Record<ChipName, Chip>> = {
  tu102: chip('tu102', 0x162, TU10X),
  tu104: chip('tu104', 0x164, TU10X),
  tu106: chip('tu106', 0x166, TU10X),
  tu117: chip('tu117', 0x167, TU11X),
  tu116: chip('tu116', 0x168, TU11X),
  ga100: chip('ga100', 0x170, GA100),
  ga102: chip('ga102', 0x172, GA10X),
  ga103: chip('ga103', 0x173, GA10X),
  ga104: chip('ga104', 0x174, GA10X),
  ga106: chip('ga106', 0x176, GA10X),
  ga107: chip('ga107', 0x177, GA10X),
  gh100: chip('gh100', 0x180, GH100),
  ad102: chip('ad102', 0x192, AD10X),
  ad103: chip('ad103', 0x193, AD10X),
  ad104: chip('ad104', 0x194, AD10X),
  ad106: chip('ad106', 0x196, AD10X),
  ad107: chip('ad107', 0x197, AD10X),
  gb100: chip('gb100', 0x1a0, GB10X),
  gb102: chip('gb102', 0x1a2, GB10X),
  gb202: chip('gb202', 0x1b2, GB20X),
  gb203: chip('gb203', 0x1b3, GB20X),
  gb205: chip('gb205', 0x1b5, GB20X),
  gb206: chip('gb206', 0x1b6, GB20X),
  gb207: chip('gb207', 0x1b7, GB20X),
};

/** The chip with this id, or undefined. */
export function chipById(id: number): Chip | undefined {
  return Object.values(CHIPS).find((one) => one.id === id);
}
