import type { ChipFacts } from '@nova-stack/hw-model/port';
import { topology } from './topology.ts';

/** A falcon that runs contexts of an engine. */
export interface FalconFacts {
  readonly engine: string;
  readonly kind: string;
  readonly instance: number;
  /** Bytes that a channel's context takes. */
  readonly contextSize: number;
  readonly registerBase: number;
}

/** Context sizes are assumed; register bases of the first instance as drivers know them, others assumed behind. */
const VIDEO: Readonly<Record<string, { readonly contextSize: number; readonly base: number; readonly stride: number }>> = {
  NVDEC: { contextSize: 0x1000, base: 0x848000, stride: 0x4000 },
  NVENC: { contextSize: 0x1000, base: 0x1c8000, stride: 0x4000 },
  NVJPEG: { contextSize: 0x1000, base: 0x854000, stride: 0x4000 },
  OFA: { contextSize: 0x1000, base: 0x844000, stride: 0x4000 },
  SEC2: { contextSize: 0x1000, base: 0x840000, stride: 0 },
};

export function falcons(facts: ChipFacts): readonly FalconFacts[] {
  return topology(facts).flatMap(({ name, kind, instance }) => {
    const falcon = VIDEO[kind];
    return falcon === undefined ? [] : [{ engine: name, kind, instance, contextSize: falcon.contextSize, registerBase: falcon.base + instance * falcon.stride }];
  });
}
