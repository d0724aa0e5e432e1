import { ascii } from './codec/words.ts';
import { memorySystem } from './facts/memory-system.ts';
import type { FirmwareEvent, FirmwareEvents } from './events.ts';
import type { ServeContext } from './handlers/handler.ts';
import { objectsOf } from './resources/tree.ts';

/** Events that the fault plan can ask for by name, with bodies that follow from what there is. */

type Provoked = Exclude<keyof FirmwareEvents, 'postEvent' | 'pluginTriggered'>;

/** Engine descriptor of the power management unit. */
const PMU = 0xf3d722 * 0x100;
/** ROBUST_CHANNEL_* and Xid: memory error and MMU fault. */
const MMU_FAULT_XID = 31;
const NOTHING = { runlist: 0, id: 0, engine: 'GR0' } as const;

/** The channel that things happen to: the last that was allocated. */
function victim({ state }: ServeContext): { readonly runlist: number; readonly id: number; readonly engine: string } {
  const channels = [...objectsOf(state.resources, 'channel')];
  return channels.at(-1)?.data ?? NOTHING;
}

const EVENTS: { readonly [Name in Provoked]: (context: ServeContext, value: number | undefined) => FirmwareEvents[Name] } = {
  osError: (context, value) => ({ xid: value ?? MMU_FAULT_XID, text: 'provoked by the fault plan', channel: victim(context) }),
  rcTriggered: (context, value) => {
    const { engine, id } = victim(context);
    return { engine, channel: id, exception: value ?? MMU_FAULT_XID, scope: 1 };
  },
  mmuFault: () => ({ faults: 1 }),
  nocat: ({ hardware }, value) => ({ at: hardware.now(), source: 'gsp-rm', engine: memorySystem(hardware.facts).type, code: value ?? 0, diagnosis: new Uint8Array(0) }),
  lockdown: (_context, value) => ({ engaging: value !== 0 }),
  perfBridgeless: (_context, value) => ({ bridgeless: value !== 0 }),
  libosPrint: () => ({ engine: PMU, text: ascii('provoked', 16) }),
};

/** The event that a fault names; undefined for a name that is none. */
export function provokedEvent(context: ServeContext, action: string, value: number | undefined): FirmwareEvent | undefined {
  if (!Object.hasOwn(EVENTS, action)) return undefined;
  const name = action as Provoked;
  return { event: name, ...EVENTS[name](context, value) } as FirmwareEvent;
}
