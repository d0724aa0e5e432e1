/** What a series of profiles is for: Q workstations, B virtual desktops, A applications, C compute. */
export type VgpuSeries = 'Q' | 'B' | 'A' | 'C';

/** What all profiles of a series have in common. */
export interface SeriesFacts {
  /** Class as firmware names it. */
  readonly class: string;
  readonly license: string;
  readonly heads: number;
  /** Frames per second at which the scheduler limits a guest. */
  readonly frameRateLimit: number;
  readonly cuda: boolean;
}

/**
 * Class, licence, limiter and CUDA of `B` were read from a published type record (L40-1B). Heads, limiter and CUDA of
 * the others follow NVIDIA's vGPU user guide; their class and licence texts are assumed and were not checked against a
 * record.
 */
export const SERIES: Readonly<Record<VgpuSeries, SeriesFacts>> = {
  Q: { class: 'Quadro', license: 'Quadro-Virtual-DWS,5.0;GRID-Virtual-WS,2.0;GRID-Virtual-WS-Ext,2.0', heads: 4, frameRateLimit: 60, cuda: true },
  B: { class: 'NVS', license: 'GRID-Virtual-PC,2.0;Quadro-Virtual-DWS,5.0;GRID-Virtual-WS,2.0;GRID-Virtual-WS-Ext,2.0', heads: 4, frameRateLimit: 45, cuda: false },
  A: { class: 'NVS', license: 'GRID-Virtual-Apps,3.0', heads: 1, frameRateLimit: 60, cuda: false },
  C: { class: 'Compute', license: 'NVIDIA-vComputeServer,9.0;Quadro-Virtual-DWS,5.0', heads: 1, frameRateLimit: 60, cuda: true },
};

/** A vGPU type as the public knows it. */
export interface VgpuProfile {
  /** `L40-4Q`. */
  readonly name: string;
  readonly series: VgpuSeries;
  /** Nominal memory in GiB: the number in the name. */
  readonly gib: number;
  /** Type id. Ids follow no rule, so one that is not public is made up; see {@link VgpuProfile.idSource}. */
  readonly id: number;
  /** `public`: read from a published record or driver. `synthetic`: ours, {@link SYNTHETIC_ID_BASE} and up. */
  readonly idSource: 'public' | 'synthetic';
  /** PCI subsystem id that the guest sees. */
  readonly subsystem: number;
  /** Instances of this type that fit on a GPU when all are of its size. */
  readonly maxInstances: number;
}

/** A physical GPU and its types. */
export interface VgpuGpu {
  /** `NVIDIA L40`. */
  readonly name: string;
  readonly device: number;
  /** Subsystem ids of the boards, the usual one first. */
  readonly subsystems: readonly number[];
  readonly gib: number;
  readonly profiles: readonly VgpuProfile[];
}

/** No real type id is near. */
export const SYNTHETIC_ID_BASE = 900_000;

/** Instances by GiB on a 48 GiB board. Source: NVIDIA/vgpu-device-manager: the example configuration. */
const MAX_INSTANCES_48: Readonly<Record<number, number>> = { 1: 32, 2: 24, 3: 16, 4: 12, 6: 8, 8: 6, 12: 4, 16: 3, 24: 2, 48: 1 };

/** Names and subsystem ids. Source: open-gpu-kernel-modules 570.144: src/common/shared/inc/g_vgpu_chip_flags.h. */
const L40: readonly (readonly [series: VgpuSeries, gib: number, subsystem: number])[] = [
  ['B', 1, 0x176d], ['B', 2, 0x176e],
  ['Q', 1, 0x176f], ['Q', 2, 0x1770], ['Q', 3, 0x1771], ['Q', 4, 0x1772], ['Q', 6, 0x1773], ['Q', 8, 0x1774],
  ['Q', 12, 0x1775], ['Q', 16, 0x1776], ['Q', 24, 0x1777], ['Q', 48, 0x1778],
  ['A', 1, 0x1779], ['A', 2, 0x177a], ['A', 3, 0x177b], ['A', 4, 0x177c], ['A', 6, 0x177d], ['A', 8, 0x177e],
  ['A', 12, 0x177f], ['A', 16, 0x1780], ['A', 24, 0x1781], ['A', 48, 0x1782],
  ['C', 4, 0x178d], ['C', 6, 0x178e], ['C', 8, 0x178f], ['C', 12, 0x1790], ['C', 16, 0x1791], ['C', 24, 0x1792],
  ['C', 48, 0x1793],
];

/**
 * The type ids of the L40 that are public.
 * Sources: L40-1B: RFC v1 of the vGPU series (September 2024), its embedded record; L40-1Q:
 * zhiwang-nvidia/nova-core: drivers/gpu/nova-core/vgpu/.
 */
const L40_IDS: Readonly<Record<string, number>> = { 'L40-1B': 869, 'L40-1Q': 871 };

function profilesOf(
  board: string, rows: typeof L40, ids: Readonly<Record<string, number>>, maxInstances: Readonly<Record<number, number>>,
): VgpuProfile[] {
  return rows.map(([series, gib, subsystem], i) => {
    const name = `${board}-${gib}${series}`;
    const id = ids[name];
    return {
      name, series, gib, subsystem, maxInstances: maxInstances[gib]!,
      ...(id === undefined ? { id: SYNTHETIC_ID_BASE + i, idSource: 'synthetic' } : { id, idSource: 'public' }),
    };
  });
}

/** Public facts about GPUs and their vGPU types. Board subsystems: open-gpu-kernel-modules 570.144: g_nv_name_released.h. */
export const VGPU_GPUS: readonly VgpuGpu[] = [
  { name: 'NVIDIA L40', device: 0x26b5, subsystems: [0x169d, 0x17da], gib: 48, profiles: profilesOf('L40', L40, L40_IDS, MAX_INSTANCES_48) },
];
