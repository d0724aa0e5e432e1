import type { PowerIntents } from '../control-intents.ts';
import { dataOf, findObject } from '../resources/tree.ts';
import { STATUS, type Status } from '../status.ts';
import type { HandlerContext, Handlers } from './handler.ts';

/** System memory that takes what is saved must be a list of pages that exists. */
function listed({ state }: HandlerContext, client: number, handle: number): Status {
  const memory = dataOf(state.resources, findObject(state.resources, client, handle), 'memory');
  return memory === undefined ? STATUS.INVALID_OBJECT_HANDLE : STATUS.OK;
}

export const POWER_HANDLERS: Handlers<PowerIntents> = {
  saveRegions: (context, { client, memory, regions }) => ({ status: regions === 0 ? STATUS.OK : listed(context, client, memory) }),
  saveRegion: (context, { client, memory, vram, size }) => {
    if (size === 0 || vram + size > context.hardware.facts.vramSize) return { status: STATUS.INVALID_LIMIT };
    return { status: listed(context, client, memory) };
  },
  saveInit: (context, { client, memory }) => ({ status: listed(context, client, memory) }),
  // A suspend of the whole machine works; switching the GPU off by itself is not modelled.
  deepSleepReady: () => ({ out: { gc6: false, gcoff: false } }),
};
