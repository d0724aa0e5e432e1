import type { GpuIntents, InterruptUnit } from '../control-intents.ts';
import { displayOf } from '../facts/display.ts';
import { falcons } from '../facts/falcons.ts';
import { displayVector, gspVector, topology } from '../facts/topology.ts';
import { objectsOf } from '../resources/tree.ts';
import { STATUS } from '../status.ts';
import type { Handlers } from './handler.ts';

/** NV2080_CTRL_EVENT_SET_NOTIFICATION_ACTION_* */
export const NOTIFY = { disable: 0, single: 1, repeat: 2 } as const;
/** Longest boost in seconds that is not for ever. */
const BOOST_LIMIT = 3600;
const FOREVER = 0xffffffff;

export const GPU_HANDLERS: Handlers<GpuIntents> = {
  features: ({ release }) => ({ out: { version: release.version } }),
  vmmuSegmentSize: ({ hardware }) => ({ out: { size: hardware.facts.vmmuSegmentSize } }),
  eccStatus: ({ hardware }) => ({ out: { enabled: hardware.facts.ecc } }),
  engines: ({ hardware }) => ({ out: { names: hardware.facts.engines } }),
  gpcMask: ({ hardware }) => ({ out: { mask: hardware.facts.gpcMask } }),
  tpcMask: ({ hardware }, { gpc }) => {
    const mask = hardware.facts.tpcMasks[gpc];
    return mask === undefined || (hardware.facts.gpcMask >>> gpc & 1) === 0 ? { status: STATUS.INVALID_ARGUMENT } : { out: { mask } };
  },
  falcons: ({ hardware }) => ({ out: { falcons: falcons(hardware.facts) } }),
  interruptTable: ({ hardware }) => {
    const { facts } = hardware;
    const units: InterruptUnit[] = [{ name: 'GSP', stall: gspVector(facts), nonStall: undefined }];
    if (displayOf(facts) !== undefined) {
      units.push({ name: 'DISP', stall: displayVector(facts), nonStall: undefined });
      // The head timing has a vector of its own on the newest display.
      if (facts.architecture === 'blackwell-gb20x') units.push({ name: 'DISP_LOW', stall: displayVector(facts) + 1, nonStall: undefined });
    }
    for (const { name, stall, nonStall } of topology(facts)) units.push({ name, stall, nonStall });
    return { out: { units } };
  },
  setNotification: ({ state, client, object }, { event, action }) => {
    if (!Object.values(NOTIFY).includes(action as 0)) return { status: STATUS.INVALID_ARGUMENT };
    // Somebody must be there to be told.
    const heard = [...objectsOf(state.resources, 'event')].some((each) => each.client === client && each.data.notifyIndex === event);
    if (!heard && action !== NOTIFY.disable) return { status: STATUS.INVALID_STATE };
    const key = notificationKey(client, object.handle, event);
    if (action === NOTIFY.disable) state.notifications.delete(key);
    else state.notifications.set(key, { client, subdevice: object.handle, event, action });
    return { status: STATUS.OK };
  },
  boost: (_context, { duration }) => ({ status: duration === FOREVER || duration <= BOOST_LIMIT ? STATUS.OK : STATUS.INVALID_ARGUMENT }),
};

/** Key of what a subdevice wants to be told about. */
export const notificationKey = (client: number, subdevice: number, event: number): string => `${client}:${subdevice}:${event}`;
