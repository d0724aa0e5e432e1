import { createRandom } from '@nova-stack/timebase';
import { createTrace, faultPlan, type FaultRule } from '@nova-stack/trace';
import { describe, expect, test } from 'vitest';
import { CRASHED } from './core.ts';
import { randomFaults } from './random-faults.ts';
import { driver, type Driver } from './testing/driver.ts';

/** A booted driver whose firmware is then under a plan. */
async function under(rules: readonly FaultRule[]): Promise<Driver> {
  const self = driver();
  await self.boot();
  const trace = createTrace({ now: () => self.hardware.time, sinks: [], faults: faultPlan(rules) });
  self.hardware.fault = (point) => trace.fault(point);
  return self;
}

const ask = (self: Driver): Promise<{ readonly result: number; readonly payload: Uint8Array }> => self.end.call(65, new Uint8Array(self.rm.GspStaticConfigInfo.size));

describe('replies', () => {
  test('dropped: the call runs into its bound', async () => {
    const self = await under([{ point: 'gsp-rm.reply', action: 'drop' }]);
    await expect(ask(self)).rejects.toMatchObject({ code: 'TIMEOUT' });
  });
  test('delayed: it comes, later', async () => {
    const self = await under([{ point: 'gsp-rm.reply', action: 'delay', value: 50_000_000 }]);
    const before = self.hardware.time;
    expect((await ask(self)).result).toBe(0);
    expect(self.hardware.time - before).toBeGreaterThanOrEqual(50_000_000);
  });
  test('with a status, with a wrong checksum, with a wrong length', async () => {
    expect((await ask(await under([{ point: 'gsp-rm.reply', action: 'status', value: 0x65 }]))).result).toBe(0x65);
    await expect(ask(await under([{ point: 'gsp-rm.reply', action: 'checksum' }]))).rejects.toMatchObject({ code: 'CHECKSUM' });
    await expect(ask(await under([{ point: 'gsp-rm.reply', action: 'length', value: 0x10 }]))).rejects.toMatchObject({ code: 'LENGTH' });
    await expect(ask(await under([{ point: 'gsp-rm.reply', action: 'length', value: 0x7000 }]))).rejects.toMatchObject({ code: 'ELEMENT_COUNT' });
  });
  test('never reordered: the protocol has no place for it', async () => {
    expect((await ask(await under([{ point: 'gsp-rm.reply', action: 'reorder' }]))).result).toBe(0);
  });
});

describe('events', () => {
  const seen = async (rules: readonly FaultRule[]): Promise<number[]> => {
    const self = await under(rules);
    const order: number[] = [];
    for (const fn of [0x1005, 0x100f]) self.end.on(fn, () => order.push(fn));
    self.raise({ event: 'mmuFault', faults: 1 });
    self.raise({ event: 'perfBridgeless', bridgeless: true });
    await ask(self);
    return order;
  };
  test('as they are, doubled, dropped, behind the next', async () => {
    expect(await seen([])).toEqual([0x1005, 0x100f]);
    expect(await seen([{ point: 'gsp-rm.event', action: 'duplicate' }])).toEqual([0x1005, 0x1005, 0x100f]);
    expect(await seen([{ point: 'gsp-rm.event', action: 'drop', nth: 2 }])).toEqual([0x1005]);
    expect(await seen([{ point: 'gsp-rm.event', action: 'reorder' }])).toEqual([0x100f, 0x1005]);
  });
  test.each(['osError', 'rcTriggered', 'mmuFault', 'nocat', 'lockdown', 'perfBridgeless', 'libosPrint'])('%s by plan, before the reply', async (action) => {
    const numbers: Readonly<Record<string, number>> = { osError: 0x1006, rcTriggered: 0x1004, mmuFault: 0x1005, nocat: 0x1020, lockdown: 0x101c, perfBridgeless: 0x100f, libosPrint: 0x100c };
    const self = await under([{ point: 'gsp-rm.provoke', action }]);
    let told = 0;
    self.end.on(numbers[action]!, () => { told++; });
    expect((await ask(self)).result).toBe(0);
    expect(told).toBe(1);
  });
});

describe('the firmware itself', () => {
  test('hangs: the core runs, nothing answers, a reset helps', async () => {
    const self = await under([{ point: 'gsp-rm.request', action: 'hang' }]);
    await expect(ask(self)).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(self.hardware.riscv).toEqual({ active: true, halted: false });
    self.startBooterUnload();
    expect(self.hardware.mailboxes.sec2[0]).not.toBe(0);
    self.hardware.port.engineReset('gsp');
    self.startBooterUnload();
    expect(self.hardware.mailboxes.sec2[0]).toBe(0);
  });
  test('crashes: halted core, a mark in mailbox and logs, an interrupt, no message', async () => {
    const self = await under([{ point: 'gsp-rm.request', action: 'crash' }]);
    const { interrupts } = self.hardware;
    await expect(ask(self)).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(self.hardware.riscv).toEqual({ active: false, halted: true });
    expect([self.hardware.mailboxes.gsp[0], self.hardware.interrupts]).toEqual([CRASHED, interrupts + 1]);
    const put = new Uint8Array(8);
    self.hardware.memory.read(0x1020_0000, put);
    expect(put[0]).toBe(4);
  });
  test('by hand as well', async () => {
    const crashed = driver();
    await crashed.boot();
    crashed.firmware.crash();
    expect(crashed.hardware.riscv.halted).toBe(true);
    const hung = driver();
    await hung.boot();
    hung.firmware.hang();
    expect(hung.raise({ event: 'mmuFault', faults: 1 })).toBe(false);
  });
  test('loses a request', async () => {
    await expect(ask(await under([{ point: 'gsp-rm.request', action: 'drop' }]))).rejects.toMatchObject({ code: 'TIMEOUT' });
  });
});

describe('a plan out of a seed', () => {
  const run = async (seed: number): Promise<readonly unknown[]> => {
    const self = await under(randomFaults(createRandom(seed), { occurrences: 40, share: 0.3 }));
    const results: unknown[] = [];
    for (let i = 0; i < 12; i++) {
      results.push(await ask(self).then(({ result }) => result, (error: unknown) => (error as { readonly code: string }).code));
      self.raise({ event: 'perfBridgeless', bridgeless: i % 2 === 0 });
    }
    return [...results, self.hardware.time, self.hardware.riscv.active];
  };
  test('strikes the same way every time, and otherwise with another seed', async () => {
    const first = await run(7);
    expect(await run(7)).toEqual(first);
    expect(new Set((await Promise.all([1, 2, 3, 4].map(run))).map((result) => JSON.stringify(result))).size).toBeGreaterThan(1);
  });
});
