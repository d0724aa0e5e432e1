import { dataView, text } from '@nova-stack/c-layout';

import type { Absent } from '../absent.ts';
import type { EventForm, Events, JournalRecord } from '../abi.ts';
import type { Needs, Part } from './needs.ts';

interface OsErrorRecord {
  readonly exceptType: number;
  readonly errString: Uint8Array;
}

interface ChannelErrorRecord {
  readonly nv2080EngineType: number;
  readonly chid: number;
  readonly exceptType: number;
}

export interface EventNeeds extends Needs<
  | 'NV_VGPU_MSG_EVENT_GSP_INIT_DONE' | 'NV_VGPU_MSG_EVENT_GSP_RUN_CPU_SEQUENCER' | 'NV_VGPU_MSG_EVENT_OS_ERROR_LOG' | 'NV_VGPU_MSG_EVENT_RC_TRIGGERED'
  | 'NV_VGPU_MSG_EVENT_GSP_LOCKDOWN_NOTICE' | 'rpc_run_cpu_sequencer_v' | 'rpc_gsp_lockdown_notice_v'
  | 'NV_VGPU_MSG_EVENT_VGPU_GSP_PLUGIN_TRIGGERED' | 'rpc_vgpu_gsp_plugin_triggered_v' | 'NVA084_NOTIFIERS_EVENT_VGPU_PLUGIN_TASK_CRASHED'
> {
  readonly rpc_os_error_log_v: Part<OsErrorRecord>;
  readonly rpc_rc_triggered_v: Part<ChannelErrorRecord>;
}

export function events(rm: EventNeeds, journal: EventForm<JournalRecord> | Absent): Events {
  const { rpc_run_cpu_sequencer_v: sequence, rpc_os_error_log_v: error } = rm;
  return {
    initDone: { name: 'end of initialisation', number: rm.NV_VGPU_MSG_EVENT_GSP_INIT_DONE, decode: () => undefined },
    sequencer: {
      name: 'CPU sequence', number: rm.NV_VGPU_MSG_EVENT_GSP_RUN_CPU_SEQUENCER,
      decode(payload) {
        // cmdIndex counts the words in use; nova-core takes it for a number of commands, the firmware does not.
        const { cmdIndex } = sequence.read(payload);
        const { size } = sequence;
        if (size + cmdIndex * 4 > payload.length) throw new RangeError(`cmdIndex = ${cmdIndex}, but ${payload.length - size} bytes follow`);
        return payload.subarray(size, size + cmdIndex * 4);
      },
    },
    osError: {
      name: 'error log', number: rm.NV_VGPU_MSG_EVENT_OS_ERROR_LOG,
      decode(payload) {
        // Whatever came, somebody should hear of it.
        if (payload.length < error.size) return { xid: payload.length >= 4 ? dataView(payload).getUint32(0, true) : 0, text: '' };
        const { exceptType, errString } = error.read(payload);
        return { xid: exceptType, text: text(errString) };
      },
    },
    channelError: {
      name: 'channel error', number: rm.NV_VGPU_MSG_EVENT_RC_TRIGGERED,
      decode(payload) {
        const { nv2080EngineType, chid, exceptType } = rm.rpc_rc_triggered_v.read(payload);
        return { engine: nv2080EngineType, channel: chid, xid: exceptType };
      },
    },
    lockdown: {
      name: 'lockdown notice', number: rm.NV_VGPU_MSG_EVENT_GSP_LOCKDOWN_NOTICE,
      decode: (payload) => ({ engaged: rm.rpc_gsp_lockdown_notice_v.read(payload).bLockdownEngaging }),
    },
    vgpuTask: {
      name: 'notice of a vGPU task', number: rm.NV_VGPU_MSG_EVENT_VGPU_GSP_PLUGIN_TRIGGERED,
      decode(payload) {
        const { gfid, notifyIndex } = rm.rpc_vgpu_gsp_plugin_triggered_v.read(payload);
        return { gfid, crashed: notifyIndex === rm.NVA084_NOTIFIERS_EVENT_VGPU_PLUGIN_TASK_CRASHED };
      },
    },
    journal,
  };
}

export type JournalNeeds = Needs<'NV_VGPU_MSG_EVENT_GSP_POST_NOCAT_RECORD' | 'NV2080CtrlNocatJournalInsertRecord'>;

/** The error journal, in versions whose firmware sends it. */
export function journal(rm: JournalNeeds): EventForm<JournalRecord> {
  return {
    name: 'journal record', number: rm.NV_VGPU_MSG_EVENT_GSP_POST_NOCAT_RECORD,
    decode(payload) {
      const { source, faultingEngine, errorCode } = rm.NV2080CtrlNocatJournalInsertRecord.read(payload);
      return { source: text(source), engine: text(faultingEngine), code: errorCode };
    },
  };
}
