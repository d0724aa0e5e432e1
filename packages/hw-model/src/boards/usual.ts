import type { DisplayFacts } from '../port.ts';

/** What a graphics card usually has: four heads, four output resources, three DisplayPort connectors and one for HDMI; nothing plugged in. */
export const USUAL_DISPLAY: DisplayFacts = { heads: 4, sors: 4, outputs: [{ connector: 'DP' }, { connector: 'DP' }, { connector: 'DP' }, { connector: 'HDMI' }] };

/** What no public table tells, the same on all boards: fuses as they were blown for the first production ucode; channels, segments and vectors assumed. */
export const ASSUMED: {
  readonly fuses: { readonly gspFwsec: 0; readonly sec2Booter: 0 };
  readonly channels: 2048;
  readonly vmmuSegmentSize: number;
  readonly vectors: { readonly gsp: 155 };
} = {
  fuses: { gspFwsec: 0, sec2Booter: 0 },
  channels: 2048,
  vmmuSegmentSize: 32 * 2 ** 20,
  vectors: { gsp: 155 },
};
