import { describe, expect, test } from 'vitest';

import { NVOS04_FLAGS_CHANNEL_TYPE } from '../generated/r570_144/alloc_channel.js';
import { CLASSES, COMMANDS, COMMAND_NAMES, ESCAPES, EVENTS, FUNCTIONS, FUNCTION_NAMES, MODULES, UVM_IOCTLS } from '../generated/r570_144/registry.js';
import { NV_ERR_INVALID_ARGUMENT, NV_OK, STATUS_NAMES } from '../generated/r570_144/status.js';
import { VERSIONS } from './index.ts';

interface Vite {
  glob(pattern: string, options: { readonly query: string; readonly import: string }): Record<string, () => Promise<string>>;
}
const modules = Object.keys((import.meta as unknown as Vite).glob('../generated/r570_144/**/*.js', { query: '?raw', import: 'default' }));

describe('the registry of 570.144', () => {
  test('has every command, class, function, event and ioctl', () => {
    expect([COMMANDS, CLASSES, FUNCTIONS, EVENTS, ESCAPES, UVM_IOCTLS].map(({ length }) => length)).toEqual([1608, 272, 228, 36, 41, 73]);
  });

  test('says what a command takes and who may call it', () => {
    expect(COMMANDS.find(({ name }) => name === 'NV2080_CTRL_CMD_GSP_GET_FEATURES')).toEqual({
      name: 'NV2080_CTRL_CMD_GSP_GET_FEATURES', id: 0x20803601, params: 'NV2080_CTRL_GSP_GET_FEATURES_PARAMS', exported: true, flags: 0x40549,
    });
    expect(COMMAND_NAMES.get(0x20803601)).toBe('NV2080_CTRL_CMD_GSP_GET_FEATURES');
  });

  test('says which body an RPC has', () => {
    expect(FUNCTION_NAMES.get(76)).toBe('NV_VGPU_MSG_FUNCTION_GSP_RM_CONTROL');
    expect(FUNCTIONS.find(({ value }) => value === 76)).toMatchObject({ current: 'rpc_gsp_rm_control_v03_00' });
    expect(FUNCTIONS.find(({ value }) => value === 65)).toMatchObject({ payload: 'GspStaticConfigInfo' });
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

test('the root names the versions', () => {
  expect(VERSIONS).toEqual(['570.144']);
});
