import { describe, expect, test } from 'vitest';
import { largestPayload } from './continuation.ts';
import type { FramingProfile } from './profile.ts';
import { HEADER_WORDS } from './queue-header.ts';
import { PROFILE_535_113_01 } from './r535_113_01.ts';
import { PROFILE_570_144 } from './r570_144.ts';
import { PROFILE_580_105_08 } from './r580_105_08.ts';
import { recordPayload } from './record.ts';

// The root entry carries these few offsets as numbers: the generated element header would load every RPC structure.

interface Layout {
  readonly size: number;
  readonly offsets: Readonly<Record<string, number>>;
}
type Module = Readonly<Record<string, Layout & number>>;

describe.each([
  ['r535_113_01', PROFILE_535_113_01], ['r570_144', PROFILE_570_144], ['r580_105_08', PROFILE_580_105_08],
] as const)('%s', (namespace, profile: FramingProfile) => {
  const load = async (module: string): Promise<Module> => (await import(/* @vite-ignore */ `@nova-stack/nvrm-headers/${namespace}/${module}`)) as Module;
  const body = async (record: string): Promise<Layout> => {
    const [name] = record.split(/_v\d/);
    return (await load(`rpc/${record}`))[`rpc_${name!}_v`]!;
  };

  test('the wire offsets are those of the generated layouts', async () => {
    const { GSP_MSG_QUEUE_ELEMENT, GSP_MSG_QUEUE_ELEMENT_HDR_SIZE, GSP_MSG_QUEUE_ELEMENT_SIZE_MAX, GSP_MSG_QUEUE_RPC_SIZE_MAX } = await load('message_queue_priv');
    const { offsets: element, size } = GSP_MSG_QUEUE_ELEMENT!;
    const rpc = await body('message_header_v03_00');
    const at = (field: string): number => element['rpc']! + rpc.offsets[field]!;
    expect(profile.wire).toEqual({
      payload: size, element: GSP_MSG_QUEUE_ELEMENT_HDR_SIZE,
      checkSum: element['checkSum'], seqNum: element['seqNum'], elemCount: element['elemCount'],
      headerVersion: at('header_version'), signature: at('signature'), length: at('length'), function: at('function'),
      result: at('rpc_result'), resultPrivate: at('rpc_result_private'), sequence: at('sequence'),
    });
    // What stands before the checksum is authentication data, and four bytes of padding follow the entry count.
    expect(element).toMatchObject({ authTagBuffer: 0, aadBuffer: 0x10, checkSum: 0x20, rpc: element['elemCount']! + 8 });
    expect(recordPayload(profile)).toBe(GSP_MSG_QUEUE_ELEMENT_SIZE_MAX! - size);
    expect(recordPayload(profile) + rpc.size).toBe(GSP_MSG_QUEUE_RPC_SIZE_MAX);
  });

  test('the queue header is the generated one, the read pointer behind it', async () => {
    const { msgqTxHeader, msgqRxHeader } = await load('msgq_priv');
    const { readPtr, ...words } = HEADER_WORDS;
    expect(Object.fromEntries(Object.entries(words).map(([name, index]) => [name, index * 4]))).toEqual(msgqTxHeader!.offsets);
    expect(readPtr * 4).toBe(msgqTxHeader!.size + msgqRxHeader!.offsets['readPtr']!);
  });

  test('the messages that tell their own size are the ones that carry a list', async () => {
    const numbers = await load('rpc_global_enums');
    const memory = await body('alloc_memory_v13_01');
    const control = await body('gsp_rm_control_v03_00');
    const alloc = await body('gsp_rm_alloc_v03_00');
    // The queue carries no table of the page list's own: it begins where the fixed part ends.
    expect(profile.sized).toMatchObject({
      [numbers['NV_VGPU_MSG_FUNCTION_ALLOC_MEMORY']!]: { header: memory.size, lengthAt: memory.offsets['pageCount'], unit: 8, bothWays: false },
      [numbers['NV_VGPU_MSG_FUNCTION_SET_REGISTRY']!]: { header: 0, lengthAt: 0, unit: 1, bothWays: false },
      [numbers['NV_VGPU_MSG_FUNCTION_GSP_RM_CONTROL']!]: { header: control.size, lengthAt: control.offsets['paramsSize'], unit: 1, bothWays: true },
      [numbers['NV_VGPU_MSG_FUNCTION_GSP_RM_ALLOC']!]: { header: alloc.size, lengthAt: alloc.offsets['paramsSize'], unit: 1, bothWays: true },
    });
    expect(Object.keys(profile.sized)).toHaveLength(4);
    // RMAPI_PARAM_COPY_MAX_PARAMS_SIZE is 1 MiB in all three trees: src/nvidia/inc/kernel/rmapi/param_copy.h
    expect(largestPayload(profile, 76)).toBe(control.size + 0x100000);
    expect(largestPayload(profile, 103)).toBe(alloc.size + 0x100000);
    expect(largestPayload(profile, 10)).toBe(recordPayload(profile));
  });

  test('functions and events end where the release lets them end', async () => {
    const numbers = await load('rpc_global_enums');
    expect(profile.functionLimit).toBe(numbers['NV_VGPU_MSG_FUNCTION_NUM_FUNCTIONS']);
    expect(profile.events).toEqual({ first: numbers['NV_VGPU_MSG_EVENT_FIRST_EVENT'], limit: numbers['NV_VGPU_MSG_EVENT_NUM_EVENTS'] });
    expect(profile.continuation).toBe(numbers['NV_VGPU_MSG_FUNCTION_CONTINUATION_RECORD']);
    expect(profile.noReply).toEqual(['GSP_SET_SYSTEM_INFO', 'SET_REGISTRY', 'ECC_NOTIFIER_WRITE_ACK'].map((name) => numbers[`NV_VGPU_MSG_FUNCTION_${name}`]));
  });

  test('the words of a history are the fields that OpenRM prints', async () => {
    const numbers = await load('rpc_global_enums');
    const fields = async (record: string, a: string, b: string): Promise<[number, number]> => {
      const { offsets } = await body(record);
      return [offsets[a]!, offsets[b]!];
    };
    const event = (name: string): number => numbers[`NV_VGPU_MSG_EVENT_${name}`]!;
    const old = profile.release === '535.113.01';
    expect(profile.notable).toEqual({
      10: [0x8, 0x4], // hObjectOld and hObjectParent of NVOS00_PARAMETERS_v03_00
      76: await fields('gsp_rm_control_v03_00', 'cmd', 'paramsSize'),
      103: await fields('gsp_rm_alloc_v03_00', 'hClass', 'paramsSize'),
      [event('GSP_RUN_CPU_SEQUENCER')]: await fields('run_cpu_sequencer_v17_00', 'cmdIndex', 'bufferSizeDWord'),
      [event('POST_EVENT')]: await fields('post_event_v17_00', 'notifyIndex', 'data'),
      [event('RC_TRIGGERED')]: await fields('rc_triggered_v17_02', 'nv2080EngineType', 'exceptType'),
      [event('VGPU_GSP_PLUGIN_TRIGGERED')]: await fields('vgpu_gsp_plugin_triggered_v17_00', 'gfid', 'notifyIndex'),
      [event('GSP_LOCKDOWN_NOTICE')]: [0, 0],
      ...(old ? {} : { [event('GSP_POST_NOCAT_RECORD')]: [0x10, 0x60] }),
    });
  });
});

test('what differs between releases, by message_queue_cpu.c and kernel_gsp.c of each tag', () => {
  const differs = ({ release, checksum, consumesBadElements, sequence, events }: FramingProfile): unknown[] =>
    [release, checksum, consumesBadElements, sequence.requests, sequence.matched, events.limit];
  expect([PROFILE_535_113_01, PROFILE_570_144, PROFILE_580_105_08].map(differs)).toEqual([
    ['535.113.01', 'elements', false, 'zero', false, 0x101f],
    ['570.144', 'message', false, 'zero', false, 0x1023],
    ['580.105.08', 'message', true, 'counted', true, 0x1023],
  ]);
});
