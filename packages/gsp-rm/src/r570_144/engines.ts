/**
 * NV2080_ENGINE_TYPE_*: engines by RM's names. Instances of a kind are not always consecutive.
 *
 * Source: open-gpu-kernel-modules 570.144: src/common/sdk/nvidia/inc/class/cl2080_notification.h
 */
const RUNS: readonly (readonly [name: string, first: number, instance: number, count: number])[] = [
  ['GR', 1, 0, 8], ['COPY', 9, 0, 10], ['COPY', 52, 10, 10], ['NVDEC', 19, 0, 8], ['NVENC', 27, 0, 3], ['NVENC', 63, 3, 1],
  ['SW', 34, 0, 1], ['SEC2', 38, 0, 1], ['NVJPEG', 43, 0, 8], ['OFA', 51, 0, 1], ['OFA', 62, 1, 1],
];

const TYPES: ReadonlyMap<string, number> = new Map(RUNS.flatMap(([name, first, instance, count]) =>
  Array.from({ length: count }, (_, i) => [name === 'SW' || name === 'SEC2' ? name : `${name}${instance + i}`, first + i] as const)));

/** Numbers of the engines that have one, ascending. */
export function engineTypes(names: readonly string[]): readonly number[] {
  return names.map((name) => TYPES.get(name)).filter((type) => type !== undefined).sort((a, b) => a - b);
}
