import { describe, expect, test } from 'vitest';

import { loadFacts } from '../cli/facts-files.ts';
import { VERSIONS } from '../index.ts';
import { createRegistry, describeEntry, describeUses, findInAll } from './index.ts';

const registries = VERSIONS.map((version) => createRegistry(loadFacts(version)));
const r570 = registries[1]!;

describe('a name', () => {
  test.each([
    ['NV2080_CTRL_CMD_GSP_GET_FEATURES', 'command'], ['NV20_SUBDEVICE_0', 'class'], ['NV_VGPU_MSG_FUNCTION_GSP_RM_CONTROL', 'function'], ['NV_VGPU_MSG_EVENT_GSP_INIT_DONE', 'event'],
    ['NV_ERR_TIMEOUT', 'status'], ['NV_ESC_RM_CONTROL', 'escape'], ['UVM_INITIALIZE', 'uvm'], ['GspFwWprMeta', 'record'], ['rpc_free_v', 'typedef'],
    ['GSP_FW_WPR_META_REVISION', 'constant'], ['RM_ENGINE_TYPE', 'enum'], ['RM_ENGINE_TYPE_SEC2', 'constant'], ['NVOS04_FLAGS_CHANNEL_TYPE', 'range'],
  ])('%s is a %s', (name, kind) => {
    expect(r570.find(name).map((entry) => entry.kind)).toEqual([kind]);
  });

  test('of a tag is that of its record', () => {
    expect(r570.find('DOD_METHOD_DATA').map((entry) => entry.kind)).toEqual(['record']);
    const tagged = [...r570.structures()].filter(({ tag }) => tag !== undefined);
    expect(tagged.length).toBeGreaterThan(100);
    for (const { tag = '', name } of tagged) expect(r570.find(tag).map((entry) => entry.name)).toContain(name);
  });

  test('that nobody has gives suggestions', () => {
    expect(r570.find('GSP_RM_CONTROL')).toEqual([]);
    expect(r570.suggest('gsp_rm_control', 3)).toEqual(['rpc_gsp_rm_control_v', 'rpc_gsp_rm_control_v03_00', 'NV_VGPU_MSG_FUNCTION_GSP_RM_CONTROL']);
    expect(r570.suggest('no such thing')).toEqual([]);
  });
});

describe('a number', () => {
  test('is every entry that has it, as number or as text', () => {
    expect(r570.find('0x20803601').map(({ name }) => name)).toEqual(['NV2080_CTRL_CMD_GSP_GET_FEATURES']);
    expect(r570.find(76).map(({ name }) => name)).toContain('NV_VGPU_MSG_FUNCTION_GSP_RM_CONTROL');
    expect(r570.find('76')).toEqual(r570.find(76));
    expect(r570.find(0x101c).map(({ name }) => name)).toEqual(['NV_VGPU_MSG_EVENT_GSP_LOCKDOWN_NOTICE']);
    expect(r570.find(0x7fffffff)).toEqual([]);
  });

  test('may stand for something else in another version', () => {
    expect(findInAll(registries.slice(0, 3), 0x20800ac3).map(({ version, name }) => [version, name])).toEqual([
      ['535.113.01', 'NV2080_CTRL_CMD_INTERNAL_FBSR_SEND_REGION_INFO'],
      ['570.144', 'NV2080_CTRL_CMD_INTERNAL_FIFO_TOGGLE_ACTIVE_CHANNEL_SCHEDULING'], ['580.105.08', 'NV2080_CTRL_CMD_INTERNAL_FIFO_TOGGLE_ACTIVE_CHANNEL_SCHEDULING'],
    ]);
  });
});

test('structures are listed by name, header and size', () => {
  expect(r570.structures().length).toBe(2909);
  expect(r570.structures({ file: 'gsp_fw_wpr_meta.h' }).map(({ name }) => name)).toContain('GspFwWprMeta');
  expect(r570.structures({ name: 'gspsysteminfo' }).map(({ name, size }) => [name, size])).toEqual([['GspSystemInfo', 0x3a0]]);
  expect(r570.structures({ minSize: 100_000 }).every(({ size }) => size >= 100_000)).toBe(true);
});

describe('uses', () => {
  test('of a record: what is made of it, and what takes it', () => {
    expect(r570.usesOf('NV2080_CTRL_GSP_GET_FEATURES_PARAMS')).toEqual({ records: [], commands: ['NV2080_CTRL_CMD_GSP_GET_FEATURES'], classes: [], functions: [], events: [], ioctls: [] });
    expect(r570.usesOf('MESSAGE_QUEUE_INIT_ARGUMENTS').records).toEqual(['GSP_ARGUMENTS_CACHED']);
    expect(r570.usesOf('rpc_message_header_v03_00').records).toContain('GSP_MSG_QUEUE_ELEMENT');
  });

  test('go all the way up when that is asked for', () => {
    const inner = 'NV2080_CTRL_CMD_FB_GET_FB_REGION_FB_REGION_INFO';
    expect(r570.usesOf(inner).records).toEqual(['NV2080_CTRL_CMD_FB_GET_FB_REGION_INFO_PARAMS']);
    expect(r570.usesOf(inner, { deep: true }).records).toEqual(['NV2080_CTRL_CMD_FB_GET_FB_REGION_INFO_PARAMS', 'VGPU_STATIC_INFO', 'GspStaticConfigInfo']);
    expect(r570.usesOf(inner, { deep: true }).functions).toContain('NV_VGPU_MSG_FUNCTION_GET_GSP_STATIC_INFO');
  });
});

test('what is told of an entry', () => {
  const told = (what: string): string => describeEntry(r570.find(what)[0]!);
  expect(told('NV2080_CTRL_CMD_GSP_GET_FEATURES')).toBe([
    'NV2080_CTRL_CMD_GSP_GET_FEATURES: control command 0x20803601, parameters NV2080_CTRL_GSP_GET_FEATURES_PARAMS, exported, flags 0x40549',
    '  struct NV2080_CTRL_GSP_GET_FEATURES_PARAMS, 72 bytes, src/common/sdk/nvidia/inc/ctrl/ctrl2080/ctrl2080gsp.h',
    '    0x0    NvU32 gspFeatures', '    0x4    NvBool bValid', '    0x5    NvBool bDefaultGspRmGpu', '    0x6    NvU8 firmwareVersion[64]',
  ].join('\n'));
  expect(told('GSP_DMA_TARGET').split('\n').slice(0, 3)).toEqual(['GSP_DMA_TARGET: enumeration, u32, src/nvidia/arch/nvalloc/common/inc/gsp/gspifpub.h', '  GSP_DMA_TARGET_LOCAL_FB = 0 (0x0)', '  GSP_DMA_TARGET_COHERENT_SYSTEM = 1 (0x1)']);
  expect(told('NV_ERR_TIMEOUT')).toBe('NV_ERR_TIMEOUT: status code 101 (0x65): No answer in the time allowed.');
  expect(told('NV20_SUBDEVICE_0')).toMatch(/^NV20_SUBDEVICE_0: class 0x2080, allocation parameters NV2080_ALLOC_PARAMETERS, RM's Subdevice, under Device\n/);
  expect(describeUses(r570.usesOf('NV2080_ALLOC_PARAMETERS'))).toBe('  used by classes: NV20_SUBDEVICE_0');
});
