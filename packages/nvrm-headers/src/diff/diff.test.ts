import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { loadFacts } from '../cli/facts-files.ts';
import type { Facts, FieldFact, RecordFact } from '../facts/index.ts';
import { VERSIONS } from '../index.ts';
import { GSP_CLIENT } from '../lookup/gsp-client.ts';
import { diffFacts, diffMarkdown, diffText, gspClient, isEmpty, type AbiDiff } from './index.ts';

const [r535, r570, r580] = VERSIONS.map(loadFacts) as [Facts, Facts, Facts];

describe('from one release to another', () => {
  // Counted apart from this code, over the compiler's facts.
  test.each([
    ['535.113.01 to 570.144', r535, r570, { added: 944, removed: 139, changed: 200, resized: 168, inPlace: 18, nested: 14, commands: [295, 121, 33], status: [10, 0] }],
    ['570.144 to 580.105.08', r570, r580, { added: 304, removed: 27, changed: 147, resized: 113, inPlace: 18, nested: 16, commands: [61, 32, 2], status: [7, 0] }],
  ] as const)('%s', (_, from, to, expected) => {
    const { records, tables: { commands, status } } = diffFacts(from, to);
    const count = (...dangers: string[]): number => records.changed.filter(({ danger }) => dangers.includes(danger)).length;
    expect({
      added: records.added.length, removed: records.removed.length, changed: records.changed.length,
      resized: count('resized'), inPlace: count('same-size', 'renamed'), nested: count('nested'),
      commands: [commands.added.length, commands.removed.length, commands.changed.filter(({ renumbered }) => renumbered).length],
      status: [status.added.length, status.removed.length],
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

  test('constants are compared when they are asked for', () => {
    expect(diffFacts(r570, r580).constants).toEqual([]);
    const heap = diffFacts(r535, r570, { constants: true }).constants.find(({ path }) => path.endsWith('/gsp_fw_heap.h'))!;
    expect(heap.changed.map(({ name }) => name)).toContain('GSP_FW_HEAP_SIZE_VGPU_DEFAULT');
  });
});

describe('what a GSP client uses', () => {
  test('exists in some version, and what a version lacks is known', () => {
    const known = [r535, r570, r580];
    const missing = (['records', 'functions', 'events', 'commands', 'classes'] as const).flatMap((part) => [...GSP_CLIENT[part].keys()].map((name) => [name, known.filter((facts) => !facts[part].has(name)).map(({ version }) => version)] as const));
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
  [['535.113.01'], 'NVCDD1_VIDEO_NVJPG NVCDFA_VIDEO_OFA NVCFD1_VIDEO_NVJPG NVCFFA_VIDEO_OFA'],
  [['535.113.01', '580.105.08'], 'NV2080_CTRL_CMD_INTERNAL_KGR_INIT_BUG4208224_WAR'],
];
const ABSENT: Readonly<Record<string, readonly string[]>> = Object.fromEntries(LACKING.flatMap(([versions, names]) => names.split(' ').map((name) => [name, versions])));

describe('a difference is exact', () => {
  test('of a version with itself it is empty', () => {
    for (const facts of [r535, r570, r580]) {
      const diff = diffFacts(facts, facts, { constants: true });
      expect(isEmpty(diff)).toBe(true);
      expect(diffText(diff)).toContain('Nothing changed.');
    }
  });

  test('both ways it is the same, mirrored', () => {
    const [there, back] = [diffFacts(r570, r580), diffFacts(r580, r570)];
    expect([...back.records.added].sort()).toEqual([...there.records.removed].sort());
    const names = ({ records }: AbiDiff): string[] => records.changed.map(({ name, danger }) => `${name} ${danger}`).sort();
    expect(names(back)).toEqual(names(there));
    for (const [name, table] of Object.entries(there.tables)) {
      const other = back.tables[name as keyof typeof back.tables];
      expect([[...other.added].sort(), [...other.removed].sort(), other.changed.map((change) => change.name).sort()], name).toEqual([[...table.removed].sort(), [...table.added].sort(), table.changed.map((change) => change.name).sort()]);
    }
  });

  // Records that nothing else is made of, so that a change of one is a change of one.
  const used = new Set([...r570.records.values()].flatMap(({ fields }) => fields.map(({ ref }) => ref)));
  const alone = [...r570.records.values()].filter(({ name, kind, fields, anonymous }) => kind === 'struct' && !anonymous && !used.has(name) && fields.length > 2 && fields.every(({ name: field, bits }) => field !== '' && !bits));
  const withRecord = (record: RecordFact): Facts => ({ ...r570, records: new Map(r570.records).set(record.name, record) });
  const mutate = (record: RecordFact, change: (fields: FieldFact[]) => void): RecordFact => {
    const fields = [...record.fields];
    change(fields);
    return { ...record, fields };
  };

  test('a field that moved, was renamed, added or removed is told, and nothing else', () => {
    fc.assert(fc.property(fc.constantFrom(...alone), fc.nat(), fc.constantFrom('moved', 'renamed', 'added', 'removed'), (record, pick, what) => {
      const index = pick % record.fields.length;
      const field = record.fields[index]!;
      const changed = mutate(record, (fields) => {
        if (what === 'moved') fields[index] = { ...field, offset: field.offset + 1024 };
        else if (what === 'renamed') fields[index] = { ...field, name: `${field.name}_new` };
        else if (what === 'removed') fields.splice(index, 1);
        else fields.push({ ...field, name: `${field.name}_new`, offset: 9999 });
      });
      const diff = diffFacts(r570, withRecord(changed));
      expect([diff.records.added, diff.records.removed, Object.values(diff.tables).every(({ added, removed, changed: entries }) => added.length + removed.length + entries.length === 0)]).toEqual([[], [], true]);
      expect(diff.records.changed.map(({ name, danger, fields }) => [name, danger, fields.map(({ kind }) => kind)])).toEqual([[record.name, what === 'renamed' ? 'renamed' : 'same-size', [what]]]);
    }), { numRuns: 40 });
  });

  test('a record inside that changed is the reason of those around it', () => {
    const inner = r570.records.get('GSP_SR_INIT_ARGUMENTS')!;
    const diff = diffFacts(r570, withRecord(mutate(inner, (fields) => { fields[0] = { ...fields[0]!, kind: 's32' }; })));
    expect(diff.records.changed.map(({ name, danger, because }) => [name, danger, because])).toEqual([['GSP_SR_INIT_ARGUMENTS', 'same-size', []], ['GSP_ARGUMENTS_CACHED', 'nested', ['GSP_SR_INIT_ARGUMENTS']]]);
  });

  test('a command with another number is told as such', () => {
    fc.assert(fc.property(fc.constantFrom(...r570.commands.values()), (command) => {
      const commands = new Map(r570.commands).set(command.name, { ...command, id: command.id + 1 });
      const { tables, records } = diffFacts(r570, { ...r570, commands });
      expect(records.changed).toEqual([]);
      expect(tables.commands.changed).toEqual([{ name: command.name, renumbered: true, properties: [{ property: 'number', from: `0x${command.id.toString(16)}`, to: `0x${(command.id + 1).toString(16)}` }] }]);
    }), { numRuns: 20 });
  });
});
