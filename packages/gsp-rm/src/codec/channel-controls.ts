import type { ChannelIntents } from '../control-intents.ts';
import type { Absent } from '../absent.ts';
import type { EnginePlace } from '../facts/topology.ts';
import type { ControlCodec, ReleaseControls } from '../release.ts';
import { exchange, order, query } from './control.ts';
import { numbering, type EngineNumbers } from './engines.ts';
import { engineDescriptor } from './gpu-controls.ts';
import type { Needs, Part } from './needs.ts';
import { ascii } from './words.ts';

/** Controls about host channels. */

interface ScheduleRecord {
  readonly bEnable: boolean;
}

export interface ChannelNeeds extends Needs<
  | 'NV2080_CTRL_CMD_INTERNAL_FIFO_GET_NUM_CHANNELS' | 'NV2080_CTRL_INTERNAL_FIFO_GET_NUM_CHANNELS_PARAMS'
  | 'NV2080_CTRL_CMD_FIFO_GET_DEVICE_INFO_TABLE' | 'NV2080_CTRL_FIFO_GET_DEVICE_INFO_TABLE_PARAMS'
  | 'NV2080_CTRL_CMD_CE_GET_FAULT_METHOD_BUFFER_SIZE' | 'NV2080_CTRL_CE_GET_FAULT_METHOD_BUFFER_SIZE_PARAMS'
  | 'NVA06F_CTRL_CMD_BIND' | 'NVA06F_CTRL_BIND_PARAMS' | 'NVA06F_CTRL_CMD_GPFIFO_SCHEDULE' | 'NVA06C_CTRL_CMD_GPFIFO_SCHEDULE'
  | 'NVC36F_CTRL_CMD_GPFIFO_GET_WORK_SUBMIT_TOKEN' | 'NVC36F_CTRL_CMD_GPFIFO_GET_WORK_SUBMIT_TOKEN_PARAMS'
> {
  readonly NVA06F_CTRL_GPFIFO_SCHEDULE_PARAMS: Part<ScheduleRecord, keyof ScheduleRecord>;
}

/** Entries of one answer. */
export const DEVICE_TABLE_ENTRIES = 32;
/** ENGINE_INFO_TYPE_*: what the words of `engineData` are. Source: src/nvidia/inc/kernel/gpu/fifo (kernel_fifo.h) */
const WORDS = 16;

export function channelControls(
  rm: ChannelNeeds, engines: EngineNumbers, toggleScheduling: ControlCodec<{ readonly disable: boolean }, undefined> | Absent,
): Pick<ReleaseControls, keyof ChannelIntents> {
  const numbers = numbering(engines.rm);
  const mc = numbering(engines.mc);
  const nv2080 = numbering(engines.nv2080);
  const engineData = (place: EnginePlace, index: number): number[] => {
    const words = new Array<number>(WORDS).fill(0);
    words[0] = engineDescriptor(place);
    words[1] = index;
    words[2] = numbers.number(place.name) ?? 0;
    words[3] = place.runlist;
    words[4] = place.faultId;
    words[5] = 2 ** place.runlist;
    words[6] = place.resetId;
    words[7] = place.stall;
    words[8] = mc.number(place.name) ?? 0;
    words[10] = place.instance;
    words[11] = place.runlistBase;
    words[12] = 1;
    words[13] = place.runlistEngine;
    words[14] = place.channelTable;
    return words;
  };
  return {
    channelCount: exchange(rm.NV2080_CTRL_CMD_INTERNAL_FIFO_GET_NUM_CHANNELS, rm.NV2080_CTRL_INTERNAL_FIFO_GET_NUM_CHANNELS_PARAMS, 'subdevice',
      ({ runlistId }) => ({ runlist: runlistId }), ({ count }) => ({ numChannels: count })),
    deviceTable: exchange(rm.NV2080_CTRL_CMD_FIFO_GET_DEVICE_INFO_TABLE, rm.NV2080_CTRL_FIFO_GET_DEVICE_INFO_TABLE_PARAMS, 'subdevice',
      ({ baseIndex }) => ({ first: baseIndex }),
      ({ engines: places, more }) => ({
        numEntries: places.length, bMore: more,
        entries: places.map((place, index) => ({
          engineData: engineData(place, index), pbdmaIds: place.pbdmas, pbdmaFaultIds: place.pbdmaFaultIds, numPbdmas: place.pbdmas.length,
          engineName: ascii(place.name, 16),
        })),
      })),
    faultMethodBuffer: query(rm.NV2080_CTRL_CMD_CE_GET_FAULT_METHOD_BUFFER_SIZE, rm.NV2080_CTRL_CE_GET_FAULT_METHOD_BUFFER_SIZE_PARAMS, 'subdevice', ({ size }) => ({ size })),
    bindChannel: order(rm.NVA06F_CTRL_CMD_BIND, rm.NVA06F_CTRL_BIND_PARAMS, 'channel',
      ({ engineType }) => ({ engine: { number: engineType, name: nv2080.name(engineType) } })),
    scheduleChannel: order(rm.NVA06F_CTRL_CMD_GPFIFO_SCHEDULE, rm.NVA06F_CTRL_GPFIFO_SCHEDULE_PARAMS, 'channel', ({ bEnable }) => ({ enable: bEnable })),
    scheduleGroup: order(rm.NVA06C_CTRL_CMD_GPFIFO_SCHEDULE, rm.NVA06F_CTRL_GPFIFO_SCHEDULE_PARAMS, 'channelGroup', ({ bEnable }) => ({ enable: bEnable })),
    workSubmitToken: query(rm.NVC36F_CTRL_CMD_GPFIFO_GET_WORK_SUBMIT_TOKEN, rm.NVC36F_CTRL_CMD_GPFIFO_GET_WORK_SUBMIT_TOKEN_PARAMS, 'channel', ({ token }) => ({ workSubmitToken: token })),
    toggleScheduling,
  };
}
