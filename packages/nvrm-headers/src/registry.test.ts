import { describe, expect, test } from 'vitest';

import { NVOS04_FLAGS_CHANNEL_TYPE } from '../generated/r570_144/alloc_channel.js';
import { CLASSES } from '../generated/r570_144/registry/classes.js';
import { COMMANDS, COMMAND_NAMES } from '../generated/r570_144/registry/commands.js';
import { ESCAPES, UVM_IOCTLS } from '../generated/r570_144/registry/ioctls.js';
import { MODULES } from '../generated/r570_144/registry/modules.js';
import { EVENTS, FUNCTIONS, FUNCTION_NAMES } from '../generated/r570_144/registry/rpc.js';
import { NV_ERR_INVALID_ARGUMENT, NV_OK, STATUS_NAMES } from '../generated/r570_144/status.js';
import { versionsIn, FACTS_FOLDER } from './cli/facts-files.ts';
import { VERSIONS } from './index.ts';

interface Vite {
  glob<T>(pattern: string, options?: { readonly eager: true }): Record<string, T>;
}
const modules = Object.keys((import.meta as unknown as Vite).glob('../generated/r570_144/**/*.js'));
const registries = (import.meta as unknown as Vite).glob<unknown>('../generated/*/{registry/*,status}.js', { eager: true });

test.each([
  ['r535_113_01', [1434, 228, 204, 32, 40, 69, 133]],
  ['r570_144', [1608, 272, 228, 36, 41, 73, 143]],
  ['r580_105_08', [1639, 295, 229, 36, 41, 73, 150]],
])('%s has every command, class, function, event, ioctl and status code', (version, counts) => {
  const table = (name: string): Record<string, readonly unknown[]> => registries[`../generated/${version}/${name}.js`] as Record<string, readonly unknown[]>;
  const [{ COMMANDS: commands }, { CLASSES: classes }, { FUNCTIONS: functions, EVENTS: events }, { ESCAPES: escapes, UVM_IOCTLS: uvm }, status] =
    [table('registry/commands'), table('registry/classes'), table('registry/rpc'), table('registry/ioctls'), table('status')];
  const codes = Object.entries(status).filter(([name]) => name !== 'STATUS_NAMES');
  expect([commands, classes, functions, events, escapes, uvm, codes].map((rows) => rows!.length)).toEqual(counts);
});

// The row of open-gpu-kernel-modules 580.105.08: src/nvidia/generated/g_subdevice_nvoc.c, whose size of parameters is told
// as "0 /* Singleton parameter list */": such a command is exported like any other.
test('580.105.08 keeps what is exported without parameters', () => {
  const { COMMANDS: commands } = registries['../generated/r580_105_08/registry/commands.js'] as { readonly COMMANDS: typeof COMMANDS };
  expect(commands.find(({ id }) => id === 0x20800a6a)).toEqual({ name: 'NV2080_CTRL_CMD_INTERNAL_RC_WATCHDOG_TIMEOUT', id: 0x20800a6a, exported: true, flags: 0xc0 });
});

describe('the registry of 570.144', () => {
  test('says what a command takes and who may call it', () => {
    expect(COMMANDS.find(({ name }) => name === 'NV2080_CTRL_CMD_GSP_GET_FEATURES')).toEqual({
      name: 'NV2080_CTRL_CMD_GSP_GET_FEATURES', id: 0x20803601, params: 'NV2080_CTRL_GSP_GET_FEATURES_PARAMS', exported: true, flags: 0x40549,
    });
    expect(COMMAND_NAMES.get(0x20803601)).toBe('NV2080_CTRL_CMD_GSP_GET_FEATURES');
  });

  test('says what allocating a class takes, and under what', () => {
    expect(CLASSES.find(({ id }) => id === 0x2080)).toMatchObject({ name: 'NV20_SUBDEVICE_0', params: 'NV2080_ALLOC_PARAMETERS', parents: ['Device'] });
  });

  test('says which body an RPC has', () => {
    expect(FUNCTION_NAMES.get(76)).toBe('NV_VGPU_MSG_FUNCTION_GSP_RM_CONTROL');
    expect(FUNCTIONS.find(({ value }) => value === 76)).toMatchObject({ current: 'rpc_gsp_rm_control_v03_00' });
    expect(FUNCTIONS.find(({ value }) => value === 65)).toMatchObject({ payload: 'GspStaticConfigInfo' });
    expect(EVENTS.find(({ value }) => value === 0x1001)).toMatchObject({ name: 'NV_VGPU_MSG_EVENT_GSP_INIT_DONE' });
  });

  test('says what an ioctl takes', () => {
    expect(ESCAPES.find(({ nr }) => nr === 0x2a)).toEqual({ name: 'NV_ESC_RM_CONTROL', nr: 0x2a, params: 'NVOS54_PARAMETERS' });
    expect(UVM_IOCTLS.find(({ name }) => name === 'UVM_INITIALIZE')).toMatchObject({ nr: 0x30000001, params: 'UVM_INITIALIZE_PARAMS' });
  });

  test('names for each record a module that is there', () => {
    expect(MODULES.size).toBe(2909 - 128);
    expect(MODULES.get('NV2080_CTRL_GSP_GET_FEATURES_PARAMS')).toBe('ctrl2080gsp');
    expect(MODULES.get('rpc_gsp_rm_control_v03_00')).toBe('rpc/gsp_rm_control_v03_00');
    const missing = [...new Set(MODULES.values())].filter((name) => !modules.includes(`../generated/r570_144/${name}.js`));
    expect(missing).toEqual([]);
  });
});

test('status codes have names', () => {
  expect([STATUS_NAMES[NV_OK], STATUS_NAMES[NV_ERR_INVALID_ARGUMENT]]).toEqual(['NV_OK', 'NV_ERR_INVALID_ARGUMENT']);
});

test('a bit range is its highest and lowest bit', () => {
  expect(NVOS04_FLAGS_CHANNEL_TYPE).toEqual({ hi: 1, lo: 0 });
});

test('the root names the versions that there are facts of', () => {
  expect(versionsIn(FACTS_FOLDER)).toEqual([...VERSIONS]);
});
