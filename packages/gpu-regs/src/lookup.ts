import type { ChipName } from './chips/chips.ts';
import { CHIPS } from './chips/chips.ts';
import { DISPLAY_CHANNELS } from './display/channels.ts';
import { FALCONS, type FalconName } from './registers/falcon.ts';
import { NV_PDISP_FE_SW } from './registers/pdisp.ts';
import { REGISTER_UNITS, type AnyRegister } from './registers/units.ts';
import { BAR0_WINDOWS } from './windows.ts';

/** What is at an address of BAR0. */
export interface RegisterPlace {
  /** `NV_PFALCON_FALCON_IMEMC(1)`, or of a window `PROM`, `PRAMIN`, `CONFIG`, `NV_PDISP_FE_SW`, `NV_PDISP_CHN`. */
  readonly name: string;
  /** Undefined in a window. */
  readonly register?: AnyRegister;
  /** Of an array's register. */
  readonly index?: number;
  /** Whose register it is, where it counts from an engine's base. */
  readonly engine?: FalconName;
}

/** Bytes behind a falcon's base that its registers take, those of the second base included. */
const FALCON_SIZE = 0x2000;

const ALL: readonly AnyRegister[] = Object.values(REGISTER_UNITS).flat();
const bySpace = (space: AnyRegister['space']): readonly AnyRegister[] => ALL.filter((register) => register.space === space);
const SPACES = { bar0: bySpace('bar0'), falcon: bySpace('falcon'), mirror: bySpace('mirror') } as const;

/** The register of a list that is at `offset`; one with a name of its own before one of an array. */
function find(registers: readonly AnyRegister[], offset: number): RegisterPlace | undefined {
  const alone = registers.find((register) => !('count' in register) && register.address === offset);
  if (alone !== undefined) return { name: alone.name, register: alone };
  for (const register of registers) {
    if (!('count' in register)) continue;
    const index = (offset - register.address) / register.stride;
    if (Number.isInteger(index) && index >= 0 && index < register.count) return { name: `${register.name}(${index})`, register, index };
  }
  return undefined;
}

/**
 * The register, or the window, at an address of a chip's BAR0. Takes time in the number of registers: for tables and traces.
 *
 * @param address - bytes; of a register's parts, the register
 * @returns undefined where nothing is declared
 */
export function registerAt(chip: ChipName, address: number): RegisterPlace | undefined {
  const word = address - (address % 4);
  const found = find(SPACES.bar0, word);
  if (found !== undefined) return found;
  for (const engine of Object.keys(FALCONS) as FalconName[]) {
    const offset = word - FALCONS[engine];
    if (offset >= 0 && offset < FALCON_SIZE) {
      const place = find(SPACES.falcon, offset);
      return place === undefined ? undefined : { ...place, engine };
    }
  }
  const inside = ({ start, size }: { readonly start: number; readonly size: number }): boolean => word >= start && word < start + size;
  const { configMirror } = CHIPS[chip].family;
  if (inside(configMirror)) return find(SPACES.mirror, word - configMirror.start) ?? { name: 'CONFIG' };
  if (inside(BAR0_WINDOWS.prom)) return { name: 'PROM' };
  if (inside(BAR0_WINDOWS.pramin)) return { name: 'PRAMIN' };
  if (inside(NV_PDISP_FE_SW)) return { name: 'NV_PDISP_FE_SW' };
  if (Object.values(DISPLAY_CHANNELS).some(({ base, size, count }) => inside({ start: base, size: size * count }))) return { name: 'NV_PDISP_CHN' };
  return undefined;
}
