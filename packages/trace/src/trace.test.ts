import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createTrace, noTrace } from './create.ts';
import { faultPlan, type FaultRule } from './faults.ts';
import { formatBytes, formatNanoseconds, formatText } from './format.ts';
import { jsonLines } from './json-lines.ts';
import { joinPoints, timeline } from './timeline.ts';
import type { TraceEvent } from './trace.ts';

describe('trace', () => {
  it('numbers events, stamps them and gives them to all sinks in order', () => {
    let now = 100;
    const [one, two]: [TraceEvent[], TraceEvent[]] = [[], []];
    const trace = createTrace({ now: () => now, sinks: [(event) => one.push(event), (event) => two.push(event)] });
    trace.event('core.boot.start');
    now = 250;
    trace.event('core.boot.done', { version: '570.144' });
    expect(one).toEqual([
      { seq: 0, at: 100, point: 'core.boot.start', args: {} },
      { seq: 1, at: 250, point: 'core.boot.done', args: { version: '570.144' } },
    ]);
    expect(two).toEqual(one);
    expect(trace.on).toBe(true);
  });

  it('is off where nobody listens', () => {
    expect(createTrace({ now: () => 0, sinks: [] }).on).toBe(false);
    expect(noTrace.on).toBe(false);
    expect(noTrace.fault('x')).toBeUndefined();
  });
});

describe('fault plan', () => {
  it('strikes the nth occurrence, or every one, and tells the trace', () => {
    const points: string[] = [];
    const faults = faultPlan([
      { point: 'a', nth: 2, action: 'drop' },
      { point: 'b', nth: 'every', action: 'flip', value: 7 },
      { point: 'c', action: 'once' },
    ]);
    const trace = createTrace({ now: () => 0, sinks: [({ point, args }) => points.push(`${point} ${String(args['point'])} ${String(args['nth'])}`)], faults });
    const answers = ['a', 'a', 'a', 'b', 'b', 'c', 'c', 'd'].map((point) => trace.fault(point)?.action);
    expect(answers).toEqual([undefined, 'drop', undefined, 'flip', 'flip', 'once', undefined, undefined]);
    expect(points).toEqual(['a 2', 'b 1', 'b 2', 'c 1'].map((text) => `trace.fault.struck ${text}`));
  });

  it('is plain data that goes on after a copy', () => {
    const rule = fc.record({ point: fc.constantFrom('a', 'b'), nth: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant('every' as const)), action: fc.string() });
    fc.assert(fc.property(fc.array(rule), fc.array(fc.constantFrom('a', 'b', 'c')), fc.array(fc.constantFrom('a', 'b', 'c')), (rules: FaultRule[], before, after) => {
      const plan = faultPlan(rules);
      const ask = (faults: typeof plan, points: string[]): unknown[] => {
        const trace = createTrace({ now: () => 0, sinks: [], faults });
        return points.map((point) => trace.fault(point));
      };
      ask(plan, before);
      const copy = structuredClone(plan);
      expect(ask(copy, after)).toEqual(ask(plan, after));
    }));
  });

  it.each([[{ point: '', action: 'x' }], [{ point: 'a', nth: 0, action: 'x' }], [{ point: 'a', nth: 1.5, action: 'x' }]])('refuses %o', (rule) => {
    expect(() => faultPlan([rule])).toThrow(expect.objectContaining({ code: 'BAD_FAULT_RULE' }));
  });
});

describe('encodings', () => {
  it('writes JSON lines, 64-bit integers as text', () => {
    const lines: string[] = [];
    createTrace({ now: () => 5, sinks: [jsonLines((line) => lines.push(line))] }).event('a.b.c', { size: 2n ** 64n - 1n, ok: true });
    expect(lines).toEqual(['{"seq":0,"at":5,"point":"a.b.c","args":{"size":"18446744073709551615n","ok":true}}\n']);
  });

  it('writes a timeline of steps and warnings, interpreting the table', () => {
    const lines: string[] = [];
    const table = {
      'nova-core.wpr2.set': { level: 'step', text: 'WPR2 {start:hex}..{end:hex}, {size:bytes} after {t:ns}' },
      'nova-core.register.read': { level: 'detail', text: 'read' },
      'pci.dma.error': { level: 'warning', text: 'bus error at {address:hex}, {missing}' },
    } as const;
    const trace = createTrace({ now: () => 1_234_567, sinks: [timeline([table], (line) => lines.push(line))] });
    trace.event('nova-core.wpr2.set', { start: 0xbf3d00000, end: 2n ** 36n, size: 100 << 20, t: 12_500 });
    trace.event('nova-core.register.read');
    trace.event('pci.dma.error', { address: 4096 });
    trace.event('unknown.point.here');
    expect(lines).toEqual([
      '    1.235 ms  nova-core     WPR2 0xbf3d00000..0x1000000000, 100 MiB after 12.5 µs',
      '    1.235 ms  pci           ! bus error at 0x1000, ?',
    ]);
  });

  it('refuses tables that clash or name unknown formats', () => {
    const spec = { level: 'step', text: '{x:hxe}' } as const;
    expect(() => joinPoints([{ 'a.b.c': spec }])).toThrow('one of hex, bytes, ns');
    expect(() => joinPoints([{ 'a.b.c': { ...spec, text: '' } }, { 'a.b.c': { ...spec, text: '' } }])).toThrow(expect.objectContaining({ code: 'BAD_POINT_TABLE' }));
  });

  it('formats sizes and durations', () => {
    expect([0, 1023, 1024, 1536, 48 * 2 ** 30, 2n ** 40n].map(formatBytes)).toEqual(['0 bytes', '1023 bytes', '1 KiB', '1.5 KiB', '48 GiB', '1 TiB']);
    expect([0, 999, 1000, 1_250_000, 4e9].map(formatNanoseconds)).toEqual(['0 ns', '999 ns', '1 µs', '1.25 ms', '4 s']);
    expect(formatText('{a:hex} {b:hex} {c}', { a: -1, b: 'text', c: true })).toBe('-0x1 text true');
  });
});
