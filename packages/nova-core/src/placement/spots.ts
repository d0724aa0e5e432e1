// Where instances of a type may go. Units are those in which the vendor's tools count places: a GiB of nominal memory each.
// Source: open-gpu-kernel-modules 570.144: kernel_vgpu_mgr.c (_kvgpumgrSetHomogeneousResources, _kvgpumgrSetHeterogeneousResources,
// _kvgpumgrIsPlacementValid).

/** What is shared out. */
export interface Board {
  /** Units of the whole GPU. */
  readonly units: number;
  /** Host channels of the whole GPU. */
  readonly channels: number;
}

/** What a type needs of a place. */
export interface Footprint {
  readonly units: number;
  /** Instances that a GPU can have where all are of one size. */
  readonly maxInstances: number;
  /** Host channels of an instance. */
  readonly channels: number;
  /** First units where the type's own data names them; empty otherwise. */
  readonly named: readonly number[];
  /** A guest can use exactly 1 GiB: nothing is taken off for the host, so that not every place has the room. */
  readonly fullGiB: boolean;
}

/** A place. */
export interface Spot {
  /** First unit. */
  readonly start: number;
  readonly units: number;
  readonly firstChannel: number;
  readonly channels: number;
}

/** Places that types of {@link Footprint.fullGiB} cannot have where sizes are mixed: instances of 8 units beside them reach in there. */
const NOT_FOR_FULL_GIB: ReadonlySet<number> = new Set([2, 3, 8, 9, 14, 15, 20, 21, 26, 27, 32, 33, 38, 39, 44, 45]);
/** No part of the GPU is cut in two any more when there are so many. */
const MOST_PARTS = 16;

const powerOfTwoBelow = (value: number): number => 2 ** Math.floor(Math.log2(value));

/** All of one size: one behind the other; channels from the top down, so that the host's own stay at the bottom. */
export function equalSpots(board: Board, { units, maxInstances, channels, named }: Footprint): readonly Spot[] {
  const count = Math.min(Math.floor(board.units / units), maxInstances);
  const starts = named.length > 0 ? named.slice(0, maxInstances) : Array.from({ length: count }, (_, i) => i * units);
  return starts.map((start, i) => ({ start, units, channels, firstChannel: board.channels - (i + 1) * channels }));
}

/**
 * Sizes mixed: the GPU is cut in two, and each part again, down to sixteenths. A type of which two fill a part gets its two ends; one of
 * which the number is no power of two gets one place in each part, at the end that lies outside; so places of different sizes meet at
 * as few borders as possible.
 */
export function mixedSpots(board: Board, type: Footprint): readonly Spot[] {
  const spots: Spot[] = [];
  const part = (units: readonly [number, number], channels: readonly [number, number], parts: number, left: boolean): void => {
    if (parts > MOST_PARTS) return;
    const [atLeft, atRight] = endsOf(type, parts, left);
    if (atLeft) spots.push({ start: units[0], units: type.units, channels: type.channels, firstChannel: channels[0] });
    if (atRight) spots.push({ start: units[1] - type.units, units: type.units, channels: type.channels, firstChannel: channels[1] - type.channels });
    const [unit, channel] = [half(units), half(channels)];
    part([units[0], unit], [channels[0], channel], parts * 2, true);
    part([unit, units[1]], [channel, channels[1]], parts * 2, false);
  };
  part([0, board.units], [0, board.channels], 1, true);
  return spots.filter(({ start }) => !type.fullGiB || !NOT_FOR_FULL_GIB.has(start)).sort((a, b) => a.start - b.start);
}

const half = ([from, to]: readonly [number, number]): number => Math.floor((from + to) / 2);

/** Which ends of a part the type gets, when there are so many parts. */
function endsOf({ maxInstances }: Footprint, parts: number, left: boolean): readonly [left: boolean, right: boolean] {
  if (parts * 2 === maxInstances) return [true, true];
  const power = powerOfTwoBelow(maxInstances);
  const one = power < maxInstances ? power === parts : parts === 1 && maxInstances === 1;
  return [one && left, one && !left];
}
