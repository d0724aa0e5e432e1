import type { ChannelIntents } from '../control-intents.ts';
import { DEVICE_TABLE_ENTRIES } from '../codec/channel-controls.ts';
import { findEngine, topology } from '../facts/topology.ts';
import { settleHostChannels } from '../host-channels.ts';
import { dataOf, objectsOf } from '../resources/tree.ts';
import { STATUS } from '../status.ts';
import type { HandlerContext, Handlers } from './handler.ts';
import type { ChannelData } from '../resources/objects.ts';

/** Bytes that the host needs per channel for methods that faulted; tinygrad knows this number by heart. */
const FAULT_METHOD_BUFFER = 0x5000;

export const CHANNEL_HANDLERS: Handlers<ChannelIntents> = {
  channelCount: ({ hardware: { facts } }, { runlist }) =>
    (topology(facts).some((place) => place.runlist === runlist) ? { out: { count: facts.channels } } : { status: STATUS.INVALID_ARGUMENT }),
  deviceTable: ({ hardware: { facts } }, { first }) => {
    const all = topology(facts);
    if (first > all.length) return { status: STATUS.INVALID_ARGUMENT };
    const engines = all.slice(first, first + DEVICE_TABLE_ENTRIES);
    return { out: { engines, more: first + engines.length < all.length } };
  },
  faultMethodBuffer: () => ({ out: { size: FAULT_METHOD_BUFFER } }),
  bindChannel: (context, { engine }) => {
    const channel = channelOf(context);
    const place = findEngine(context.hardware.facts, engine.name);
    if (place === undefined) return { status: STATUS.INVALID_ARGUMENT };
    if (place.runlist !== channel.runlist) return { status: STATUS.INVALID_CHANNEL };
    channel.bound = place.name;
    return { status: STATUS.OK };
  },
  scheduleChannel: (context, { enable }) => {
    const channel = channelOf(context);
    // A channel of a group takes its engine from there.
    const grouped = context.state.resources.clients.get(context.client)?.get(context.object.parent)?.kind === 'channelGroup';
    if (enable && !grouped && channel.bound === undefined) return { status: STATUS.INVALID_STATE };
    if (enable && channel.instance.size === 0) return { status: STATUS.INVALID_STATE };
    channel.scheduled = enable;
    settleHostChannels(context.hardware, context.state);
    return { status: STATUS.OK };
  },
  scheduleGroup: ({ hardware, state, client, object }, { enable }) => {
    const group = dataOf(state.resources, object, 'channelGroup');
    if (group === undefined) return { status: STATUS.INVALID_OBJECT };
    group.scheduled = enable;
    for (const each of objectsOf(state.resources, 'channel')) {
      if (each.client === client && each.object.parent === object.handle) each.data.scheduled = enable;
    }
    settleHostChannels(hardware, state);
    return { status: STATUS.OK };
  },
  // The driver adds the runlist to it.
  workSubmitToken: (context) => ({ out: { token: channelOf(context).id } }),
  toggleScheduling: ({ hardware, state }, { disable }) => {
    state.schedulingStopped = disable;
    hardware.host.stop(disable);
    return { status: STATUS.OK };
  },
};

/** The channel that the control was sent to; the server has checked the kind. */
const channelOf = ({ state, object }: HandlerContext): ChannelData => dataOf(state.resources, object, 'channel')!;
