import type { DisplayChannelSpec, DisplayPushbuffer, FirmwareHardware } from '@nova-stack/hw-model/port';
import { dataOf, findObject } from './resources/tree.ts';
import type { DisplayState, GspRmState } from './state.ts';

/** Display channels as the hardware has them: one per object, as long as the object is there. */

/** By the low byte of their classes. Source: open-gpu-kernel-modules 570.144: src/common/sdk/nvidia/inc/class/clc37{a,b,d,e}.h and later */
const KINDS: Readonly<Record<number, DisplayChannelSpec['kind']>> = { 0x7d: 'core', 0x7e: 'window', 0x7b: 'windowImmediate', 0x7a: 'cursor' };
/** Bits of a client's handle that the table of objects has. */
const CLIENT_BITS = 0x3fff;

const key = (cls: number, instance: number): string => `${cls}:${instance}`;

/** Where a channel that is allocated later will find its methods. */
export function setPushbuffer(display: DisplayState, cls: number, instance: number, pushbuffer: DisplayPushbuffer | undefined): void {
  if (pushbuffer) display.pushbuffers.set(key(cls, instance), pushbuffer);
  else display.pushbuffers.delete(key(cls, instance));
}

/** Opens the channel of a new object. */
export function openDisplayChannel(hardware: FirmwareHardware, state: GspRmState, client: number, handle: number): void {
  const object = findObject(state.resources, client, handle);
  const data = dataOf(state.resources, object, 'displayChannel');
  const kind = object && KINDS[object.class & 0xff];
  if (object === undefined || data === undefined || kind === undefined) return;
  const { instance, put } = data;
  const pushbuffer = state.display.pushbuffers.get(key(object.class, instance));
  // Without a pushbuffer there is nothing to fetch.
  if (kind !== 'cursor' && pushbuffer === undefined) return;
  hardware.display?.open({ kind, instance, client: client & CLIENT_BITS, pushbuffer: kind === 'cursor' ? undefined : pushbuffer, put });
  state.display.channels.push({ kind, instance, client, handle });
}

/** Closes the channels whose objects are gone. */
export function closeDisplayChannels(hardware: FirmwareHardware, state: GspRmState): void {
  const { channels } = state.display;
  const gone = channels.filter(({ client, handle }) => findObject(state.resources, client, handle)?.kind !== 'displayChannel');
  for (const channel of gone) {
    hardware.display?.close(channel);
    channels.splice(channels.indexOf(channel), 1);
  }
}
