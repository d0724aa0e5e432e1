import { describe, expect, test } from 'vitest';

import { loadFacts } from '../cli/facts-files.ts';
import type { Facts } from '../facts/index.ts';
import { VERSIONS } from '../index.ts';
import { GSP_CLIENT } from '../lookup/gsp-client.ts';
import { diffFacts, diffMarkdown, diffText, gspClient, type TableDiff } from './index.ts';

const [r535, r570, r580] = VERSIONS.map(loadFacts) as [Facts, Facts, Facts];

describe('from one release to another', () => {
  // Counted apart from this code, over the compiler's facts.
  test.each([
    ['535.113.01 to 570.144', r535, r570, { records: [944, 139], dangers: [9, 168, 14, 7, 2], commands: [295, 121, 33], status: [10, 0, 0], enumerators: [189, 11, 25], reused: [18, 0, 1, 4, 1] }],
    ['570.144 to 580.105.08', r570, r580, { records: [304, 27], dangers: [5, 113, 16, 13, 0], commands: [61, 30, 2], status: [7, 0, 0], enumerators: [96, 0, 7], reused: [8, 0, 2, 0, 0] }],
  ] as const)('%s', (_, from, to, expected) => {
    const { records, tables, reused } = diffFacts(from, to);
    const counts = ({ added, removed, changed }: TableDiff): number[] => [added.length, removed.length, changed.filter(({ renumbered }) => renumbered).length];
    expect({
      records: [records.added.length, records.removed.length],
      dangers: (['same-size', 'resized', 'nested', 'in-place', 'renamed'] as const).map((danger) => records.changed.filter((change) => change.danger === danger).length),
      commands: counts(tables.commands), status: counts(tables.status), enumerators: counts(tables.enumerators),
      reused: (['commands', 'classes', 'functions', 'events', 'escapes'] as const).map((table) => reused.filter((each) => each.table === table).length),
    }).toEqual(expected);
  });

  test('a layout that changed under the same size comes first, and loudly', () => {
    const diff = diffFacts(r570, r580);
    const log = diff.records.changed.find(({ name }) => name === 'rpc_os_error_log_v17_00')!;
    expect([log.danger, log.from.size, log.to.size]).toEqual(['same-size', 272, 272]);
    expect(log.fields.map((change) => [change.kind, change.kind === 'moved' ? [change.to.name, change.from.offset, change.to.offset] : undefined])).toEqual([
      ['moved', ['runlistId', 4, 8]], ['moved', ['chid', 8, 12]], ['moved', ['errString', 12, 16]], ['moved', ['preemptiveRemovalPreviousXid', 268, 4]],
    ]);
    const text = diffText(diff);
    expect(text.indexOf('!! Same size, other layout')).toBeLessThan(text.indexOf('Another size under the same name'));
    expect(text).toContain('  rpc_os_error_log_v17_00: 272 bytes\n      runlistId moved from 0x4 to 0x8\n');
  });

  test('a size that changed under the same name is told with its fields', () => {
    expect(diffFacts(r535, r570).records.changed.map(({ name }) => name)).not.toContain('rpc_gsp_rm_control_v03_00');
    const control = diffFacts(r570, r580).records.changed.find(({ name }) => name === 'rpc_gsp_rm_control_v03_00')!;
    expect([control.danger, control.from.size, control.to.size]).toEqual(['resized', 24, 40]);
    expect(control.fields.map((change) => change.kind)).toEqual(['renamed', 'added', 'added', 'added', 'moved']);
    expect(diffMarkdown(diffFacts(r570, r580))).toContain('- `rpc_gsp_rm_control_v03_00`: 24 -> 40 bytes, aligned to 4 -> 8\n  - `flags` at 0x14 is called `rmapiRpcFlags`\n');
  });

  test('numbers that moved are told, and what they were', () => {
    const { events } = diffFacts(r535, r570).tables;
    expect(events.changed.filter(({ renumbered }) => renumbered).map(({ name, properties }) => [name, properties[0]!.from, properties[0]!.to])).toContainEqual(['NV_VGPU_MSG_EVENT_GSP_LOCKDOWN_NOTICE', '0x101d', '0x101c']);
    expect(diffFacts(r570, r580).tables.events.changed).toEqual([]);
  });

  test('a number that belongs to another name now is told, and bounds of tables are no names', () => {
    expect(diffFacts(r535, r570).reused.filter(({ number }) => [0x20800ac3, 0x101d, 0x101f].includes(number))).toEqual([
      { table: 'commands', number: 0x20800ac3, from: ['NV2080_CTRL_CMD_INTERNAL_FBSR_SEND_REGION_INFO'], to: ['NV2080_CTRL_CMD_INTERNAL_FIFO_TOGGLE_ACTIVE_CHANNEL_SCHEDULING'] },
      { table: 'events', number: 0x101d, from: ['NV_VGPU_MSG_EVENT_GSP_LOCKDOWN_NOTICE'], to: ['NV_VGPU_MSG_EVENT_MIG_CI_CONFIG_UPDATE'] },
    ]);
    expect(diffText(diffFacts(r570, r580))).toContain('  0x20800a46: was NV2080_CTRL_CMD_INTERNAL_KGR_INIT_BUG4208224_WAR, is NV2080_CTRL_CMD_INTERNAL_GPU_CHECK_CTS_ID_VALID\n');
  });

  test('a field that came into padding, or an alternative of a union, does not raise the loud alarm', () => {
    const dangers = new Map(diffFacts(r570, r580).records.changed.map(({ name, danger }) => [name, danger]));
    expect(['NV2080_CTRL_CMD_BUS_GET_C2C_INFO_PARAMS', 'NV0000_CTRL_GPU_LEGACY_CONFIG_PARAMS.data', 'rpc_os_error_log_v17_00'].map((name) => dangers.get(name))).toEqual(['in-place', 'in-place', 'same-size']);
  });

  test('many fields that moved alike are one line', () => {
    expect(diffText(diffFacts(r570, r580))).toContain('      sriovCaps to fwWprLayoutOffset, 49 fields, moved 128 bytes up: 0x460 to 0x668 are 0x4e0 to 0x6e8\n');
  });

  test('what only says who may call comes after what is exchanged', () => {
    const { changed } = diffFacts(r535, r570).tables.commands;
    const access = changed.map(({ renumbered, properties }) => !renumbered && properties.every(({ property }) => ['exported', 'flags', 'right'].includes(property)));
    expect(access.indexOf(true)).toBe(access.lastIndexOf(false) + 1);
  });

  test('headers that lie elsewhere are told when they are asked for, and are the same headers', () => {
    const move = { from: 'src/nvidia/kernel/inc/vgpu/rpc_headers.h', to: 'src/nvidia/inc/kernel/vgpu/rpc_headers.h', records: ['VIRTUAL_DISPLAY_GET_MAX_RESOLUTION_PARAMS', 'VIRTUAL_DISPLAY_GET_NUM_HEADS_PARAMS'] };
    expect(diffFacts(r535, r570).headers).toEqual([]);
    expect(diffFacts(r535, r570, { headers: true }).headers).toContainEqual(move);
    const constants = diffFacts(r535, r570, { constants: true }).constants.filter(({ path }) => path.endsWith('/rpc_headers.h'));
    expect(constants.map(({ path, added, removed }) => [path, added.length, removed.length])).toEqual([[move.to, 6, 2]]);
  });

  test('constants are compared when they are asked for', () => {
    expect(diffFacts(r570, r580).constants).toEqual([]);
    const heap = diffFacts(r535, r570, { constants: true }).constants.find(({ path }) => path.endsWith('/gsp_fw_heap.h'))!;
    expect(heap.changed.map(({ name }) => name)).toContain('GSP_FW_HEAP_SIZE_VGPU_DEFAULT');
  });
});

describe('what a GSP client uses', () => {
  test('exists in some version, and what a version lacks is known', () => {
    const known = [r535, r570, r580];
    const named = (facts: Facts): Facts & { readonly headers: ReadonlySet<string> } => ({ ...facts, headers: new Set([...facts.files.keys()].map((path) => path.slice(path.lastIndexOf('/') + 1))) });
    const missing = (['records', 'functions', 'events', 'commands', 'classes', 'headers'] as const)
      .flatMap((part) => [...GSP_CLIENT[part].keys()].map((name) => [name, known.map(named).filter((facts) => !facts[part].has(name)).map(({ version }) => version)] as const));
    expect(missing.filter(([, versions]) => versions.length === 3)).toEqual([]);
    expect(Object.fromEntries(missing.filter(([, versions]) => versions.length > 0))).toEqual(ABSENT);
  });

  test('is a small part, and holds what it is made of', () => {
    const { records } = gspClient(r570);
    expect(records.size).toBeLessThan(r570.records.size / 10);
    for (const name of ['rpc_gsp_rm_alloc_v03_00', 'GspStaticConfigInfo', 'NV2080_CTRL_FIFO_GET_DEVICE_INFO_TABLE_PARAMS', 'MESSAGE_QUEUE_INIT_ARGUMENTS', 'NV_CHANNEL_ALLOC_PARAMS']) expect(records).toContain(name);
    expect(records).not.toContain('rpc_generic_union');
  });

  test('restricts a difference', () => {
    const diff = diffFacts(r570, r580, { only: gspClient });
    expect(diff.records.changed.map(({ name }) => name)).toContain('rpc_gsp_rm_control_v03_00');
    expect(diff.records.changed.length).toBeLessThan(30);
    expect(diff.tables.uvm).toEqual({ added: [], removed: [], changed: [] });
    expect(diff.tables.status.added.length).toBe(7);
    // Every message there is, which is no part of the header in front of one.
    expect(diff.records.changed.map(({ name }) => name)).not.toContain('rpc_message_header_v03_00');
    expect(diff.reused.map(({ number }) => number)).toEqual([0x20800a46]);
  });

  test('includes engines, log buffers and the constants of its headers', () => {
    const diff = diffFacts(r535, r570, { only: gspClient });
    const changes = (all: TableDiff): Record<string, readonly string[]> => Object.fromEntries(all.changed.map(({ name, properties }) => [name, [properties[0]!.from, properties[0]!.to]]));
    expect(changes(diff.tables.enumerators)).toMatchObject({ RM_ENGINE_TYPE_SEC2: ['0x30', '0x31'], RM_ENGINE_TYPE_NVJPEG0: ['0x35', '0x36'] });
    const interrupts = changes(diff.constants.find(({ path }) => path.endsWith('/engine_idx.h'))!);
    expect(Object.keys(interrupts).length).toBe(71);
    expect(interrupts).toMatchObject({ MC_ENGINE_IDX_GSP: ['0x31', '0x32'] });
    expect(changes(diffFacts(r570, r580, { only: gspClient }).tables.enumerators)).toMatchObject({ LOGIDX_INTR: ['0x1', '0x2'], LOGIDX_RM: ['0x2', '0x1'] });
    expect(gspClient(r570).typedefs).toContain('rpc_gsp_rm_control_v');
    expect(diffFacts(r570, r580, { only: gspClient }).tables.typedefs.changed.map(({ name }) => name)).toEqual(['NV2080_CTRL_CMD_FB_GET_FB_REGION_SURFACE_MEM_TYPE_FLAG']);
  });
});

/** What versions lack of it, each by the versions that lack it. */
const LACKING: readonly (readonly [versions: readonly string[], names: string])[] = [
  [['535.113.01'], 'NV_VGPU_MSG_EVENT_GSP_POST_NOCAT_RECORD'],
  [['570.144', '580.105.08'], 'NV_VGPU_MSG_EVENT_GSP_SEND_USER_SHARED_DATA NV2080_CTRL_CMD_INTERNAL_GET_CONSTRUCTED_FALCON_INFO NV2080_CTRL_CMD_INTERNAL_FBSR_SEND_REGION_INFO'],
  [['535.113.01'], 'NV2080_CTRL_CMD_GPU_GET_CONSTRUCTED_FALCON_INFO NV2080_CTRL_CMD_INTERNAL_FIFO_TOGGLE_ACTIVE_CHANNEL_SCHEDULING'],
  [['535.113.01'], 'NV2080_CTRL_CMD_INTERNAL_GCX_ENTRY_PREREQUISITE BLACKWELL_CHANNEL_GPFIFO_A BLACKWELL_DMA_COPY_B BLACKWELL_COMPUTE_B BLACKWELL_CHANNEL_GPFIFO_B'],
  [['535.113.01'], 'BLACKWELL_DMA_COPY_A BLACKWELL_A BLACKWELL_B BLACKWELL_COMPUTE_A BLACKWELL_INLINE_TO_MEMORY_A NVCA70_DISPLAY NVCA7D_CORE_CHANNEL_DMA'],
  [['535.113.01'], 'NVCA7E_WINDOW_CHANNEL_DMA NVCA7B_WINDOW_IMM_CHANNEL_DMA NVCA7A_CURSOR_IMM_CHANNEL_PIO NVCDB0_VIDEO_DECODER NVCFB0_VIDEO_DECODER NVCFB7_VIDEO_ENCODER'],
  [['535.113.01'], 'engine_info.h NVCDD1_VIDEO_NVJPG NVCDFA_VIDEO_OFA NVCFD1_VIDEO_NVJPG NVCFFA_VIDEO_OFA'],
  [['535.113.01', '580.105.08'], 'NV2080_CTRL_CMD_INTERNAL_KGR_INIT_BUG4208224_WAR'],
];
const ABSENT: Readonly<Record<string, readonly string[]>> = Object.fromEntries(LACKING.flatMap(([versions, names]) => names.split(' ').map((name) => [name, versions])));
