// Every kind of thing that an import reads, and all that has misled readers of the real headers, in the tree of
// `tree-fixture.ts`; what is expected is written out by hand.
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { ImportedField, ImportedRecord } from '../facts/imported.ts';
import { Clang } from './clang.ts';
import { importTree, type Imported } from './index.ts';
import { TREE_VERSION, writeTree } from './tree-fixture.ts';

function hasClang(): boolean {
  try {
    return new Clang().program !== '';
  } catch (error) {
    console.warn(`importing headers is SKIPPED: ${(error as Error).message}`);
    return false;
  }
}

const folder = mkdtempSync(join(tmpdir(), 'nvrm-headers-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

let trees = 0;
/** Imports the tree with some files changed. */
function importChanged(changes: Readonly<Record<string, string>> = {}): Promise<Imported> {
  const src = join(folder, `tree ${trees++}`);
  writeTree(src, changes);
  return importTree({ src, version: TREE_VERSION });
}

/** A field of one scalar. */
const scalar = (name: string, offset: number, size: number, type: string, kind: string): ImportedField => ({ name, offset, size, type, kind });

describe.skipIf(!hasClang())('what an import reads', () => {
  let facts: Imported;
  beforeAll(async () => { facts = await importChanged(); });

  const fileOf = (path: string): number => facts.files.indexOf(path);
  const inShapes = (record: Omit<ImportedRecord, 'file'>): ImportedRecord => ({ ...record, file: fileOf('src/common/sdk/nvidia/inc/shapes.h') });
  const macrosOf = (path: string): unknown => facts.macros[fileOf(path)];

  test('which version and target, and how many of everything', () => {
    expect(facts.schema).toBe(1);
    expect(facts.version).toBe(TREE_VERSION);
    expect(facts.target).toBe('x86_64-linux-gnu, LP64, little endian, RM build (NVRM defined)');
    expect(facts.counts).toEqual({
      files: 20, records: 38, structs: 35, unions: 3, anonymousRecords: 7, fields: 74, bitfields: 2, typedefs: 20, enums: 6, enumConstants: 15,
      commands: 8, commandsWithParams: 5, commandsExported: 6, classes: 5, classesWithParams: 3, rpcFunctions: 3, rpcEvents: 2, escapes: 6, uvmIoctls: 1,
      statusCodes: 3, macros: 49, ranges: 4, typeMacros: 2,
    });
  });

  test('ABI headers by path, then the headers of what else was needed', () => {
    expect(facts.files).toHaveLength(22);
    expect(facts.files.slice(0, 20)).toEqual([...facts.files.slice(0, 20)].sort());
    expect(facts.files.slice(20)).toEqual(['src/nvidia/inc/kernel/gpu/gsp/kernel_gsp.h', 'src/nvidia/inc/os/os.h']);
  });

  test('dimensions: the size of a text, enumerators, expressions of macros', () => {
    expect(facts.records['DIMENSIONS']).toEqual(inShapes({
      kind: 'struct', size: 68, align: 4,
      fields: [
        { ...scalar('literal', 0, 6, 'NvU8', 'u8'), dims: [6] },
        { ...scalar('enumerator', 6, 8, 'NvU16', 'u16'), dims: [4] },
        { ...scalar('expression', 16, 40, 'NvU32', 'u32'), dims: [5, 2] },
        { ...scalar('text', 56, 3, 'char', 'char'), dims: [3] },
        { ...scalar('colours', 60, 8, 'COLOUR', 's32'), enum: 'COLOUR', dims: [2] },
      ],
    }));
  });

  test('alignment by both of the macros for it', () => {
    expect(facts.records['ALIGNED']).toEqual(inShapes({
      kind: 'struct', size: 24, align: 8, fields: [scalar('first', 0, 4, 'NvU32', 'u32'), scalar('second', 8, 4, 'NvU32', 'u32'), scalar('third', 16, 2, 'NvU16', 'u16')],
    }));
  });

  test('a packed record, and bitfields with a gap that has no name', () => {
    expect(facts.records['PACKED']).toEqual(inShapes({
      kind: 'struct', packed: true, size: 5, align: 1, fields: [scalar('kind', 0, 1, 'NvU8', 'u8'), scalar('length', 1, 4, 'NvU32', 'u32')],
    }));
    expect(facts.records['bits']).toEqual(inShapes({
      kind: 'struct', tagOnly: true, size: 4, align: 4,
      fields: [{ name: 'low', bit: 0, width: 2, size: 4, type: 'NvU32', kind: 'u32' }, { name: 'high', bit: 8, width: 24, size: 4, type: 'NvU32', kind: 'u32' }],
    }));
  });

  test('arrays without a length, of unions, and of length zero', () => {
    expect(facts.records['FLEXIBLE']).toEqual(inShapes({
      kind: 'struct', size: 4, align: 4,
      fields: [scalar('count', 0, 4, 'NvU32', 'u32'), { ...scalar('entries', 4, 0, 'union (anonymous)', 'union'), ref: 'FLEXIBLE.entries', dims: [null] }],
    }));
    expect(facts.records['FLEXIBLE.entries']).toEqual(inShapes({
      kind: 'union', anonymous: true, size: 4, align: 4,
      fields: [scalar('word', 0, 4, 'NvU32', 'u32'), { ...scalar('halves', 0, 2, 'struct (anonymous)', 'struct'), ref: 'FLEXIBLE.entries.halves' }],
    }));
    expect(facts.records['ZERO']?.fields[1]).toEqual({ ...scalar('rest', 8, 0, 'NvU16', 'u16'), dims: [0] });
  });

  test('records within records, with and without a name; what is only pointed at is not taken', () => {
    expect(Object.keys(facts.records).filter((name) => name.startsWith('NESTED'))).toEqual(['NESTED', 'NESTED.$0', 'NESTED.$0.$0', 'NESTED.$1', 'NESTED.named', 'NESTED.named.$0']);
    expect(facts.records['NESTED']).toEqual(inShapes({
      kind: 'struct', size: 32, align: 8,
      fields: [
        { ...scalar('named', 0, 8, 'struct (anonymous)', 'struct'), ref: 'NESTED.named' },
        { ...scalar('', 8, 8, 'union NESTED::(anonymous)', 'union'), ref: 'NESTED.$0' },
        { ...scalar('', 16, 1, 'struct NESTED::(anonymous)', 'struct'), ref: 'NESTED.$1' },
        { ...scalar('elsewhere', 24, 8, 'struct (anonymous) *', 'ptr'), to: 'struct (anonymous)' },
      ],
    }));
    expect(facts.records['NESTED.$0.$0']).toEqual(inShapes({
      kind: 'struct', anonymous: true, size: 8, align: 8, fields: [scalar('below', 0, 4, 'NvU32', 'u32'), scalar('above', 4, 4, 'NvU32', 'u32')],
    }));
  });

  test('pointers, functions, types of the compiler', () => {
    expect(facts.records['POINTERS']?.fields).toEqual([
      { ...scalar('address', 0, 8, 'NvP64', 'ptr'), to: 'void' },
      { ...scalar('bytes', 8, 8, 'const NvU8 *', 'ptr'), to: 'const NvU8' },
      { ...scalar('bits', 16, 8, 'const volatile struct bits *const', 'ptr'), to: 'const volatile struct bits' },
      { ...scalar('unknown', 24, 8, 'KEPT_ELSEWHERE *', 'ptr'), to: 'KEPT_ELSEWHERE' },
      scalar('notify', 32, 8, 'void (*)(NvHandle, void *)', 'fnptr'),
      { ...scalar('matrix', 40, 24, 'MATRIX_ROW', 'u32'), dims: [3, 2] },
      scalar('wide', 64, 8, 'uint64_t', 'u64'),
      scalar('truth', 72, 1, '_Bool', 'bool'),
      scalar('ratio', 76, 4, 'float', 'f32'),
    ]);
  });

  test('names: typedefs before tags, further ones, a tag that is another type as a typedef', () => {
    expect(facts.records['DeviceMap']).toMatchObject({ tag: '_device_map', aliases: ['DeviceWindow'] });
    expect(facts.records['struct Untaken']).toMatchObject({ tagOnly: true, size: 1 });
    expect(facts.typedefs).toEqual({
      ALIGNED_AGAIN: { type: 'ALIGNED', kind: 'struct', ref: 'ALIGNED', size: 24 },
      BY_ITSELF: { type: 'NvU32 (NvHandle)', kind: 'function', size: 1 },
      DeviceWindow: { type: 'volatile struct _device_map', kind: 'struct', ref: 'DeviceMap', size: 32 },
      KEPT_ELSEWHERE: { type: 'struct kept_elsewhere', kind: 'opaque', ref: 'struct kept_elsewhere', size: 0 },
      MATRIX_ROW: { type: 'NvU32', kind: 'u32', dims: [2], size: 8 },
      NV2080_CTRL_GPU_GET_STATE_PARAMS: { type: 'NV2080_CTRL_GPU_STATE_PARAMS', kind: 'struct', ref: 'NV2080_CTRL_GPU_STATE_PARAMS', size: 4 },
      NV_STATUS: { type: 'NvU32', kind: 'u32', size: 4 },
      NvBool: { type: 'NvU8', kind: 'u8', size: 1 },
      NvHandle: { type: 'NvU32', kind: 'u32', size: 4 },
      NvP64: { type: 'void *', kind: 'ptr', to: 'void', size: 8 },
      NvS32: { type: 'int', kind: 's32', size: 4 },
      NvU16: { type: 'unsigned short', kind: 'u16', size: 2 },
      NvU32: { type: 'unsigned int', kind: 'u32', size: 4 },
      NvU64: { type: 'unsigned long long', kind: 'u64', size: 8 },
      NvU8: { type: 'unsigned char', kind: 'u8', size: 1 },
      UntaggedPointer: { type: 'struct Untagged *', kind: 'ptr', to: 'struct Untagged', size: 8 },
      Untaken: { type: 'NvU32', kind: 'u32', size: 4 },
      rpc_alloc_memory_v: { type: 'rpc_alloc_memory_v13_01', kind: 'struct', ref: 'rpc_alloc_memory_v13_01', size: 16 },
      rpc_post_event_v: { type: 'rpc_post_event_v17_00', kind: 'struct', ref: 'rpc_post_event_v17_00', size: 4 },
      uint64_t: { type: 'unsigned long', kind: 'u64', size: 8 },
    });
  });

  test('enumerations in the order of their headers, and status codes', () => {
    expect(facts.enums.map(({ name, kind, file, values }) => [name, kind, facts.files[file], values])).toEqual([
      [null, 'u32', 'src/common/sdk/nvidia/inc/nvstatus.h', [['NV_OK', 0], ['NV_ERR_GENERIC', 0xffff], ['NV_ERR_BUSY_RETRY', 3]]],
      [null, 'u32', 'src/common/sdk/nvidia/inc/shapes.h', [['ENTRY_COUNT', 4]]],
      ['COLOUR', 's32', 'src/common/sdk/nvidia/inc/shapes.h', [['COLOUR_RED', 0], ['COLOUR_BLUE', 5], ['COLOUR_ANY', -1]]],
      [null, 'u32', 'src/nvidia/inc/kernel/gpu/gsp/kernel_gsp.h', [['LOGIDX_INIT', 0], ['LOGIDX_RM', 1], ['LOGIDX_SIZE', 2]]],
      [null, 'u32', 'src/nvidia/inc/kernel/vgpu/rpc_global_enums.h', [['NV_VGPU_MSG_FUNCTION_NOP', 0], ['NV_VGPU_MSG_FUNCTION_ALLOC_MEMORY', 4], ['NV_VGPU_MSG_FUNCTION_SET_REGISTRY', 73]]],
      [null, 'u32', 'src/nvidia/inc/kernel/vgpu/rpc_global_enums.h', [['NV_VGPU_MSG_EVENT_FIRST_EVENT', 0x1000], ['NV_VGPU_MSG_EVENT_POST_EVENT', 0x1001]]],
    ]);
    expect(facts.enums[2]).toMatchObject({ tag: '_COLOUR', size: 4 });
    expect(facts.status).toEqual([{ name: 'NV_OK', value: 0 }, { name: 'NV_ERR_GENERIC', value: 0xffff }, { name: 'NV_ERR_BUSY_RETRY', value: 3 }]);
  });

  test('macros as C evaluates them, under their last definition; nothing that only looks like one', () => {
    expect(macrosOf('src/common/sdk/nvidia/inc/constants.h')).toEqual({
      ALL_ONES: 4294967295, BEYOND: '9007199254740993', CAST: 255, CHECKED: 1, EXACT: 9007199254740991, INVERTED: -16, LETTER: 78, LOWEST: '-9223372036854775808',
      MINUS_ONE: -1, OTHER_NAME: 4, REDEFINED: 2, SIZE: 71, SMALL: 16, TOP_BIT: '9223372036854775808',
    });
    expect(macrosOf('src/common/sdk/nvidia/inc/later.h')).toEqual({ MOVED: 30 });
    expect(facts.ranges).toEqual({ [fileOf('src/common/sdk/nvidia/inc/constants.h')]: { COMPUTED_RANGE: '19:16', RANGE: '31:16', SINGLE_BIT: '7:7', WORDS: '95:64' } });
    expect(facts.typeMacros).toEqual({ OLDER_COLOUR: 'COLOUR', OLD_COLOUR: 'COLOUR' });
  });

  test('commands: names that share a number, structures of other names, sources that disagree', () => {
    const info = { params: 'NV2080_CTRL_GPU_GET_INFO_PARAMS', exported: true, flags: 0x10118, right: 2 };
    expect(facts.commands).toEqual([
      { name: 'NV2080_CTRL_CMD_NULL', id: 0x20800000 },
      { name: 'NV2080_CTRL_CMD_GPU_GET_INFO', id: 0x20800101, ...info, via: ['table', 'finn', 'name'], messageId: 1 },
      { name: 'NV2080_CTRL_CMD_GPU_INFO', id: 0x20800101, ...info, via: ['table'] },
      { name: 'NV2080_CTRL_CMD_GPU_SET_STATE', id: 0x20800102, params: 'NV2080_CTRL_GPU_STATE_PARAMS', via: ['table'], exported: true, flags: 8 },
      {
        name: 'NV2080_CTRL_CMD_GPU_GET_STATE', id: 0x20800103, params: 'NV2080_CTRL_GPU_GET_STATE_PARAMS', record: 'NV2080_CTRL_GPU_STATE_PARAMS',
        via: ['table', 'finn', 'name'], messageId: 3, exported: true, flags: 9,
      },
      {
        name: 'NV2080_CTRL_CMD_GPU_SET_MODE', id: 0x20800104, params: 'NV2080_CTRL_GPU_SET_MODE_PARAMS', via: ['table', 'name'],
        other: { finn: 'NV2080_CTRL_GPU_MODE_PARAMS' }, messageId: 4, exported: true, flags: 0,
      },
      { name: 'NV2080_CTRL_CMD_GPU_RESET', id: 0x20800105, exported: true, flags: 0x48 },
      { name: 'NV2080_CTRL_GPU_HALT', id: 0x20800106 },
    ]);
  });

  test('classes: what an allocation takes, and under what', () => {
    expect(facts.classes.map(({ file, ...rest }) => ({ ...rest, in: facts.files[file!]?.split('/').at(-1) }))).toEqual([
      { name: 'NV01_NULL_OBJECT', id: 0, in: 'cl0000.h', via: ['header'] },
      { name: 'NV01_ROOT', id: 0, in: 'cl0000.h', via: ['all', 'resource', 'header'], params: 'NvHandle', required: false, internal: 'RmClientResource', parents: ['-'] },
      {
        name: 'NV20_SUBDEVICE_0', id: 0x2080, in: 'cl2080.h', via: ['all', 'resource', 'header'], params: 'NV2080_ALLOC_PARAMETERS', required: true,
        internal: 'Subdevice', parents: ['Device', 'RmClientResource'],
      },
      { name: 'NVC370_DISPLAY', id: 0xc370, in: 'clc370.h', via: ['header'], params: 'NVC370_ALLOCATION_PARAMETERS', paramsVia: 'messageId' },
      { name: 'TURING_COMPUTE_A', id: 0xc5c0, in: 'clc5c0.h', via: ['resource', 'header'], internal: 'KernelGraphicsObject', parents: ['*'] },
    ]);
  });

  test('messages with the structures of their bodies, which stand behind a define', () => {
    expect(facts.rpc).toEqual({
      functions: [
        { name: 'NV_VGPU_MSG_FUNCTION_NOP', value: 0 },
        { name: 'NV_VGPU_MSG_FUNCTION_ALLOC_MEMORY', value: 4, structs: ['rpc_alloc_memory_v03_00', 'rpc_alloc_memory_v13_01'], current: 'rpc_alloc_memory_v13_01' },
        { name: 'NV_VGPU_MSG_FUNCTION_SET_REGISTRY', value: 73, payload: 'PACKED_REGISTRY_TABLE' },
      ],
      events: [
        { name: 'NV_VGPU_MSG_EVENT_FIRST_EVENT', value: 0x1000 },
        { name: 'NV_VGPU_MSG_EVENT_POST_EVENT', value: 0x1001, structs: ['rpc_post_event_v17_00'], current: 'rpc_post_event_v17_00' },
      ],
    });
  });

  test('escapes by the code that handles them, and UVM ioctls', () => {
    expect(facts.escapes).toEqual([
      { name: 'NV_ESC_RM_FREE', nr: 0x29, params: 'FREE_PARAMETERS' },
      { name: 'NV_ESC_RM_CONTROL', nr: 0x2a, params: 'CONTROL_PARAMETERS' },
      { name: 'NV_ESC_RM_ALLOC', nr: 0x2b, params: 'ALLOC_PARAMETERS' },
      { name: 'NV_ESC_RM_CONFIG_GET', nr: 0x32 },
      { name: 'NV_ESC_CARD_INFO', nr: 200, params: 'nv_ioctl_card_info_t' },
      { name: 'NV_ESC_IOCTL_XFER_CMD', nr: 211, params: 'nv_ioctl_xfer_t' },
    ]);
    expect(facts.uvm).toEqual([{ name: 'UVM_FREE', nr: 34, params: 'UVM_FREE_PARAMS' }]);
  });

  test('of internal headers what is picked and what ABI records are made of, no more', () => {
    const os = fileOf('src/nvidia/inc/os/os.h');
    expect(Object.entries(facts.records).filter(([, { file }]) => file === os).map(([name]) => name)).toEqual(['BUSINFO', 'PACKED_REGISTRY_ENTRY', 'PACKED_REGISTRY_TABLE']);
    expect(macrosOf('src/nvidia/inc/os/os.h')).toEqual({ REGISTRY_TABLE_ENTRY_TYPE_DWORD: 1 });
  });

  test('the same, wherever temporary files lie; and leaves none there', async () => {
    const before = process.env['TMPDIR'];
    const temporary = join(folder, 'temporary');
    mkdirSync(temporary);
    process.env['TMPDIR'] = temporary;
    try {
      expect(await importChanged()).toEqual(facts);
      expect(readdirSync(temporary)).toEqual([]);
    } finally {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
    }
  });

  test('says what it does before what takes long', async () => {
    const lines: string[] = [];
    await importTree({ src: join(folder, 'tree 0'), version: TREE_VERSION, progress: (line) => lines.push(line) });
    expect(lines).toEqual(['reading records, types and enumerations of 20 headers', expect.stringMatching(/^evaluating \d+ macros, 5 to 15 seconds$/)]);
  });

  const ODD = 'src/common/sdk/nvidia/inc/odd.h';

  test('numbers of any size, written in any base, keep their value', async () => {
    const number = fc.record({ value: fc.bigInt(-(2n ** 63n), 2n ** 64n - 1n), hex: fc.boolean() });
    await fc.assert(fc.asyncProperty(fc.array(number, { minLength: 20, maxLength: 60 }), async (numbers) => {
      const literal = ({ value, hex }: { value: bigint; hex: boolean }): string => {
        if (value < 0n) return `(-${-value - 1n}LL - 1)`;
        return `${hex ? `0x${value.toString(16)}` : value}${value >= 2n ** 63n ? 'ULL' : ''}`;
      };
      const { macros, files } = await importChanged({ [ODD]: numbers.map((each, i) => `#define NUMBER_${i} ${literal(each)}\n`).join('') });
      const read = macros[files.indexOf(ODD)]!;
      expect(numbers.map((_, i) => BigInt(read[`NUMBER_${i}`]!))).toEqual(numbers.map(({ value }) => value));
    }), { numRuns: 3 });
  }, 60_000);

  test('macros of any tokens neither stop it nor change what stands beside them', async () => {
    const token = fc.constantFrom('(', ')', '{', '}', '[', ']', ';', ',', ':', '?', '"', "'", '#', '=', '.', '->', '0', '1', 'enum', 'struct', 'sizeof', 'do', 'return', 'NvU32', 'MW', 'COLOUR_RED', '"a"', '-', '~', '\\q', '__COUNTER__', 'asm');
    const body = fc.array(token, { maxLength: 7 }).map((tokens) => tokens.join(' '));
    await fc.assert(fc.asyncProperty(fc.array(body, { minLength: 30, maxLength: 60 }), async (bodies) => {
      const { macros, files } = await importChanged({ [ODD]: bodies.map((each, i) => `#define ANY_${i} ${each}\n#define KNOWN_${i} ${i}\n`).join('') });
      const read = macros[files.indexOf(ODD)]!;
      expect(bodies.map((_, i) => read[`KNOWN_${i}`])).toEqual(bodies.map((_, i) => i));
    }), { numRuns: 5 });
  }, 60_000);
});
