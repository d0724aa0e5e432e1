import type { GraphicsIntents } from '../control-intents.ts';
import { contextBuffers, graphicsShape, zcull } from '../facts/graphics.ts';
import { memorySystem } from '../facts/memory-system.ts';
import { findEngine } from '../facts/topology.ts';
import { dataOf, findObject } from '../resources/tree.ts';
import { STATUS } from '../status.ts';
import type { HandlerContext, Handlers } from './handler.ts';

/** Entries that the structure has room for. */
const MAX_BUFFERS = 16;
/** NV2080_CTRL_GPU_PROMOTE_CTX_BUFFER_ID_*: up to the unrestricted access map. */
const LAST_BUFFER = 11;
/** Subcontexts of a channel group since Volta. */
const SUBCONTEXTS = 64;
const SINGLE_STEP_LIMIT = 100;

const hasGraphics = ({ hardware }: HandlerContext): boolean => findEngine(hardware.facts, 'GR0') !== undefined;

export const GRAPHICS_HANDLERS: Handlers<GraphicsIntents> = {
  contextBuffers: (context) => (hasGraphics(context) ? { out: { buffers: contextBuffers(context.hardware.facts) } } : { status: STATUS.NOT_SUPPORTED }),
  graphicsInfo: (context) => {
    const { facts } = context.hardware;
    return hasGraphics(context) ? { out: { shape: graphicsShape(facts), memory: memorySystem(facts), subcontexts: SUBCONTEXTS } } : { status: STATUS.NOT_SUPPORTED };
  },
  zcull: (context) => (hasGraphics(context) ? { out: zcull(context.hardware.facts) } : { status: STATUS.NOT_SUPPORTED }),
  promoteContext: ({ hardware, state, client }, { engine, client: named, object, count, buffers }) => {
    if (findEngine(hardware.facts, engine.name) === undefined || count > MAX_BUFFERS) return { status: STATUS.INVALID_ARGUMENT };
    const target = findObject(state.resources, named === 0 ? client : named, object);
    const channel = dataOf(state.resources, target, 'channel');
    if (channel === undefined) return { status: STATUS.INVALID_OBJECT_HANDLE };
    for (const { id, physical, size, initialise } of buffers) {
      if (id > LAST_BUFFER) return { status: STATUS.INVALID_ARGUMENT };
      if (initialise && (physical === 0 || size === 0)) return { status: STATUS.INVALID_ARGUMENT };
    }
    // Drivers give where a buffer lies and where it is mapped in one call or in two.
    for (const { id, physical, virtual, size } of buffers) {
      const known = channel.buffers.find((buffer) => buffer.id === id);
      const merged = { id, physical: physical === 0 ? known?.physical ?? 0 : physical, virtual: virtual === 0 ? known?.virtual ?? 0 : virtual, size: size === 0 ? known?.size ?? 0 : size };
      channel.buffers = [...channel.buffers.filter((buffer) => buffer !== known), merged];
    }
    return { status: STATUS.OK };
  },
  scrubberTeardown: ({ hardware }) => ({ status: hardware.facts.architecture === 'turing' ? STATUS.OK : STATUS.NOT_SUPPORTED }),
  smErrors: ({ hardware }, { first, count }) => {
    const { tpcs, smsPerTpc } = graphicsShape(hardware.facts);
    if (count === 0 || count > SINGLE_STEP_LIMIT || first >= tpcs * smsPerTpc) return { status: STATUS.INVALID_ARGUMENT };
    // No SM of the model fails.
    return { out: { read: Math.min(count, tpcs * smsPerTpc - first) } };
  },
};
