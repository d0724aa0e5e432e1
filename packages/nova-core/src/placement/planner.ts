import { equalSpots, mixedSpots, type Board, type Footprint, type Spot } from './spots.ts';

/** How a GPU is shared out: instances of one size, or of any. */
export type SizeMode = 'equal' | 'mixed';

/** Why no more instances of a type can be had. */
export type NoPlace =
  /** Instances of another size live, and all are to be of one. */
  | 'other-size'
  /** As many live as there can be. */
  | 'no-capacity'
  /** Every place of the type overlaps one that is taken. */
  | 'no-placement'
  /** The type has no places where sizes are mixed. */
  | 'other-mode';

/** A place that somebody has. */
export interface Taken extends Spot {
  readonly type: Footprint;
}

const overlap = (a: number, lengthA: number, b: number, lengthB: number): boolean => a < b + lengthB && b < a + lengthA;

/**
 * Who has which place of a GPU. Everything happens at once: whoever asks for a place has it, or knows why not, before anybody else is
 * heard.
 */
export class PlacementPlanner {
  #board: Board;
  #mode: SizeMode = 'equal';
  readonly #taken = new Set<Taken>();

  constructor(board: Board) {
    this.#board = board;
  }

  get board(): Board {
    return this.#board;
  }

  get mode(): SizeMode {
    return this.#mode;
  }

  get taken(): readonly Taken[] {
    return [...this.#taken];
  }

  /** @returns false, and nothing happens, while anybody has a place */
  setMode(mode: SizeMode): boolean {
    if (this.#taken.size > 0 && mode !== this.#mode) return false;
    this.#mode = mode;
    return true;
  }

  /** The units of the whole GPU, which its types tell. @returns false, and nothing happens, while anybody has a place */
  setUnits(units: number): boolean {
    if (units === this.#board.units) return true;
    if (this.#taken.size > 0) return false;
    this.#board = { ...this.#board, units };
    return true;
  }

  /** All places of a type, by ascending start. @param mode - default: as the GPU is shared out now */
  spots(type: Footprint, mode: SizeMode = this.#mode): readonly Spot[] {
    return mode === 'equal' ? equalSpots(this.#board, type) : mixedSpots(this.#board, type);
  }

  /** Those that nobody has and nobody's place overlaps. */
  free(type: Footprint): readonly Spot[] {
    const taken = [...this.#taken];
    return this.spots(type).filter((spot) => !taken.some((other) => overlap(spot.start, spot.units, other.start, other.units)
      || overlap(spot.firstChannel, spot.channels, other.firstChannel, other.channels)));
  }

  obstacle(type: Footprint): NoPlace | undefined {
    if (this.#mode === 'equal') {
      if ([...this.#taken].some((other) => other.type.units !== type.units)) return 'other-size';
      if (this.#taken.size >= this.spots(type).length) return 'no-capacity';
    } else if (this.spots(type).length === 0) return 'other-mode';
    return this.free(type).length === 0 ? 'no-placement' : undefined;
  }

  /** How many more of a type could be had now, if nothing else were. */
  creatable(type: Footprint): number {
    if (this.obstacle(type) !== undefined) return 0;
    const free = this.free(type).length;
    return this.#mode === 'equal' ? Math.min(free, this.spots(type).length - this.#taken.size) : free;
  }

  /**
   * Takes a place.
   *
   * @param start - which; left out, the first that is free
   * @returns the place, or why there is none
   */
  take(type: Footprint, start?: number): Taken | NoPlace {
    const obstacle = this.obstacle(type);
    if (obstacle !== undefined) return obstacle;
    const spot = this.free(type).find((one) => start === undefined || one.start === start);
    if (!spot) return 'no-placement';
    const taken = { ...spot, type };
    this.#taken.add(taken);
    return taken;
  }

  give(taken: Taken): void {
    this.#taken.delete(taken);
  }
}
