import type { ChipFacts } from '@nova-stack/hw-model/port';

/** The shape of the graphics engine. */
export interface GraphicsShape {
  /** Highest GPC and the highest TPC in any of them, counted from 1. */
  readonly gpcs: number;
  readonly tpcsPerGpc: number;
  /** TPCs that there are. */
  readonly tpcs: number;
  readonly smsPerTpc: number;
  readonly warpsPerSm: number;
  /** `major << 8 | minor`, as a compiler knows it. */
  readonly smVersion: number;
  readonly coresPerSm: number;
}

const bits = (mask: number): number => {
  let count = 0;
  for (let rest = mask >>> 0; rest !== 0; rest &= rest - 1) count++;
  return count;
};
const highest = (mask: number): number => (mask === 0 ? 0 : 32 - Math.clz32(mask));

/** Source: compute capabilities in NVIDIA's CUDA programming guide; those of Blackwell as tinygrad expects them. */
const SMS: Readonly<Record<ChipFacts['architecture'], { readonly version: number; readonly warps: number; readonly cores: number }>> = {
  turing: { version: 0x705, warps: 32, cores: 64 },
  ampere: { version: 0x806, warps: 48, cores: 128 },
  ada: { version: 0x809, warps: 48, cores: 128 },
  hopper: { version: 0x900, warps: 64, cores: 128 },
  'blackwell-gb10x': { version: 0xa00, warps: 64, cores: 128 },
  'blackwell-gb20x': { version: 0xa04, warps: 48, cores: 128 },
};
const GA100_SM = { version: 0x800, warps: 64, cores: 64 } as const;

export function graphicsShape(facts: ChipFacts): GraphicsShape {
  const sm = facts.chip === 'ga100' ? GA100_SM : SMS[facts.architecture];
  const present = facts.tpcMasks.filter((_, gpc) => (facts.gpcMask >>> gpc & 1) !== 0);
  return {
    gpcs: highest(facts.gpcMask), tpcsPerGpc: Math.max(0, ...present.map(highest)), tpcs: present.reduce((sum, mask) => sum + bits(mask), 0),
    smsPerTpc: 2, warpsPerSm: sm.warps, smVersion: sm.version, coresPerSm: sm.cores,
  };
}

/** Buffers of a graphics context by what they hold. */
export const CONTEXT_BUFFERS = [
  'main', 'zcull', 'patch', 'bundle', 'pagepool', 'pagepoolGlobal', 'attribute', 'rtv', 'gfxpPool', 'gfxpControl', 'fecsEvent',
  'privAccessMap', 'setup',
] as const;
export type ContextBuffer = (typeof CONTEXT_BUFFERS)[number];
export interface BufferSize {
  /** Bytes; never zero, for drivers allocate and divide by them. */
  readonly size: number;
  readonly alignment: number;
}

const PAGE = 0x1000;
const up = (value: number, to: number): number => Math.ceil(value / to) * to;

/** Sizes grow with the chip as the real ones do; the sizes themselves are assumed. */
export function contextBuffers(facts: ChipFacts): Readonly<Record<ContextBuffer, BufferSize>> {
  const { tpcs } = graphicsShape(facts);
  const page = (size: number): BufferSize => ({ size: up(size, PAGE), alignment: PAGE });
  return {
    main: page(0x8_0000 + tpcs * 0x3800),
    zcull: page(0x1000 * Math.max(1, tpcs)),
    patch: page(0x4000),
    bundle: page(0x3000),
    pagepool: page(0x2_0000),
    pagepoolGlobal: page(0x2_0000),
    attribute: { size: up(0x4_0000 * Math.max(1, tpcs), 0x2_0000), alignment: 0x2_0000 },
    rtv: page(0x8000 + tpcs * 0x100),
    gfxpPool: page(0x10_0000),
    gfxpControl: page(0x1000),
    fecsEvent: page(0x2_0000),
    privAccessMap: page(0x8_0000),
    setup: page(0x1000),
  };
}

/** Zcull as drivers hand it on to user space. */
export interface Zcull {
  readonly widthAlign: number;
  readonly heightAlign: number;
  readonly pixelsByAliquots: number;
  readonly aliquots: number;
  readonly regionMultiplier: number;
  readonly regionHeader: number;
  readonly subregionHeader: number;
  readonly subregions: number;
  readonly subregionWidthAlign: number;
  readonly subregionHeightAlign: number;
}

const ZCULL_TILE = 16;

/** Follows from the number of TPCs as in the chips that drivers know; regions and headers are assumed. */
export function zcull(facts: ChipFacts): Zcull {
  const { tpcs, gpcs } = graphicsShape(facts);
  return {
    widthAlign: tpcs * ZCULL_TILE, heightAlign: 32, pixelsByAliquots: tpcs * ZCULL_TILE * ZCULL_TILE, aliquots: tpcs * 80 * ZCULL_TILE,
    regionMultiplier: 1, regionHeader: gpcs * 32, subregionHeader: gpcs * 192, subregions: 16,
    subregionWidthAlign: tpcs * ZCULL_TILE, subregionHeightAlign: 64,
  };
}
