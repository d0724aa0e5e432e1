import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MessageEntry } from '../trace/entry.ts';
import { control } from '../trace/testing/link.ts';
import { align } from './align.ts';
import { callsOf } from './calls.ts';
import { decodeTrace, openDecoder, type DecodedEntry, type DecodedMessage } from './decoder.ts';
import { diffTraces, formatDiff, isAddress } from './diff.ts';
import { filterTrace, handlesOf, isHandle, type Filter } from './filter.ts';
import { compareFields } from './replay-compare.ts';

const PENDING = 0xffffffff;
const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);

function message(time: number, direction: 'command' | 'status', fn: number, payload: Uint8Array, more: Partial<MessageEntry> = {}): MessageEntry {
  return { kind: 'message', time, direction, release: '570.144', function: fn, result: direction === 'command' ? PENDING : 0, sequence: 0, payload, ...more };
}

const FERMI_GPC = 0x20800137;
const FERMI_TPC = 0x20800138;
const two = (a: number, b: number): Uint8Array => Uint8Array.of(...u32(a), ...u32(b));
const withStatus = (payload: Uint8Array, status: number): Uint8Array => {
  const copy = payload.slice();
  copy.set(u32(status), 0xc);
  return copy;
};

/** Two controls, one of which fails, an error in the log, an unload. */
const TRACE: readonly MessageEntry[] = [
  message(10, 'command', 76, control(FERMI_GPC, u32(0)), { sequence: 1 }),
  message(20, 'status', 76, control(FERMI_GPC, u32(0x7f)), { sequence: 1 }),
  message(30, 'command', 76, control(FERMI_TPC, two(3, 0), { client: 0xc1d00001 }), { sequence: 2 }),
  message(35, 'status', 0x1006, new Uint8Array(0x110)),
  message(40, 'status', 76, withStatus(control(FERMI_TPC, two(3, 0x3f), { client: 0xc1d00001 }), 0x1f), { sequence: 2 }),
  message(50, 'command', 47, new Uint8Array(8), { sequence: 3 }),
  message(60, 'status', 47, new Uint8Array(0), { sequence: 3 }),
];

describe('filtering', () => {
  test.each<[string, Filter, number[]]>([
    ['direction', { direction: 'command' }, [10, 30, 50]],
    ['function by name', { function: 'rm_control' }, [10, 20, 30, 40]],
    ['function by number', { function: 47 }, [50, 60]],
    ['events', { event: true }, [35]],
    ['no events', { event: false }, [10, 20, 30, 40, 50, 60]],
    ['event by name', { event: 'os_error' }, [35]],
    ['command by name', { command: 'GET_FERMI_TPC_INFO' }, [30, 40]],
    ['command by number', { command: FERMI_GPC }, [10, 20]],
    ['command by number as text', { command: '0x20800137' }, [10, 20]],
    ['client', { client: 0xc1d00001 }, [30, 40]],
    ['handle', { handle: 0x5d1d0000 }, [10, 20, 30, 40]],
    ['time', { from: 20, to: 35 }, [20, 30, 35]],
    ['failed', { failed: true }, [40]],
    ['not failed', { failed: false, function: 76 }, [10, 20, 30]],
    ['class', { class: 'NV01' }, []],
    ['all at once', { function: 76, direction: 'status', from: 30 }, [40]],
  ])('%s', async (_, filter, times) => {
    const decoded = await decodeTrace(TRACE);
    expect(filterTrace(decoded, filter).map(({ time }) => time)).toEqual(times);
  });

  test('handles of a message', async () => {
    const [first] = await decodeTrace(TRACE);
    expect(handlesOf(first as DecodedMessage)).toEqual([0xc1d00000, 0x5d1d0000]);
    expect([isHandle('hClient'), isHandle('hClass'), isHandle('handle'), isHandle('hVASpace')]).toEqual([true, false, false, true]);
  });
});

describe('comparing', () => {
  const decode = (entries: readonly MessageEntry[]): Promise<DecodedEntry[]> => decodeTrace(entries);

  test('calls: a request with its reply, events between', async () => {
    expect(callsOf(await decode(TRACE)).map(({ key, request, answer }) => [key, request?.time, answer?.time])).toEqual([
      ['GSP_RM_CONTROL NV2080_CTRL_CMD_GPU_GET_FERMI_GPC_INFO', 10, 20], ['GSP_RM_CONTROL NV2080_CTRL_CMD_GPU_GET_FERMI_TPC_INFO', 30, 40],
      ['event OS_ERROR_LOG', undefined, 35], ['UNLOADING_GUEST_DRIVER', 50, 60],
    ]);
  });

  test('a trace with itself, times and sequence numbers aside', async () => {
    const later = TRACE.map((entry) => ({ ...entry, time: entry.time + 1000, sequence: 0 }));
    expect(diffTraces(await decode(TRACE), await decode(later))).toEqual({ common: 4, differences: [] });
  });

  test('a call more, a call less, a field that differs', async () => {
    const changed = TRACE.filter(({ time }) => time > 20).map((entry) => (entry.time === 40 ? { ...entry, payload: control(FERMI_TPC, two(3, 0x3d), { client: 0xc1d00001 }) } : entry));
    const diff = diffTraces(await decode(TRACE), await decode([...changed, message(70, 'command', 72, new Uint8Array(0x3a0))]));
    expect(diff.common).toBe(3);
    expect(diff.differences.map(({ kind, key, fields }) => [kind, key.split(' ').at(-1), fields])).toEqual([
      ['only in a', 'NV2080_CTRL_CMD_GPU_GET_FERMI_GPC_INFO', []],
      ['differs', 'NV2080_CTRL_CMD_GPU_GET_FERMI_TPC_INFO', [
        { path: 'answer.status', a: 'NV_ERR_INVALID_ARGUMENT (0x1f)', b: 'NV_OK (0)' }, { path: 'answer.params.tpcMask', a: '0x3f', b: '0x3d' },
      ]],
      ['only in b', 'GSP_SET_SYSTEM_INFO', []],
    ]);
    expect(formatDiff(diff)).toContain('    answer.params.tpcMask: 0x3f | 0x3d');
  });

  test('handles and addresses may be left out', async () => {
    const other = (payload: Uint8Array): Uint8Array => {
      const copy = payload.slice();
      copy.set(u32(0xcf000001), 4);
      return copy;
    };
    const moved = TRACE.map((entry) => (entry.function === 76 ? { ...entry, payload: other(entry.payload) } : entry));
    expect(diffTraces(await decode(TRACE), await decode(moved)).differences).toHaveLength(2);
    expect(diffTraces(await decode(TRACE), await decode(moved), { ignore: ['handles'] }).differences).toEqual([]);
    const info = (bar: number): MessageEntry[] => [message(1, 'command', 72, Uint8Array.from({ length: 0x3a0 }, (_, i) => (i === 3 ? bar : 0)))];
    expect(diffTraces(await decode(info(1)), await decode(info(2))).differences[0]!.fields).toEqual([{ path: 'request.gpuPhysAddr', a: '0x1000000', b: '0x2000000' }]);
    expect(diffTraces(await decode(info(1)), await decode(info(2)), { ignore: ['addresses'] }).differences).toEqual([]);
    expect(['physAttr', 'paramsSize', 'pageCount', 'status', 'limitCount'].filter(isAddress)).toEqual([]);
  });

  test('across releases: the same call, whatever its numbers and offsets', async () => {
    const log = (release: string, payload: Uint8Array): MessageEntry => message(5, 'status', 0x1006, payload, { release });
    const old = new Uint8Array(0x110);
    old.set([31, 0, 0, 0, 3, 0, 0, 0, 5, 0, 0, 0, 0x68, 0x69]);
    const late = new Uint8Array(0x110);
    late.set([31, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 5, 0, 0, 0, 0x68, 0x69]);
    expect(diffTraces(await decode([log('570.144', old)]), await decode([log('580.105.08', late)]))).toEqual({ common: 1, differences: [] });
    expect(diffTraces(await decode([log('570.144', old)]), await decode([log('570.144', late)])).differences).toHaveLength(1);
  });

  test('by field for a replay, and byte by byte where nothing is known', async () => {
    const decoder = await openDecoder('570.144');
    await decoder.prepare(TRACE);
    const [first] = TRACE;
    const moved = { ...first!, payload: control(FERMI_GPC, u32(0), { client: 0xcf000001 }) };
    expect(compareFields(decoder)(first!, moved)).toEqual(['request.hClient is 0xcf000001 instead of 0xc1d00000']);
    expect(compareFields(decoder, { ignore: ['handles'] })(first!, moved)).toEqual([]);
    expect(compareFields(decoder, { ignore: ['handles'] })(first!, { ...moved, payload: control(0x20800a1c, u32(0)) })).toHaveLength(1);
    expect(compareFields(decoder)(first!, { ...first!, function: 47 })).toHaveLength(1);
  });
});

describe('aligning', () => {
  /** Length of the longest common subsequence, by the table. */
  function longest(a: readonly string[], b: readonly string[]): number {
    let row = new Array<number>(b.length + 1).fill(0);
    for (const key of a) {
      const next = [0];
      for (let j = 0; j < b.length; j++) next.push(key === b[j] ? row[j]! + 1 : Math.max(row[j + 1]!, next[j]!));
      row = next;
    }
    return row[b.length]!;
  }

  test('pairs as many as can be, each place once, in order', () => {
    const keys = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 30 });
    fc.assert(fc.property(keys, keys, (a, b) => {
      const pairs = align(a, b);
      expect(pairs.map((pair) => pair.a).filter((at) => at !== undefined)).toEqual(a.map((_, i) => i));
      expect(pairs.map((pair) => pair.b).filter((at) => at !== undefined)).toEqual(b.map((_, i) => i));
      const both = pairs.filter((pair) => pair.a !== undefined && pair.b !== undefined);
      expect(both.every((pair) => a[pair.a!] === b[pair.b!])).toBe(true);
      expect(both).toHaveLength(longest(a, b));
    }), { numRuns: 500 });
  });

  test('lists with little in common are paired by occurrence', () => {
    const a = Array.from({ length: 1500 }, (_, i) => (i === 7 ? 'same' : `a${i}`));
    const b = Array.from({ length: 1500 }, (_, i) => (i === 900 ? 'same' : `b${i}`));
    const both = align(a, b).filter((pair) => pair.a !== undefined && pair.b !== undefined);
    expect(both).toEqual([{ a: 7, b: 900 }]);
  });
});
