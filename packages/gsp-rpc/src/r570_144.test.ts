import { GSP_MSG_QUEUE_ELEMENT, GSP_MSG_QUEUE_ELEMENT_HDR_SIZE, GSP_MSG_QUEUE_ELEMENT_SIZE_MAX, GSP_MSG_QUEUE_RPC_SIZE_MAX } from '@nova-stack/nvrm-headers/r570_144/message_queue_priv';
import { msgqRxHeader, msgqTxHeader } from '@nova-stack/nvrm-headers/r570_144/msgq_priv';
import { rpc_alloc_memory_v } from '@nova-stack/nvrm-headers/r570_144/rpc/alloc_memory_v13_01';
import { rpc_gsp_rm_alloc_v } from '@nova-stack/nvrm-headers/r570_144/rpc/gsp_rm_alloc_v03_00';
import { rpc_gsp_rm_control_v } from '@nova-stack/nvrm-headers/r570_144/rpc/gsp_rm_control_v03_00';
import { rpc_message_header_v } from '@nova-stack/nvrm-headers/r570_144/rpc/message_header_v03_00';
import * as numbers from '@nova-stack/nvrm-headers/r570_144/rpc_global_enums';
import { expect, test } from 'vitest';
import { HEADER_WORDS } from './queue-header.ts';
import { PROFILE_570_144 as profile } from './r570_144.ts';
import { recordPayload } from './record.ts';

// The root entry carries these few offsets as numbers: the generated element header would load every RPC structure.

test('the wire offsets are those of the generated layouts', () => {
  const { offsets: element } = GSP_MSG_QUEUE_ELEMENT;
  const { offsets: rpc } = rpc_message_header_v;
  const at = (offset: number): number => element.rpc + offset;
  expect(profile.wire).toEqual({
    payload: GSP_MSG_QUEUE_ELEMENT.size, element: GSP_MSG_QUEUE_ELEMENT_HDR_SIZE,
    checkSum: element.checkSum, seqNum: element.seqNum, elemCount: element.elemCount,
    headerVersion: at(rpc.header_version), signature: at(rpc.signature), length: at(rpc.length), function: at(rpc.function),
    result: at(rpc.rpc_result), resultPrivate: at(rpc.rpc_result_private), sequence: at(rpc.sequence),
  });
  expect(recordPayload(profile)).toBe(GSP_MSG_QUEUE_ELEMENT_SIZE_MAX - GSP_MSG_QUEUE_ELEMENT.size);
  expect(recordPayload(profile) + rpc_message_header_v.size).toBe(GSP_MSG_QUEUE_RPC_SIZE_MAX);
});

test('the queue header is the generated one, the read pointer behind it', () => {
  const { rxHdrOff, entryOff, ...fields } = msgqTxHeader.offsets;
  const { readPtr, ...words } = HEADER_WORDS;
  expect(Object.fromEntries(Object.entries(words).map(([name, index]) => [name, index * 4]))).toEqual({ ...fields, rxHdrOff, entryOff });
  expect(readPtr * 4).toBe(msgqTxHeader.size + msgqRxHeader.offsets.readPtr);
});

test('the messages that tell their own size are the ones that carry a list', () => {
  expect(profile.sized).toEqual({
    [numbers.NV_VGPU_MSG_FUNCTION_ALLOC_MEMORY]: { header: rpc_alloc_memory_v.size, lengthAt: rpc_alloc_memory_v.offsets.pageCount, unit: 8 },
    [numbers.NV_VGPU_MSG_FUNCTION_SET_REGISTRY]: { header: 0, lengthAt: 0, unit: 1 },
    [numbers.NV_VGPU_MSG_FUNCTION_GSP_RM_CONTROL]: { header: rpc_gsp_rm_control_v.size, lengthAt: rpc_gsp_rm_control_v.offsets.paramsSize, unit: 1 },
    [numbers.NV_VGPU_MSG_FUNCTION_GSP_RM_ALLOC]: { header: rpc_gsp_rm_alloc_v.size, lengthAt: rpc_gsp_rm_alloc_v.offsets.paramsSize, unit: 1 },
  });
  expect(profile.functionLimit).toBe(numbers.NV_VGPU_MSG_FUNCTION_NUM_FUNCTIONS);
  expect(profile.events).toEqual({ first: numbers.NV_VGPU_MSG_EVENT_FIRST_EVENT, limit: numbers.NV_VGPU_MSG_EVENT_NUM_EVENTS });
  expect(profile.continuation).toBe(numbers.NV_VGPU_MSG_FUNCTION_CONTINUATION_RECORD);
});
