import type { ChipFacts, DisplayFacts, OutputFacts } from '@nova-stack/hw-model/port';

/** Where a board does not tell: four heads, four output resources, four DisplayPort connectors with nothing plugged in. */
const USUAL: DisplayFacts = { heads: 4, sors: 4, outputs: [{ connector: 'DP' }, { connector: 'DP' }, { connector: 'DP' }, { connector: 'DP' }] };

/** The display, or undefined when it was fused off. */
export const displayOf = (facts: ChipFacts): DisplayFacts | undefined => (facts.displayDisabled ? undefined : facts.display ?? USUAL);

/** Display ids have one bit each, from this one on. */
const FIRST_ID = 8;

/** Id of an output: one bit. */
export const displayId = (output: number): number => 2 ** (FIRST_ID + output);

/** The output of an id, or undefined when the id is none or several. */
export function outputOf(display: DisplayFacts, id: number): { readonly index: number; readonly output: OutputFacts } | undefined {
  const index = display.outputs.findIndex((_, i) => displayId(i) === id);
  return index < 0 ? undefined : { index, output: display.outputs[index]! };
}

/** Ids of all outputs that `which` holds for. */
export function idMask(display: DisplayFacts, which: (output: OutputFacts) => boolean = () => true): number {
  return display.outputs.reduce((mask, output, index) => (which(output) ? mask + displayId(index) : mask), 0);
}

/** Windows: two per head. */
export const windowMask = ({ heads }: DisplayFacts): number => 2 ** (2 * heads) - 1;
/** Channels of the display engine: core, windows, immediate windows, cursors. */
export const channelCount = ({ heads }: DisplayFacts): number => 1 + 5 * heads;
