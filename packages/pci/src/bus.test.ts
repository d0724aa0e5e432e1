import { createVirtualClock, type VirtualClock } from '@nova-stack/timebase';
import { createTrace, faultPlan, type FaultRule } from '@nova-stack/trace';
import { describe, expect, it } from 'vitest';

import { createBus, type PciBus, type Slot } from './bus.ts';
import type { Capability } from './capabilities.ts';
import { createConfigSpace } from './config-space.ts';
import { FixtureDevice } from './device-fixture.ts';
import type { PublicationKey } from './publication.ts';

interface Bench {
  readonly clock: VirtualClock;
  readonly bus: PciBus;
  readonly gpu: FixtureDevice;
  readonly slot: Slot;
  readonly points: string[];
}

function bench({ vfs = 0, faults = [] }: { readonly vfs?: number; readonly faults?: readonly FaultRule[] } = {}): Bench {
  const clock = createVirtualClock();
  const points: string[] = [];
  const trace = createTrace({ now: () => clock.now(), sinks: [({ point, args }) => points.push([point, args['why']].filter(Boolean).join(' '))], faults: faultPlan(faults) });
  const bus = createBus({ clock, trace });
  const gpu = new FixtureDevice({ vfs });
  return { clock, bus, gpu, slot: bus.plug(gpu), points };
}

const code = (expected: string): unknown => expect.objectContaining({ name: 'PciError', code: expected });

describe('enumeration', () => {
  it('gives BARs addresses, 32-bit ones below 4 GiB and 64-bit ones above', () => {
    const { slot: { device } } = bench();
    const [bar0, bar1] = device.resources;
    expect(device.name).toBe('0000:01:00.0');
    expect(bar0).toMatchObject({ index: 0, size: 0x1_0000, kind: 'mem32', prefetchable: false });
    expect(bar1).toMatchObject({ index: 1, size: 0x10_0000, kind: 'mem64', prefetchable: true });
    expect(bar0!.start + bar0!.size).toBeLessThanOrEqual(2 ** 32);
    expect(bar1!.start).toBeGreaterThanOrEqual(2 ** 32);
    expect(device.readConfig(0x10, 4)).toBe(bar0!.start);
    expect(device.readConfig(0x14, 4)).toBe(bar1!.start % 2 ** 32 + 0xc);
    expect(device.readConfig(0x18, 4)).toBe(Math.floor(bar1!.start / 2 ** 32));
  });

  it('finds devices by class and vendor, several at once, at different addresses', () => {
    const { bus } = bench();
    const second = bus.plug(new FixtureDevice());
    expect(bus.find({ vendor: 0x10de, baseClass: 3 }).map(({ name }) => name)).toEqual(['0000:01:00.0', '0000:02:00.0']);
    expect(bus.find({ vendor: 0x10de, subClass: 0 })).toEqual([]);
    expect(bus.devices()[1]).toBe(second.device);
    const starts = bus.devices().flatMap(({ resources }) => resources.map(({ start }) => start));
    expect(new Set(starts).size).toBe(4);
  });

  it('walks the capability lists as a driver does', () => {
    const { slot: { device } } = bench({ vfs: 8 });
    expect([0x01, 0x05, 0x10, 0x11].map((id) => device.findCapability(id))).toEqual([0x60, 0x68, 0x78, undefined]);
    expect([0x10, 0x01].map((id) => device.findExtendedCapability(id))).toEqual([0xbcc, undefined]);
    expect(bench().slot.device.findExtendedCapability(0x10)).toBeUndefined();
  });

  it('uses the place of a device that was pulled out again, many times', () => {
    const { bus, slot } = bench();
    slot.remove();
    const starts = new Set<number>();
    for (let i = 0; i < 300; i++) {
      const next = bus.plug(new FixtureDevice());
      starts.add(next.device.resources[0]!.start);
      next.remove();
    }
    expect(starts.size).toBe(1);
    expect(bus.devices()).toEqual([]);
  });
});

describe('BAR access', () => {
  it('needs memory decoding, then reads and writes in all sizes', () => {
    const { slot: { device }, gpu } = bench();
    expect(() => device.mapBar(0)).toThrow(code('DECODE_OFF'));
    device.enable();
    const bar = device.mapBar(0);
    bar.write32(4, 0xdead_beef);
    expect([bar.read32(4), bar.read16(6), bar.read8(4)]).toEqual([0xdead_beef, 0xdead, 0xef]);
    bar.write8(4, 1);
    bar.write16(6, 0x1234);
    expect(bar.read32(4)).toBe(0x1234_be01);
    const block = new Uint8Array(3);
    bar.writeBlock(9, Uint8Array.of(7, 8, 9));
    bar.readBlock(9, block);
    expect([...block, gpu.memory[0]![10]]).toEqual([7, 8, 9, 8]);
    device.disable();
    expect(bar.read32(4)).toBe(0xffff_ffff);
    bar.write32(4, 1);
    device.enable();
    expect(bar.read32(4)).toBe(0x1234_be01);
  });

  it('takes a fixed virtual time per access', () => {
    const { slot: { device }, clock } = bench();
    device.enable();
    const bar = device.mapBar(0);
    const start = clock.now();
    bar.read32(0);
    bar.write8(0, 0);
    bar.readBlock(0, new Uint8Array(10));
    expect(clock.now() - start).toBe(5 * 500);
  });

  it('refuses what does not fit, with typed errors', () => {
    const { slot: { device } } = bench();
    device.enable();
    const bar = device.mapBar(0);
    expect(() => device.mapBar(2)).toThrow(code('NO_BAR'));
    for (const offset of [-4, 0x1_0000, 0xfffe, NaN, Infinity, 2 ** 40, 0.5]) expect(() => bar.read32(offset), String(offset)).toThrow(code('OUT_OF_RANGE'));
    expect(() => bar.read16(0x1_0000)).toThrow('it ends at 0x10000');
    expect(() => bar.read32(2)).toThrow(code('UNALIGNED'));
    expect(() => bar.write16(1, 0)).toThrow(code('UNALIGNED'));
    expect(() => bar.write32(0, -1)).toThrow(code('BAD_VALUE'));
    expect(() => bar.write32(0, 2 ** 32)).toThrow(code('BAD_VALUE'));
    expect(() => bar.write8(0, 256)).toThrow(code('BAD_VALUE'));
    expect(() => bar.readBlock(0xffff, new Uint8Array(2))).toThrow(code('OUT_OF_RANGE'));
    bar.unmap();
    expect(() => bar.read32(0)).toThrow(code('UNMAPPED'));
    expect(() => bar.writeBlock(0, new Uint8Array(1))).toThrow(code('UNMAPPED'));
    expect(() => bar.unmap()).toThrow(code('UNMAPPED'));
  });

  it('answers nothing at the old address after a BAR was moved, nor in D3hot', () => {
    const { slot: { device } } = bench();
    device.enable();
    const bar = device.mapBar(0);
    const { start } = device.resources[0]!;
    device.writeConfig(0x10, 4, start + 0x10_0000);
    expect(bar.read32(0)).toBe(0xffff_ffff);
    device.writeConfig(0x10, 4, start);
    expect(bar.read32(0)).toBe(0);
    device.writeConfig(0x64, 2, 3);
    expect(bar.read32(0)).toBe(0xffff_ffff);
    device.writeConfig(0x64, 2, 0);
    expect(bar.read32(0)).toBe(0);
  });

  it('runs device timers that become due while a driver polls', () => {
    const { slot: { device }, gpu, clock } = bench();
    device.enable();
    const bar = device.mapBar(0);
    gpu.timers.push({ at: clock.now() + 10_000, fire: () => gpu.write(0, 0, 4, 1) });
    let polls = 0;
    while (bar.read32(0) === 0) polls++;
    expect(polls).toBe(19);
  });
});

describe('DMA', () => {
  it('reaches lent and allocated memory while bus mastering is on, and nothing else', () => {
    const { slot: { device }, gpu, points } = bench();
    const lent = new Uint8Array(new SharedArrayBuffer(5000));
    lent.set([1, 2, 3]);
    const streaming = device.mapDma(lent, { label: 'image' });
    const coherent = device.allocDma(64, { label: 'queue' });
    const into = new Uint8Array(4);
    expect(gpu.dma('read', streaming.address, into)).toBe(false);
    expect(points.at(-1)).toBe('pci.dma.error bus mastering is off');
    device.setBusMaster(true);
    expect(gpu.dma('read', streaming.address, into)).toBe(true);
    expect([...into]).toEqual([1, 2, 3, 0]);
    expect(gpu.dma('write', coherent.address + 60, Uint8Array.of(9, 9, 9, 9))).toBe(true);
    expect(coherent.bytes[63]).toBe(9);
    // The rest of a buffer's last page is nobody's.
    expect(gpu.dma('read', streaming.address + 4998, into.fill(7))).toBe(true);
    expect([...into]).toEqual([0, 0, 0, 0]);
    expect(gpu.dma('read', streaming.address + 8190, into)).toBe(false);
    expect(points.at(-1)).toBe('pci.dma.error nothing is mapped there');
    expect(device.dmaInUse()).toEqual([
      { address: streaming.address, size: 5000, label: 'image' },
      { address: coherent.address, size: 64, label: 'queue' },
    ]);
    streaming.free();
    coherent.free();
    expect(device.dmaInUse()).toEqual([]);
    expect(() => coherent.free()).toThrow(code('FREED'));
    expect(gpu.dma('read', coherent.address, into)).toBe(false);
  });

  it('keeps to the DMA mask and to the alignment', () => {
    const { slot: { device } } = bench();
    expect(device.allocDma(100, { label: 'a' }).address).toBeLessThan(2 ** 32);
    device.setDmaMask(47);
    expect(device.allocDma(100, { label: 'b' }).address).toBeGreaterThanOrEqual(2 ** 32);
    expect(device.allocDma(100, { label: 'c', align: 2 ** 20 }).address % 2 ** 20).toBe(0);
    device.setDmaMask(30);
    expect(device.allocDma(100, { label: 'd' }).address).toBeLessThan(2 ** 30);
    expect(() => device.allocDma(2 ** 31, { label: 'e' })).toThrow(code('NO_MEMORY'));
    expect(() => device.allocDma(0, { label: 'f' })).toThrow(code('OUT_OF_RANGE'));
    expect(() => device.allocDma(1, { label: 'g', align: 3 })).toThrow(code('BAD_VALUE'));
    expect(() => device.setDmaMask(65)).toThrow(code('BAD_VALUE'));
    expect(device.dmaInUse()).toHaveLength(4);
  });

  it('routes requests at BARs first, its own and those of a peer', () => {
    const { bus, slot: { device }, gpu } = bench();
    const peer = new FixtureDevice();
    const other = bus.plug(peer).device;
    device.enable();
    device.setBusMaster(true);
    expect(gpu.dma('write', device.resources[1]!.start + 16, Uint8Array.of(5))).toBe(true);
    expect(gpu.memory[1]![16]).toBe(5);
    expect(gpu.dma('write', other.resources[1]!.start, Uint8Array.of(6))).toBe(false);
    other.enable();
    expect(gpu.dma('write', other.resources[1]!.start, Uint8Array.of(6))).toBe(true);
    expect(peer.memory[1]![0]).toBe(6);
    expect(gpu.dma('read', device.resources[1]!.start + 0x10_0000 - 1, new Uint8Array(2))).toBe(false);
  });

  it('runs jobs in the order in which they were started, also those started by a job', () => {
    const { slot: { device }, gpu } = bench();
    device.setBusMaster(true);
    const memory = device.allocDma(16, { label: 'm' });
    const order: string[] = [];
    gpu.host.start((function* () {
      gpu.host.start((function* () {
        order.push('second');
        yield { op: 'write', address: memory.address, from: Uint8Array.of(2) };
      })());
      order.push('first');
      yield { op: 'write', address: memory.address, from: Uint8Array.of(1) };
      order.push('first done');
    })());
    expect(order).toEqual(['first', 'first done', 'second']);
    expect(memory.bytes[0]).toBe(2);
  });

  it('fails the request that the fault plan names', () => {
    const { slot: { device }, gpu } = bench({ faults: [{ point: 'pci.dma.request', nth: 2, action: 'fail' }] });
    device.setBusMaster(true);
    const { address } = device.allocDma(16, { label: 'm' });
    expect([1, 2, 3].map(() => gpu.dma('read', address, new Uint8Array(4)))).toEqual([true, false, true]);
  });
});

describe('interrupts', () => {
  it('arrive after the running code, in order, never inside an access; those before delivery are one', async () => {
    const { slot: { device }, gpu, clock } = bench();
    device.setBusMaster(true);
    const seen: string[] = [];
    const irq = device.enableInterrupts(() => seen.push('irq'));
    gpu.host.interrupt(0);
    gpu.host.interrupt(0);
    seen.push('running');
    await clock.sleep(1, 'a moment');
    expect(seen).toEqual(['running', 'irq']);
    gpu.host.interrupt(0);
    irq.disable();
    irq.disable();
    await clock.sleep(1, 'a moment');
    expect(seen).toEqual(['running', 'irq']);
    expect(device.readConfig(0x6a, 2) & 1).toBe(0);
  });

  it('show their line in the status register, until it is low or the device is reset', () => {
    const { slot: { device }, gpu } = bench();
    const seen = (): readonly number[] => [device.readConfig(4, 4) >>> 16 & 8, device.readConfig(6, 2) & 8, device.readConfig(6, 1) & 8, device.readConfig(7, 1) & 8];
    expect(seen()).toEqual([0, 0, 0, 0]);
    gpu.host.line(true);
    expect(seen()).toEqual([8, 8, 8, 0]);
    gpu.host.line(false);
    expect(seen()).toEqual([0, 0, 0, 0]);
    gpu.host.line(true);
    device.reset();
    expect(seen()).toEqual([0, 0, 0, 0]);
  });

  it('are lost without bus mastering, without a handler, and by plan', async () => {
    const { slot: { device }, gpu, clock, points } = bench({ faults: [{ point: 'pci.interrupt.send', nth: 1, action: 'drop' }] });
    let count = 0;
    gpu.host.interrupt(0);
    device.enableInterrupts(() => count++);
    expect(() => device.enableInterrupts(() => count++)).toThrow(code('BUSY'));
    gpu.host.interrupt(0);
    device.setBusMaster(true);
    gpu.host.interrupt(3);
    gpu.host.interrupt(0);
    gpu.host.interrupt(0);
    await clock.sleep(1, 'a moment');
    expect(count).toBe(1);
    expect(points.filter((point) => point.startsWith('pci.interrupt.dropped'))).toEqual([
      'message interrupts are off', 'bus mastering is off', 'vector 3 does not exist', 'injected',
    ].map((why) => `pci.interrupt.dropped ${why}`));
  });
});

describe('surprise removal', () => {
  it('programs a capability with 32-bit addresses where its data is, and turns on one vector of many', async () => {
    const { bus, clock } = bench();
    const fn = new FixtureDevice();
    const narrow: Capability = { id: 0x05, length: 10, at: 0x68, fields: [
      { at: 2, size: 2, value: 0x000a, writable: 0x0071 }, { at: 4, size: 4, value: 0, writable: 0xffff_fffc }, { at: 8, size: 2, value: 0, writable: 0xffff },
    ] };
    const config = createConfigSpace({ vendor: 1, device: 2, revision: 0, classCode: { base: 3, sub: 0, interface: 0 }, subsystemVendor: 0, subsystem: 0, bars: fn.bars, capabilities: [narrow] });
    const { device } = bus.plug(Object.assign(fn, { config }));
    device.setBusMaster(true);
    device.writeConfig(0x6a, 2, 0x0030);
    let count = 0;
    const line = device.enableInterrupts(() => count++);
    expect([device.readConfig(0x6a, 2), device.readConfig(0x6c, 4), device.readConfig(0x70, 2)]).toEqual([0x000b, 0xfee0_0000, 0x4021]);
    fn.host.interrupt(0);
    await clock.sleep(1, 'the interrupt');
    expect(count).toBe(1);
    line.disable();
  });

  it('reads all ones everywhere, takes no writes, ends DMA, interrupts and timers', async () => {
    const { bus, slot, gpu, clock } = bench({ vfs: 4 });
    const { device } = slot;
    device.enable();
    device.setBusMaster(true);
    device.sriov!.setNumVfs(2);
    const vf = device.sriov!.virtualFunctions[0]!;
    const [bar, vfBar] = [device.mapBar(0), vf.mapBar(0)];
    const memory = device.allocDma(16, { label: 'm' });
    let interrupts = 0;
    device.enableInterrupts(() => interrupts++);
    gpu.host.interrupt(0);
    let fired = 0;
    gpu.timers.push({ at: clock.now() + 1000, fire: () => fired++ });
    slot.remove();
    slot.remove();
    expect([device.present, vf.present]).toEqual([false, false]);
    expect([bar.read32(0), bar.read8(3), vfBar.read16(0), device.readConfig(0, 4), vf.readConfig(0, 2)]).toEqual([0xffff_ffff, 0xff, 0xffff, 0xffff_ffff, 0xffff]);
    bar.write32(0, 5);
    expect(gpu.memory[0]![0]).toBe(0);
    const block = new Uint8Array(2);
    bar.readBlock(0, block);
    expect([...block]).toEqual([0xff, 0xff]);
    expect(device.findCapability(5)).toBeUndefined();
    expect(device.sriov).toBeUndefined();
    expect(gpu.dma('read', memory.address, new Uint8Array(4))).toBe(false);
    gpu.host.interrupt(0);
    await clock.sleep(10_000, 'a moment');
    expect([interrupts, fired]).toEqual([0, 0]);
    expect(() => device.mapBar(0)).toThrow(code('NO_DEVICE'));
    expect(bus.devices()).toEqual([]);
    memory.free();
    expect(device.dmaInUse()).toEqual([]);
  });
});

describe('function-level reset', () => {
  it('resets the function and puts configuration space back as it was', () => {
    const { slot: { device }, gpu, clock } = bench({ vfs: 4 });
    device.enable();
    device.setBusMaster(true);
    device.enableInterrupts(() => undefined);
    const before = Array.from({ length: 1024 }, (_, i) => device.readConfig(4 * i, 4));
    const bar = device.mapBar(0);
    const start = clock.now();
    device.reset();
    expect(clock.now() - start).toBeGreaterThan(100_000_000);
    expect(gpu.log).toEqual(['plug', 'reset flr']);
    expect(Array.from({ length: 1024 }, (_, i) => device.readConfig(4 * i, 4))).toEqual(before);
    expect(bar.read32(0)).toBe(0);
  });
});

describe('SR-IOV', () => {
  it('creates virtual functions with BARs side by side, and removes them', () => {
    const { bus, slot: { device }, gpu, points } = bench({ vfs: 32 });
    const view = device.sriov!;
    expect(view).toMatchObject({ totalVfs: 32, firstVfOffset: 4, vfStride: 1, numVfs: 0, virtualFunctions: [] });
    view.setNumVfs(6);
    const vfs = device.sriov!.virtualFunctions;
    expect(vfs.map(({ name }) => name)).toEqual(['0000:01:00.4', '0000:01:00.5', '0000:01:00.6', '0000:01:00.7', '0000:01:01.0', '0000:01:01.1']);
    expect(vfs[3]!.resources[1]!.start).toBe(view.vfResources[1]!.start + 3 * 0x10_0000);
    expect(bus.devices()).toHaveLength(7);
    expect(bus.find({ vendor: 0x10de, device: 0x26b5 })).toHaveLength(7);
    expect(vfs[0]!.readConfig(0, 4)).toBe(0xffff_ffff);
    expect(vfs[0]!.sriov).toBeUndefined();

    const vf = gpu.virtualFunctions()[3]!;
    const bar = vfs[3]!.mapBar(1);
    bar.write32(8, 0x1234_5678);
    expect(vf.read(1, 8, 4)).toBe(0x1234_5678);
    expect(device.sriov!.virtualFunctions[3]).toBe(vfs[3]);

    const memory = vfs[3]!.allocDma(4, { label: 'vf' });
    expect(vf.dma('write', memory.address, Uint8Array.of(1))).toBe(false);
    vfs[3]!.setBusMaster(true);
    expect(vf.dma('write', memory.address, Uint8Array.of(1))).toBe(true);

    expect(() => device.sriov!.setNumVfs(7)).toThrow(code('BUSY'));
    expect(() => device.sriov!.setNumVfs(33)).toThrow(code('OUT_OF_RANGE'));
    device.sriov!.setNumVfs(0);
    expect([bus.devices().length, vfs[3]!.present, bar.read32(8)]).toEqual([1, false, 0xffff_ffff]);
    expect(points.filter((point) => point.includes('sriov'))).toEqual(['pci.sriov.enabled', 'pci.sriov.disabled']);
    device.sriov!.setNumVfs(32);
    expect(device.sriov!.virtualFunctions[31]!.mapBar(1).read32(8)).toBe(0);
  });

  it('tells a virtual function whose it is, and what the driver of that one publishes', () => {
    const { slot: { device } } = bench({ vfs: 4 });
    const [number, other] = [{ label: 'a number' } as PublicationKey<number>, { label: 'a number' } as PublicationKey<number>];
    device.sriov!.setNumVfs(3);
    const vf = device.sriov!.virtualFunctions[2]!;
    expect([device.virtual, vf.virtual!.index, vf.virtual!.physical === device]).toEqual([undefined, 2, true]);
    expect(() => vf.virtual!.physical.published(number)).toThrow(code('NOT_PUBLISHED'));
    const takeBack = device.publish(number, 42);
    expect(() => device.publish(number, 43)).toThrow(code('BUSY'));
    expect(vf.virtual!.physical.published(number)).toBe(42);
    expect(() => vf.virtual!.physical.published(other)).toThrow(code('BAD_KEY'));
    takeBack();
    expect(() => device.published(number)).toThrow(code('NOT_PUBLISHED'));
    const next = device.publish(other, 44);
    takeBack();
    expect(device.published(other)).toBe(44);
    next();
  });

  it('sends what a redirected function asks of memory elsewhere, as long as it is bus master', () => {
    const { slot: { device }, gpu } = bench({ vfs: 2 });
    device.sriov!.setNumVfs(2);
    const [vf, fn] = [device.sriov!.virtualFunctions[1]!, gpu.virtualFunctions()[1]!];
    const asked: number[] = [];
    const memory = vf.allocDma(4, { label: 'on the bus' });
    vf.setBusMaster(true);
    vf.redirect({
      start: (job) => { for (let step = job.next(); step.done !== true; step = job.next(true)) asked.push(step.value.address); },
      interrupt: (vector) => void asked.push(-vector),
    });
    expect(fn.dma('write', memory.address, Uint8Array.of(1))).toBe(true);
    fn.host.interrupt(3);
    expect([asked, memory.bytes[0]]).toEqual([[memory.address, -3], 0]);
    vf.setBusMaster(false);
    expect(fn.dma('write', memory.address, Uint8Array.of(1))).toBe(false);
    fn.host.interrupt(3);
    expect(asked).toHaveLength(2);
    vf.setBusMaster(true);
    vf.redirect(undefined);
    expect([fn.dma('write', memory.address, Uint8Array.of(1)), memory.bytes[0], asked.length]).toEqual([true, 1, 2]);
  });

  it('needs VF memory decoding for VF BARs, not the command register', () => {
    const { slot: { device } } = bench({ vfs: 2 });
    device.sriov!.setNumVfs(1);
    const bar = device.sriov!.virtualFunctions[0]!.mapBar(0);
    device.writeConfig(0xbcc + 8, 2, 0x1);
    expect(bar.read32(0)).toBe(0xffff_ffff);
    device.writeConfig(0xbcc + 8, 2, 0x9);
    expect(bar.read32(0)).toBe(0);
  });
});

describe('replacing the device object', () => {
  it('keeps mappings, memory, interrupt handler and virtual functions working', async () => {
    const { slot, gpu, clock } = bench({ vfs: 4 });
    const { device } = slot;
    device.enable();
    device.setBusMaster(true);
    device.sriov!.setNumVfs(2);
    let interrupts = 0;
    device.enableInterrupts(() => interrupts++);
    const vf = device.sriov!.virtualFunctions[1]!;
    const [bar, vfBar] = [device.mapBar(0), vf.mapBar(0)];
    const memory = device.allocDma(4, { label: 'm' });

    const next = new FixtureDevice({ vfs: 4 });
    next.config.restore(structuredClone(gpu.config.state()));
    slot.replace(next);
    next.write(0, 0, 4, 0xabcd);
    next.virtualFunctions()[1]!.write(0, 0, 4, 0x77);
    expect([bar.read32(0), vfBar.read32(0)]).toEqual([0xabcd, 0x77]);
    expect(device.sriov!.virtualFunctions[1]).toBe(vf);
    expect(next.dma('write', memory.address, Uint8Array.of(3))).toBe(true);
    // The object before is cut off.
    expect(gpu.dma('write', memory.address, Uint8Array.of(4))).toBe(false);
    gpu.host.interrupt(0);
    gpu.timers.push({ at: 0, fire: () => expect.unreachable() });
    await clock.sleep(1000, 'a moment');
    expect([memory.bytes[0], interrupts]).toEqual([3, 0]);
    next.host.interrupt(0);
    await clock.sleep(1, 'a moment');
    expect(interrupts).toBe(1);
    expect(() => slot.replace(Object.assign(new FixtureDevice(), { bars: [] }))).toThrow(code('BAD_SPEC'));
  });

  it('takes over a configuration space that was restored in place', () => {
    const { slot: { device }, gpu } = bench({ vfs: 4 });
    const before = gpu.config.state();
    device.enable();
    device.sriov!.setNumVfs(3);
    const bar = device.mapBar(0);
    const after = gpu.config.state();
    gpu.config.restore(before);
    expect([bar.read32(0), device.sriov!.numVfs]).toEqual([0xffff_ffff, 0]);
    gpu.config.restore(after);
    expect([bar.read32(0), device.sriov!.numVfs]).toEqual([0, 3]);
  });
});
