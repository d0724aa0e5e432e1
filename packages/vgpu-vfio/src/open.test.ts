import { ContractError } from '@nova-stack/nova-core-api';
import { describe, expect, test } from 'vitest';

import { openVgpuFunction, type GoneReason } from './index.ts';
import { APERTURE, bench, GuestHost, owner, PENDING, TABLE, tick, type Bench } from './vf-fixture.ts';

const ONES = 0xffff_ffff;
const [COMMAND, DEVICE_CONTROL] = [0x04, 0x48];
const [MEMORY, MASTER, FLR] = [2, 4, 0x8000];
const coded = (code: string): unknown => expect.objectContaining({ code });

async function guest(options: Parameters<typeof bench>[0] = {}) {
  const made = await bench(options);
  const gone: GoneReason[] = [];
  const opened = await openVgpuFunction({ device: made.vfs[0]!, owner: owner(1), onGone: (reason) => void gone.push(reason) });
  const host = new GuestHost(opened.fn);
  return { ...made, gone, opened, host, fn: opened.fn };
}

describe('a guest sees', () => {
  test('the identity that its type gives, and of the hardware what the type leaves open', async () => {
    const { fn, opened } = await guest();
    expect(opened).toMatchObject({ vf: 0, state: 'running', gone: undefined, identity: { aperture: APERTURE } });
    const { config } = fn;
    expect([config.read(0, 4), config.read(0x2c, 4), config.read(8, 4)]).toEqual([0x1021_1af4, 0x0021_1af4, 0x0300_0007]);
    expect(fn.bars).toMatchObject([{ index: 0, size: 0x1_0000 }, { index: 1, kind: 'mem64', size: APERTURE }, { index: 3, size: 0x1_0000 }]);
    expect([config.capability(0x10), config.capability(0x11), config.read(0x7e, 2), config.read(0x80, 4), config.read(0x84, 4)]).toEqual([0x40, 0x7c, 2, TABLE, PENDING]);
    config.barRegisters.write(1, ONES);
    expect(config.barRegisters.read(1)).toBe((-APERTURE + 0xc) >>> 0);
    expect(config.read(0x3d, 1)).toBe(0);
    await opened.close();
  });

  test('of the hardware\'s BARs no more than its own are large, and nothing where the hardware ends', async () => {
    const { fn, hardware, opened } = await guest();
    hardware[0]!.memory.get(1)!.fill(0x11);
    expect([fn.read(1, APERTURE - 4, 4), fn.read(1, APERTURE, 4), fn.read(2, 0, 4), fn.read(0, 2, 4), fn.read(0, -4, 4), fn.read(0, 0x1_0000, 1)]).toEqual([0x1111_1111, ONES, ONES, ONES, ONES, 0xff]);
    const block = new Uint8Array(4);
    fn.readBlock(1, APERTURE - 2, block);
    expect([...block]).toEqual([0x11, 0x11, 0xff, 0xff]);
    fn.writeBlock(1, APERTURE - 2, Uint8Array.of(1, 2, 3, 4));
    expect([...hardware[0]!.memory.get(1)!.subarray(APERTURE - 2, APERTURE + 2)]).toEqual([1, 2, 0x11, 0x11]);
    fn.write(5, 0, 4, 1);
    fn.writeBlock(1, APERTURE, Uint8Array.of(1));
    fn.readBlock(4, 0, block);
    expect([...block]).toEqual([0xff, 0xff, 0xff, 0xff]);
    await opened.close();
  });

  test('an interrupt table of its own, which the hardware never gets to see', async () => {
    const { fn, host, hardware, opened } = await guest();
    expect([fn.read(0, TABLE + 12, 4), fn.read(0, PENDING, 4)]).toEqual([1, 0]);
    fn.write(0, TABLE + 16, 4, ONES);
    fn.write(0, TABLE + 28, 1, 0);
    fn.write(0, PENDING, 4, ONES);
    fn.writeBlock(0, TABLE - 2, Uint8Array.of(1, 2, 0xff, 4));
    expect([fn.read(0, TABLE + 16, 4), fn.read(0, TABLE + 28, 4), fn.read(0, PENDING, 4), fn.read(0, TABLE - 2, 2), fn.read(0, TABLE, 4)]).toEqual([0xffff_fffc, 0, 0, 0x0201, 0x04fc]);
    expect([...hardware[0]!.memory.get(0)!.subarray(TABLE - 2, TABLE + 3 * 16)]).toEqual([1, 2, ...new Uint8Array(3 * 16)]);
    const block = new Uint8Array(4);
    fn.readBlock(0, TABLE - 2, block);
    expect([...block]).toEqual([1, 2, 0xfc, 4]);
    host.write(DEVICE_CONTROL, 2, FLR);
    await opened.settled();
    expect(fn.read(0, TABLE + 16, 4)).toBe(0);
    await opened.close();
  });
});

describe('bus mastering', () => {
  test('goes to the hardware at once and to the core after that, once for whatever changed', async () => {
    const told: string[] = [];
    const { host, hardware, opened, fn } = await guest({ before: (name) => { if (name === 'instance.setBusMaster') told.push(name); } });
    expect(hardware[0]!.dma({ op: 'read', address: 0x1000, into: new Uint8Array(4) })).toBe(false);
    for (let i = 0; i < 1001; i++) host.write(COMMAND, 2, i % 2 === 0 ? MASTER : 0);
    expect([fn.config.busMaster, hardware[0]!.config.busMaster]).toEqual([true, true]);
    await opened.settled();
    expect(told).toHaveLength(1);
    const request = { op: 'read', address: 0x1000, into: new Uint8Array(4) } as const;
    expect([hardware[0]!.dma(request), host.requests]).toEqual([true, [request]]);
    hardware[0]!.host.interrupt(2);
    expect(host.vectors).toEqual([2]);
    host.write(COMMAND, 2, 0);
    expect([hardware[0]!.dma(request), host.requests.length]).toEqual([false, 1]);
    hardware[0]!.host.interrupt(2);
    expect(host.vectors).toHaveLength(1);
    await opened.settled();
    expect(told).toHaveLength(2);
    await opened.close();
  });
});

describe('a reset', () => {
  test('by the guest clears its memory; until that is done nothing answers', async () => {
    const { core, host, fn, opened, hardware } = await guest();
    host.write(COMMAND, 2, MEMORY | MASTER);
    core.guestWrite(0, 8, Uint8Array.of(1, 2, 3));
    await opened.settled();
    const before = hardware[0]!.resets.length;
    host.write(DEVICE_CONTROL, 2, FLR);
    expect([opened.state, fn.config.read(0, 4), fn.read(0, 0, 4), fn.config.busMaster, hardware[0]!.config.busMaster]).toEqual(['resetting', ONES, ONES, false, false]);
    // What a guest does meanwhile comes to nothing.
    host.write(COMMAND, 2, MASTER);
    fn.write(1, 0, 4, 5);
    await opened.settled();
    expect([opened.state, fn.config.read(0, 2), fn.config.read(COMMAND, 2), core.guestRead(0, 8, 3), hardware[0]!.memory.get(1)![0]]).toEqual(['running', 0x1af4, 0, new Uint8Array(3), 0]);
    expect(hardware[0]!.resets.slice(before)).toEqual(['flr']);
    await opened.close();
  });

  test('from outside leaves configuration space to whoever enumerates, and is not needed by a function that nobody has used', async () => {
    const resets: string[] = [];
    const { core, host, fn, opened } = await guest({ before: (name) => { if (name === 'instance.reset') resets.push(name); } });
    host.reset('power-on');
    host.reset('hot');
    expect([opened.state, resets]).toEqual(['running', []]);
    core.guestWrite(0, 0, Uint8Array.of(9));
    fn.write(1, 0, 4, 1);
    host.reset('hot');
    expect([opened.state, fn.config.read(0, 2), fn.read(1, 0, 4)]).toEqual(['resetting', 0x1af4, ONES]);
    host.reset('power-on');
    await opened.settled();
    expect([opened.state, resets.length, core.guestRead(0, 0, 1)[0]]).toEqual(['running', 1, 0]);
    // One that begins while the guest's own is under way makes it answer again.
    host.write(DEVICE_CONTROL, 2, FLR);
    host.reset('power-on');
    expect(fn.config.read(0, 2)).toBe(0x1af4);
    await opened.settled();
    await opened.close();
  });

  test('that fails takes the function away', async () => {
    const { gone, host, fn, opened, core } = await guest({ before: (name) => { if (name === 'instance.reset') throw new ContractError('Timeout', 'No answer in time'); } });
    host.write(DEVICE_CONTROL, 2, FLR);
    await opened.settled();
    expect([gone, opened.state, opened.gone, fn.config.read(0, 4)]).toEqual([['failed'], 'gone', 'failed', ONES]);
    await opened.close();
    expect(core.lent()).toMatchObject({ instances: 0, dirty: 0 });
  });
});

describe('the function goes', () => {
  const checkGone = async ({ fn, host, hardware, opened, gone }: Awaited<ReturnType<typeof guest>>, reason: GoneReason): Promise<void> => {
    expect([gone, opened.state]).toEqual([[reason], 'gone']);
    expect([fn.config.read(0, 4), fn.read(0, 0, 4), fn.config.memoryEnabled, fn.config.busMaster]).toEqual([ONES, ONES, false, false]);
    host.reset('power-on');
    host.write(COMMAND, 2, MEMORY | MASTER);
    expect([fn.config.read(0, 4), opened.state]).toEqual([ONES, 'gone']);
    const [requests, vectors] = [host.requests.length, host.vectors.length];
    hardware[0]!.dma({ op: 'read', address: 0, into: new Uint8Array(4) });
    hardware[0]!.host.interrupt(0);
    expect([host.requests.length, host.vectors.length]).toEqual([requests, vectors]);
    await Promise.all([opened.close(), opened.close()]);
    expect(gone).toEqual([reason]);
  };

  test('when its instance fails', async () => {
    const all = await guest();
    all.host.write(COMMAND, 2, MEMORY | MASTER);
    await all.opened.settled();
    all.core.breakInstance(0);
    await tick();
    await checkGone(all, 'failed');
    expect(all.core.lent()).toMatchObject({ instances: 0, assignments: 2 });
  });

  test('when it is closed, and can be opened again', async () => {
    const all = await guest();
    all.host.write(COMMAND, 2, MEMORY | MASTER);
    await all.opened.close();
    await checkGone(all, 'closed');
    const again = await openVgpuFunction({ device: all.vfs[0]!, owner: owner(1) });
    expect(again.fn.config.read(0, 2)).toBe(0x1af4);
    await again.close();
  });

  test('when the core leaves, which waits for it', async () => {
    const all = await guest();
    all.takeBack();
    await all.core.published.withdraw(all.core.clock, 1000);
    await checkGone(all, 'revoked');
    expect(all.core.lent().instances).toBe(0);
  });

  test('when the device is torn out', async () => {
    const all = await guest();
    all.slot.remove();
    await all.core.remove();
    await tick();
    await checkGone(all, 'lost');
  });
});

describe('it is refused', () => {
  const refusals: readonly (readonly [string, string, (made: Bench) => Promise<unknown>])[] = [
    ['a physical function', 'NO_VIRTUAL_FUNCTION', ({ physical }) => openVgpuFunction({ device: physical, owner: owner(1) })],
    ['another owner', 'NotOwner', ({ vfs }) => openVgpuFunction({ device: vfs[0]!, owner: owner(2) })],
    ['what nobody assigned', 'NotFound', ({ vfs }) => openVgpuFunction({ device: vfs[3]!, owner: owner(1) })],
    ['a function without a core', 'NOT_PUBLISHED', ({ vfs, takeBack }) => { takeBack(); return openVgpuFunction({ device: vfs[0]!, owner: owner(1) }); }],
  ];
  test.each(refusals)('%s', async (_, code, open) => {
    const made = await bench();
    await expect(open(made)).rejects.toEqual(coded(code));
    expect(made.core.lent()).toMatchObject({ instances: 0 });
    // Nothing is left behind: the core can leave at once.
    await made.core.published.withdraw(made.core.clock, 1000);
  });

  test('a function that is open, and who has it does not notice', async () => {
    const { vfs, opened, fn, host, hardware } = await guest();
    host.write(COMMAND, 2, MASTER);
    await expect(openVgpuFunction({ device: vfs[0]!, owner: owner(1) })).rejects.toEqual(coded('InUse'));
    expect([opened.state, fn.config.busMaster, hardware[0]!.config.busMaster]).toEqual(['running', true, true]);
    expect(hardware[0]!.dma({ op: 'read', address: 0, into: new Uint8Array(1) })).toBe(true);
    await opened.close();
  });

  test('a core without virtual GPUs', async () => {
    const { vfs } = await bench();
    const other = await bench({ capabilities: ['device.info', 'vgpu.types.submit', 'vgpu.types.list', 'vgpu.instance.basic', 'memory.region'] });
    await expect(openVgpuFunction({ device: other.vfs[0]!, owner: owner(1) })).rejects.toEqual(coded('MissingCapability'));
    expect(vfs).toHaveLength(4);
  });
});
