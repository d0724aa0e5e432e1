// Where instances of an in-memory core go: units of memory, at multiples of their own size.
import type { VgpuCore } from '../core/vgpu-core.ts';

export type MemoryVgpuType = ReturnType<VgpuCore['listTypes']>['types'][number];
export type SizeMode = ReturnType<VgpuCore['capacity']>['mode'];
export type CreatableReason = ReturnType<VgpuCore['capacity']>['types'][number]['reason'];

/** Bytes of a unit. */
const UNIT = 65536;

export interface Place {
  readonly start: number;
  readonly units: number;
}

/** What is taken, and by which size. */
export interface Taken extends Place {
  readonly profileSize: number;
}

export class MemoryPlaces {
  readonly units: number;
  readonly #vfs: number;
  mode: SizeMode = 'equal';

  constructor(memory: number, vfs: number) {
    this.units = Math.floor(memory / UNIT);
    this.#vfs = vfs;
  }

  /** All places of a size, by ascending start. */
  of(profileSize: number): readonly Place[] {
    const units = Math.ceil(profileSize / UNIT);
    return Array.from({ length: Math.floor(this.units / units) }, (_, i) => ({ start: i * units, units }));
  }

  /** Instances of a size that there can be. */
  most(profileSize: number): number {
    return Math.min(this.#vfs, this.of(profileSize).length);
  }

  free(profileSize: number, taken: readonly Taken[]): readonly Place[] {
    return this.of(profileSize).filter(({ start, units }) => !taken.some((one) => one.start < start + units && start < one.start + one.units));
  }

  /** Why none of a size can be had. */
  obstacle(profileSize: number, taken: readonly Taken[]): CreatableReason {
    if (this.mode === 'equal' && taken.some((one) => one.profileSize !== profileSize)) return 'other-size';
    if (taken.length >= this.#vfs) return 'no-function';
    return this.free(profileSize, taken).length === 0 ? 'no-placement' : 'none';
  }

  creatable(profileSize: number, taken: readonly Taken[]): number {
    if (this.obstacle(profileSize, taken) !== 'none') return 0;
    return Math.min(this.#vfs - taken.length, this.free(profileSize, taken).length);
  }
}
