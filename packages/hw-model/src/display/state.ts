import type { DisplayChannelKind } from '@nova-stack/gpu-regs';

import type { DisplayPushbuffer } from '../port.ts';

/** A channel that the firmware has opened. */
export interface DisplayChannelState {
  readonly kind: DisplayChannelKind;
  /** Low bits of the handle of who owns it. */
  readonly client: number;
  /** A cursor has none. */
  readonly pushbuffer: DisplayPushbuffer | undefined;
  /** Offsets in the pushbuffer, in bytes. */
  put: number;
  get: number;
  /** Words that are still to come for a header. */
  pending: { method: number; left: number; readonly step: 0 | 4 };
  /** Methods are for other GPUs. */
  skipping: boolean;
  /** Values by method, in bytes. */
  readonly methods: Map<number, number>;
  /** A job fetches. */
  fetching: boolean;
  /** It made a mistake and does nothing any more. */
  stopped: boolean;
}

/** What the display engine remembers. */
export interface DisplayState {
  /** Instance memory, in VRAM. */
  memory: { readonly address: number; readonly size: number } | undefined;
  /** By channel number. */
  readonly channels: Map<number, DisplayChannelState>;
}

export const coldDisplay = (): DisplayState => ({ memory: undefined, channels: new Map() });
