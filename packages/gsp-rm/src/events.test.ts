import { text } from '@nova-stack/c-layout';
import { describe, expect, test, vi } from 'vitest';
import { LOG_BASE } from './log.ts';
import { driver, type Driver } from './testing/driver.ts';
import { FORMATS, VERSIONS } from './testing/formats.ts';

const EVENTS = { postEvent: 0x1003, rcTriggered: 0x1004, mmuFault: 0x1005, osError: 0x1006, libosPrint: 0x100c, perfBridgeless: 0x100f } as const;

describe.each(VERSIONS)('events of %s', (version) => {
  const booted = async (): Promise<Driver> => {
    const self = driver({ version });
    await self.boot();
    return self;
  };
  const { nocat, lockdown } = FORMATS[version];

  test('error log, in the release\'s own layout', async () => {
    const self = await booted();
    expect(self.raise({ event: 'osError', xid: 31, text: 'MMU Fault', channel: { runlist: 2, id: 7 } })).toBe(true);
    const { payload, result } = await self.end.expect(EVENTS.osError);
    expect([result, payload.length]).toEqual([0, { '535.113.01': 0x10c, '570.144': 0x110, '580.105.08': 0x110 }[version]]);
    const at = version === '580.105.08' ? 0x10 : 0x0c;
    expect(text(payload.subarray(at, at + 0x100))).toBe('MMU Fault');
    const view = new DataView(payload.buffer, payload.byteOffset);
    expect([view.getUint32(0, true), view.getUint32(at - 8, true), view.getUint32(at - 4, true)]).toEqual([31, 2, 7]);
  });

  test('channel error: engine, channel and exception where the release has them', async () => {
    const self = await booted();
    self.raise({ event: 'rcTriggered', engine: 'COPY1', channel: 5, exception: 0x1f, scope: 1 });
    const { payload } = await self.end.expect(EVENTS.rcTriggered);
    const words = Array.from({ length: 5 }, (_, i) => new DataView(payload.buffer, payload.byteOffset).getUint32(4 * i, true));
    expect([payload.length, words]).toEqual(version === '535.113.01' ? [0x14, [10, 5, 0x1f, 1, 0]] : [0x30, [10, 5, 0, 0, 0x1f]]);
  });

  test('MMU fault without a payload, lockdown of one byte, print, performance notice', async () => {
    const self = await booted();
    self.raise({ event: 'mmuFault', faults: 1 });
    expect((await self.end.expect(EVENTS.mmuFault)).payload.length).toBe(0);
    self.raise({ event: 'lockdown', engaging: true });
    expect([...(await self.end.expect(lockdown)).payload]).toEqual([1]);
    self.raise({ event: 'libosPrint', engine: 0xf3d72200, text: Uint8Array.of(0x68, 0x69) });
    expect([...(await self.end.expect(EVENTS.libosPrint)).payload]).toEqual([0, 0x22, 0xd7, 0xf3, 2, 0, 0, 0, 0x68, 0x69]);
    self.raise({ event: 'perfBridgeless', bridgeless: true });
    expect([...(await self.end.expect(EVENTS.perfBridgeless)).payload]).toEqual([1, 0, 0, 0, 0, 0, 0, 0]);
  });

  test('journal record, where the release posts any', async () => {
    const self = await booted();
    const raised = self.raise({ event: 'nocat', at: 1000, source: 'GR', engine: 'GR0', code: 0x55, diagnosis: Uint8Array.of(1, 2, 3) });
    expect(raised).toBe(nocat !== undefined);
    if (nocat === undefined) return;
    const { payload } = await self.end.expect(nocat);
    const record = self.rm.NV2080CtrlNocatJournalInsertRecord.read(payload);
    expect([payload.length, record.timestamp, record.errorCode, record.diagBufferLen]).toEqual([0x4b8, 1000n, 0x55n, 3]);
  });

  test('a hot plug reaches the event object that waits for it, as often as it asked', async () => {
    const self = await booted();
    const client = 0xc1d00002;
    await self.alloc(client, client, client, 0);
    await self.alloc(client, client, 1, 0x80);
    await self.alloc(client, 1, 2, 0x2080);
    const notification = (action: number): Promise<{ readonly status: number }> => self.control(client, 2, 0x20800301, self.rm.NV2080_CTRL_EVENT_SET_NOTIFICATION_PARAMS.create({ event: 1, action }));
    // Nobody is there to be told yet.
    expect((await notification(2)).status).toBe(0x40);
    expect((await self.alloc(client, 2, 0x7e0000, 0x7e, self.rm.NV0005_ALLOC_PARAMETERS.create({ hParentClient: client, hClass: 0x7e, notifyIndex: 0x4000001 }))).status).toBe(0);
    expect((await notification(2)).status).toBe(0);
    const body = Uint8Array.of(0, 1, 0, 0, 0, 0, 0, 0);
    for (let round = 0; round < 2; round++) {
      expect(self.firmware.notify({ notifyIndex: 1, body })).toBe(1);
      const { payload } = await self.end.expect(EVENTS.postEvent);
      const event = self.rm.rpc_post_event_v.read(payload);
      expect([payload.length, event.hClient, event.hEvent, event.notifyIndex, event.eventDataSize]).toEqual([0x28, client, 0x7e0000, 1, 8]);
      expect([...payload.subarray(0x1d, 0x25)]).toEqual([...body]);
    }
    expect(self.firmware.notify({ notifyIndex: 7 })).toBe(0);
    await notification(1);
    expect([self.firmware.notify({ notifyIndex: 1 }), self.firmware.notify({ notifyIndex: 1 })]).toEqual([1, 0]);
    await notification(2);
    expect((await self.end.call(10, self.rm.rpc_free_v.create({ params: { hRoot: client, hObjectOld: client } }))).result).toBe(0);
    expect(self.firmware.notify({ notifyIndex: 1 })).toBe(0);
  });
});

test('events before the queues are up go nowhere', () => {
  expect(driver().raise({ event: 'mmuFault', faults: 1 })).toBe(false);
});

test('logs bear what happened, with the time', async () => {
  const self = driver();
  await self.boot();
  const log = (at: number): bigint[] => {
    const bytes = new Uint8Array(8 * 7);
    self.hardware.memory.read(0x1020_0000 + at, bytes);
    return [...new BigUint64Array(bytes.buffer)];
  };
  expect(log(0).slice(0, 2)).toEqual([2n, BigInt(LOG_BASE)]);
  expect(log(0x10000).slice(0, 2)).toEqual([2n, BigInt(LOG_BASE + 0x100)]);
  expect(log(0x10000)[2]).toBeGreaterThan(log(0)[2]!);
});

test('logs that lie behind BAR1 are written before the BAR goes through page tables', async () => {
  const self = driver();
  const { memory } = self.hardware;
  const write = memory.write.bind(memory);
  const spy = vi.spyOn(memory, 'write').mockImplementation((address, from) => {
    if (address >= 0x1020_0000 && address < 0x1022_0000) expect(self.hardware.scratch(0xb80f40)).toBe(0);
    write(address, from);
  });
  await self.boot();
  expect(spy).toHaveBeenCalledWith(0x1021_0000, expect.anything());
  expect(self.hardware.scratch(0xb80f40) >>> 31).toBe(1);
});
