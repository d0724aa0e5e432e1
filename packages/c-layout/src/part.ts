import { LayoutError, type LayoutErrorCode, type ValueRange } from './errors.ts';

/** How much of a value must be there: all of it; all and nothing else; any part, nothing else. */
export interface Mode {
  readonly partial: boolean;
  /** Fields that the record lacks are passed over; a misspelt one shows by the missing one. */
  readonly surplus: boolean;
}

export const WHOLE: Mode = { partial: false, surplus: true };
export const EXACT: Mode = { partial: false, surplus: false };
export const PARTIAL: Mode = { partial: true, surplus: false };

/** The first thing wrong with a value. */
export interface PartFlaw {
  readonly code: LayoutErrorCode;
  /** `[3].inner`, to be put behind the field's name. */
  readonly path: string;
  readonly message: string;
  readonly value?: unknown;
  readonly range?: ValueRange | undefined;
}

/** Makes the accessors of a field at `offset`; what its setter does not take by itself it gives to `put`. */
export type Accessor = (offset: number, put: (view: DataView, value: unknown) => void) => { get(this: DataView): unknown; set(this: DataView, value: unknown): void };

/** How one thing in memory is read, written and checked. */
export interface Part {
  /** Bytes; none for a flexible array. */
  readonly size: number;
  get(view: DataView, at: number): unknown;
  /** Writes a checked value; may be partial where `flaw` allowed it. */
  set(view: DataView, at: number, value: unknown): void;
  flaw(value: unknown, mode: Mode): PartFlaw | undefined;
  /** What the views of generated records have for a field that is this alone, in place of what the interpreter makes of the rest. */
  readonly accessor?: Accessor | undefined;
  /** What a view shows where that is not the value; `path` names it in errors. */
  readonly live?: ((view: DataView, at: number, path: string) => unknown) | undefined;
}

/** @throws LayoutError for a flaw; `path` is that of the thing looked at. */
export function refuse(flaw: PartFlaw | undefined, path: string): void {
  if (flaw) throw new LayoutError(flaw.code, path + flaw.path, flaw.message, flaw);
}

/** A flaw further in. */
export function within(flaw: PartFlaw | undefined, path: string): PartFlaw | undefined {
  return flaw && { ...flaw, path: path + flaw.path };
}

export function wrongKind(expected: string, value: unknown): PartFlaw {
  return { code: 'KIND', path: '', message: `expected ${expected}, got ${describe(value)}`, value };
}

export function describe(value: unknown): string {
  const type = value === null ? 'null' : typeof value;
  if (type === 'string') return `string ${JSON.stringify(value)}`;
  return /^num|^b/.test(type) ? `${type} ${String(value)}` : type;
}
