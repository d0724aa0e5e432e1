import type { Fields, Register, RegisterArray, Space } from '../register.ts';
import * as ce from './ce.ts';
import * as falcon from './falcon.ts';
import * as falconDma from './falcon-dma.ts';
import * as falcon2 from './falcon2.ts';
import * as fsp from './fsp.ts';
import * as fuse from './fuse.ts';
import * as gfw from './gfw.ts';
import * as gsp from './gsp.ts';
import * as pbus from './pbus.ts';
import * as pdisp from './pdisp.ts';
import * as pfb from './pfb.ts';
import * as pmc from './pmc.ts';
import * as ptimer from './ptimer.ts';
import * as virtualFunction from './virtual-function.ts';
import * as xve from './xve.ts';

export type AnyRegister = Register<Fields, Space> | RegisterArray<Fields, Space>;

const isRegister = (value: unknown): value is AnyRegister => typeof value === 'object' && value !== null && 'address' in value && 'fields' in value;
const registersOf = (unit: object): readonly AnyRegister[] => Object.values(unit).filter(isRegister);

/** Every register of this package by unit, for tables and look-ups by address. */
export const REGISTER_UNITS: Readonly<Record<string, readonly AnyRegister[]>> = {
  PMC: registersOf(pmc),
  PBUS: registersOf(pbus),
  CE: registersOf(ce),
  FUSE: registersOf(fuse),
  GFW: registersOf(gfw),
  PFB: registersOf(pfb),
  PDISP: registersOf(pdisp),
  PTIMER: registersOf(ptimer),
  FALCON: registersOf(falcon),
  'FALCON DMA': registersOf(falconDma),
  'FALCON 2': registersOf(falcon2),
  GSP: registersOf(gsp),
  FSP: registersOf(fsp),
  'VIRTUAL FUNCTION': registersOf(virtualFunction),
  XVE: registersOf(xve),
};
