import { isAbsent, type Absent } from '../absent.ts';
import type { EventCodec } from '../release.ts';
import { numbering, type EngineNumbers } from './engines.ts';
import type { Needs, Part } from './needs.ts';
import { ascii } from './words.ts';

/** Bodies of the events that the firmware sends by itself. */

interface OsErrorRecord {
  readonly exceptType: number;
  readonly runlistId: number;
  readonly chid: number;
  readonly errString: Uint8Array;
}

/** What 535 tells too; later releases add where the fault was. */
interface RcRecord {
  readonly nv2080EngineType: number;
  readonly chid: number;
  readonly exceptType: number;
  readonly scope: number;
  readonly partitionAttributionId: number;
}

interface NocatRecord {
  readonly timestamp: bigint;
  readonly recType: number;
  readonly source: Uint8Array;
  readonly errorCode: bigint;
  readonly faultingEngine: Uint8Array;
  readonly diagBufferLen: number;
  readonly diagBuffer: Uint8Array;
}

export interface EventNeeds extends Needs<
  | 'rpc_gsp_lockdown_notice_v' | 'rpc_perf_bridgeless_info_update_v' | 'rpc_post_event_v' | 'rpc_ucode_libos_print_v' | 'rpc_vgpu_gsp_plugin_triggered_v'
> {
  readonly rpc_os_error_log_v: Part<OsErrorRecord, keyof OsErrorRecord>;
  readonly rpc_rc_triggered_v: Part<RcRecord, keyof RcRecord>;
}

/** The record that GSP_POST_NOCAT_RECORD carries. */
export type NocatLayout = Part<NocatRecord, keyof NocatRecord>;

/** No runlist, no channel. */
const NONE = 0xffffffff;
const NOCAT_NAME = 0x41;
/** Where POST_EVENT's data begins: inside the structure, whose end it reaches past by as much. */
const EVENT_DATA = 0x1d;

export interface EventFormats {
  /** Event numbers. */
  readonly numbers: EventCodec['numbers'];
  readonly nocat: NocatLayout | Absent;
}

export function eventCodec(rm: EventNeeds, engines: EngineNumbers, { numbers, nocat }: EventFormats): EventCodec {
  const nv2080 = numbering(engines.nv2080);
  return {
    numbers,
    osError: ({ xid, text, channel }) => rm.rpc_os_error_log_v.create({
      exceptType: xid, runlistId: channel?.runlist ?? NONE, chid: channel?.id ?? NONE, errString: ascii(text, 0x100),
    }),
    rcTriggered: ({ engine, channel, exception, scope }) => rm.rpc_rc_triggered_v.create({
      nv2080EngineType: nv2080.number(engine) ?? 0, chid: channel, exceptType: exception, scope,
    }),
    // nouveau warns about any payload.
    mmuFault: () => new Uint8Array(0),
    postEvent({ client, handle, notifyIndex, data, info16, status, list, body }) {
      const { size } = rm.rpc_post_event_v;
      const bytes = new Uint8Array(size + body.length);
      rm.rpc_post_event_v.write(bytes, 0, { hClient: client, hEvent: handle, notifyIndex, data, info16, status, eventDataSize: body.length, bNotifyList: list });
      bytes.set(body, EVENT_DATA);
      return bytes;
    },
    nocat: isAbsent(nocat) ? nocat : ({ at, source, engine, code, diagnosis }) => nocat.create({
      timestamp: BigInt(at), recType: 1, source: ascii(source, NOCAT_NAME), errorCode: BigInt(code),
      faultingEngine: ascii(engine, NOCAT_NAME), diagBufferLen: diagnosis.length, diagBuffer: diagnosis.slice(0, 0x400),
    }),
    lockdown: ({ engaging }) => rm.rpc_gsp_lockdown_notice_v.create({ bLockdownEngaging: engaging }),
    perfBridgeless: ({ bridgeless }) => rm.rpc_perf_bridgeless_info_update_v.create({ bBridgeless: bridgeless ? 1n : 0n }),
    pluginTriggered: ({ gfid, notifyIndex }) => rm.rpc_vgpu_gsp_plugin_triggered_v.create({ gfid, notifyIndex }),
    libosPrint({ engine, text }) {
      const { size } = rm.rpc_ucode_libos_print_v;
      const bytes = new Uint8Array(size + text.length);
      rm.rpc_ucode_libos_print_v.write(bytes, 0, { ucodeEngDesc: engine, libosPrintBufSize: text.length });
      bytes.set(text, size);
      return bytes;
    },
  };
}
