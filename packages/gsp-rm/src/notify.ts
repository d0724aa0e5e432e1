import type { ServeContext } from './handlers/handler.ts';
import { NOTIFY, notificationKey } from './handlers/gpu.ts';
import { objectsOf } from './resources/tree.ts';

/** Something that event objects may wait for. */
export interface Occurrence {
  /** NV2080_NOTIFIERS_*: 1 hot plug, 7 DisplayPort interrupt, … */
  readonly notifyIndex: number;
  readonly data?: number;
  readonly info16?: number;
  /** Bytes that the receiver knows by the notification. */
  readonly body?: Uint8Array;
}

/** Tells every event object that waits for it. @returns how many were told */
export function notify({ state, emit }: ServeContext, { notifyIndex, data = 0, info16 = 0, body = new Uint8Array(0) }: Occurrence): number {
  let told = 0;
  for (const { client, subdevice, event, action } of [...state.notifications.values()]) {
    if (event !== notifyIndex) continue;
    for (const waiting of objectsOf(state.resources, 'event')) {
      if (waiting.client !== client || waiting.data.notifyIndex !== notifyIndex) continue;
      emit({ event: 'postEvent', client, handle: waiting.object.handle, notifyIndex, data, info16, status: 0, list: false, body });
      told++;
    }
    if (action === NOTIFY.single) state.notifications.delete(notificationKey(client, subdevice, event));
  }
  return told;
}
