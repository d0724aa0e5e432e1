// What a client does with descriptors, and what a server makes of them.
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { COMMAND as COMMAND_REGISTER, HEADER as CONFIG } from '@nova-stack/pci';
import { createTrace, type TraceEvent } from '@nova-stack/trace';
import fc from 'fast-check';
import { afterAll, afterEach, describe, expect, test } from 'vitest';

import { access, Client, words64, type Heard } from './client-fixture.ts';
import { BAR0, copyDevice, type CopyDevice } from './device-fixture.ts';
import { openDescriptors, type Descriptors } from './fd/descriptors.ts';
import { holders } from './fd/holders-fixture.ts';
import { COMMAND, ERRNO, FLAG, IRQ, REGION, SET_IRQS } from './protocol.ts';
import { serveDevice, type VfioUserServer } from './server.ts';

const opened = openDescriptors();
const here = typeof opened === 'string' ? describe.skip : describe;
const d = opened as Descriptors;

const folder = mkdtempSync(join(tmpdir(), 'vfio-user-'));
afterAll(() => { rmSync(folder, { recursive: true }); });
const open: { close(): unknown }[] = [];
afterEach(async () => { for (const one of open.splice(0).reverse()) await one.close(); });
const owned = (fd: number): number => {
  open.push({ close: () => { d.close(fd); } });
  return fd;
};

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => { setImmediate(resolve); });
}

interface Talk {
  readonly server: VfioUserServer;
  readonly device: CopyDevice;
  readonly client: Client;
  readonly events: TraceEvent[];
  readonly socket: number;
  /** Reads what has come, until there are so many messages. */
  heard: (count: number) => Promise<void>;
  /** The reply to a message. */
  reply: (id: number) => Promise<Heard>;
  /** Everything that was said has been worked on. */
  settled: () => Promise<void>;
  hangUp: () => void;
}

let sockets = 0;
async function talk(options: { readonly dma?: 'fd' | 'messages'; readonly name?: string } = {}): Promise<Talk> {
  const device = copyDevice();
  const path = join(folder, `${sockets++}.sock`);
  const events: TraceEvent[] = [];
  const trace = createTrace({ now: () => 0, sinks: [(event) => { events.push(event); }] });
  const server = await serveDevice({ device, path, trace, descriptors: true, ...options });
  open.push(server);
  const socket = d.connect(path);
  let up = true;
  const hangUp = (): void => {
    if (up) d.close(socket);
    up = false;
  };
  open.push({ close: hangUp });
  const client = new Client((bytes, descriptors) => { expect(d.send(socket, bytes, bytes.length, descriptors)).toBe(bytes.length); });
  const listen = (): Heard[] => {
    const { bytes, length } = d.receive(socket);
    if (length > 0) client.hear(bytes.subarray(0, length));
    return client.heard;
  };
  const heard = (count: number): Promise<void> => expect.poll(() => listen().length, { interval: 1 }).toBeGreaterThanOrEqual(count);
  const reply = async (id: number): Promise<Heard> => {
    const isIt = (one: Heard): boolean => one.id === id && (one.flags & FLAG.typeMask) === FLAG.reply;
    await expect.poll(() => listen().some(isIt), { interval: 1 }).toBe(true);
    return client.heard.find(isIt)!;
  };
  const settled = async (): Promise<void> => { await reply(client.read(REGION.config, 0, 4)); };
  client.version();
  client.writeConfig(CONFIG.bar0, 4, BAR0);
  client.writeConfig(CONFIG.command, 2, 6);
  await heard(3);
  client.heard.length = 0;
  return { server, device, client, events, socket, heard, reply, settled, hangUp };
}

const MiB = 1 << 20;

here('memory that a client passes', () => {
  const kinds: readonly (readonly [string, () => number, string, (fd: number) => void])[] = [
    ['that cannot shrink', () => d.memoryFile(MiB, true), 'mapped', (fd) => { d.close(fd); }],
    ['that is a file with a name', () => {
      writeFileSync(join(folder, 'ram'), new Uint8Array(MiB));
      return openSync(join(folder, 'ram'), 'r+');
    }, 'file', closeSync],
  ];
  test.each(kinds)('%s is read and written by the device within the access', async (_, make, how, close) => {
    const { client, device, events, reply, settled, hangUp, server } = await talk();
    const ram = make();
    writeSync(ram, Uint8Array.of(99), 0, 1, 0x2000);
    client.dmaMap(0x10_0000, MiB - 0x1000, 3, 0x1000, [ram]);
    client.write(0, 0, [0, 0x10, 0x10, 0], FLAG.noReply);
    client.write(0, 4, [0, 0x20, 0x10, 0], FLAG.noReply);
    client.write(0, 8, [1, 0, 0, 0], FLAG.noReply);
    const count = client.read(0, 12, 4);
    await reply(count);
    expect(client.data(count)).toEqual([1, 0, 0, 0]);
    expect(device.outcomes).toEqual([true]);
    const seen = new Uint8Array(1);
    readSync(ram, seen, 0, 1, 0x3000);
    expect(seen[0]).toBe(100);
    expect(events.find(({ point }) => point === 'vfio-user.dma.mapped')?.args).toMatchObject({ how });

    // Unmapped, it is gone; mapped for reading, it is not written.
    client.request(COMMAND.dmaUnmap, words64(24, 0, 0x10_0000, MiB - 0x1000));
    client.write(0, 8, [1, 0, 0, 0], FLAG.noReply);
    client.dmaMap(0x10_0000, MiB - 0x1000, 1, 0x1000, [ram]);
    client.write(0, 8, [1, 0, 0, 0], FLAG.noReply);
    await settled();
    expect(device.outcomes).toEqual([true, false, false]);
    hangUp();
    await expect.poll(() => server.connected).toBe(false);
    expect(holders(ram)).toBe(1);
    close(ram);
  });

  test('is not used where messages are wanted, and where a range brings none', async () => {
    for (const dma of ['fd', 'messages'] as const) {
      const { client, heard, settled } = await talk({ dma });
      const ram = owned(d.memoryFile(MiB, true));
      client.dmaMap(0x10_0000, MiB, 3, 0, dma === 'fd' ? [] : [ram]);
      await settled();
      client.heard.length = 0;
      client.write(0, 0, [0, 0, 0x10, 0], FLAG.noReply);
      client.write(0, 8, [1, 0, 0, 0], FLAG.noReply);
      await heard(1);
      expect(client.asked()[0]).toMatchObject({ command: COMMAND.dmaRead });
    }
  });

  test.each([
    ['two descriptors', (ram: number) => [ram, ram], 0x10_0000, MiB, 0, ERRNO.EINVAL],
    ['more than the file has', (ram: number) => [ram], 0x40_0000, MiB + 4096, 0, ERRNO.EINVAL],
    ['an odd offset', (ram: number) => [ram], 0x10_0000, 4096, 100, ERRNO.EINVAL],
    ['a range that overlaps', (ram: number) => [ram], 0x20_0000, 4096, 0, ERRNO.EEXIST],
  ])('%s is refused, and nothing stays open', async (_, pass, address, size, offset, errno) => {
    const { client, reply, settled } = await talk();
    const ram = owned(d.memoryFile(MiB, true));
    client.dmaMap(0x20_0000, 8192, 3, 0, [ram]);
    await settled();
    const before = holders(ram);
    const id = client.dmaMap(address, size, 3, offset, pass(ram));
    expect((await reply(id)).errno).toBe(errno);
    expect(holders(ram)).toBe(before);
  });
});

/** Turns interrupts of a kind on in configuration space. */
function enable({ client, device }: Talk, kind: 'msi' | 'msix'): void {
  const at = device.config.capability(kind === 'msi' ? 0x05 : 0x11)!;
  client.writeConfig(at + 2, 2, kind === 'msi' ? 0x0021 : 0x8000);
}

const SET_EVENTFD = SET_IRQS.dataEventfd | SET_IRQS.trigger;

here('interrupts', () => {
  test('INTx is signalled once until it was served, and shows in the status register', async () => {
    const all = await talk();
    const { client, device, settled } = all;
    const event = owned(d.eventfd());
    client.setIrqs(SET_EVENTFD, IRQ.intx, 0, 1, [event]);
    await settled();
    const status = async (): Promise<number> => {
      const id = client.read(REGION.config, CONFIG.status, 2);
      await all.reply(id);
      return client.data(id)[0]! & 8;
    };
    expect(await status()).toBe(0);
    device.fire(0);
    device.fire(0);
    expect([d.take(event), await status()]).toEqual([1, 8]);
    client.setIrqs(SET_IRQS.dataNone | SET_IRQS.unmask, IRQ.intx, 0, 1);
    await settled();
    expect([d.take(event), await status()]).toEqual([1, 8]);
    client.setIrqs(SET_IRQS.dataNone | SET_IRQS.unmask, IRQ.intx, 0, 1);
    await settled();
    expect([d.take(event), await status()]).toEqual([0, 0]);

    client.writeConfig(CONFIG.command, 2, 6 | COMMAND_REGISTER.interruptDisable);
    await settled();
    device.fire(0);
    client.writeConfig(CONFIG.command, 2, 6);
    client.setIrqs(SET_IRQS.dataNone | SET_IRQS.trigger, IRQ.intx, 0, 0);
    await settled();
    device.fire(0);
    expect(d.take(event)).toBe(0);
  });

  test('a line is a level: told once while high, again after each time it was served, and not any more when it went low', async () => {
    const all = await talk();
    const { client, device, settled } = all;
    const [event, resample] = [owned(d.eventfd()), owned(d.eventfd())];
    const status = async (): Promise<number> => {
      const id = client.read(REGION.config, CONFIG.status, 2);
      await all.reply(id);
      return client.data(id)[0]! & 8;
    };
    const served = async (): Promise<void> => {
      client.setIrqs(SET_IRQS.dataNone | SET_IRQS.unmask, IRQ.intx, 0, 1);
      await settled();
    };
    device.line(true);
    expect(await status()).toBe(8);
    // Who begins to look while it is high is told.
    client.setIrqs(SET_EVENTFD, IRQ.intx, 0, 1, [event]);
    await settled();
    expect(d.take(event)).toBe(1);
    device.line(true);
    expect(d.take(event)).toBe(0);
    await served();
    expect(d.take(event)).toBe(1);
    device.line(false);
    await served();
    expect([d.take(event), await status()]).toEqual([0, 0]);
    device.line(true);
    device.line(false);
    device.line(true);
    expect(d.take(event)).toBe(1);
    device.line(false);
    await served();
    expect(d.take(event)).toBe(0);
    // High while masked, low before it is unmasked: nobody hears of it.
    client.setIrqs(SET_IRQS.dataNone | SET_IRQS.mask, IRQ.intx, 0, 1);
    await settled();
    device.line(true);
    device.line(false);
    await served();
    expect(d.take(event)).toBe(0);
    // Switched off it shows in the status register only; switched on it is heard.
    client.writeConfig(CONFIG.command, 2, 6 | COMMAND_REGISTER.interruptDisable);
    await settled();
    device.line(true);
    expect([d.take(event), await status()]).toEqual([0, 8]);
    client.writeConfig(CONFIG.command, 2, 6);
    await settled();
    expect(d.take(event)).toBe(1);
    // The client's own eventfd says that it was served.
    client.setIrqs(SET_IRQS.dataEventfd | SET_IRQS.unmask, IRQ.intx, 0, 1, [resample]);
    await settled();
    d.signal(resample);
    await expect.poll(() => d.take(event), { interval: 1 }).toBe(1);
    // Messages take its place, and a message of such a device is never the line.
    enable(all, 'msix');
    await settled();
    d.signal(resample);
    await turns(20);
    expect(d.take(event)).toBe(0);
    client.request(COMMAND.deviceReset);
    await settled();
    expect(await status()).toBe(0);
    device.fire(0);
    expect(d.take(event)).toBe(0);
  });

  test('whatever a line and its client do, a line that is high and not masked was told of, and a low one never is', async () => {
    const { client, device, settled } = await talk();
    const event = owned(d.eventfd());
    client.setIrqs(SET_EVENTFD, IRQ.intx, 0, 1, [event]);
    await settled();
    const step = fc.constantFrom('high', 'low', 'served', 'mask');
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      device.line(false);
      client.setIrqs(SET_IRQS.dataNone | SET_IRQS.unmask, IRQ.intx, 0, 1);
      await settled();
      d.take(event);
      let [high, masked] = [false, false];
      for (const one of steps) {
        let told: boolean;
        if (one === 'high' || one === 'low') {
          device.line(one === 'high');
          told = one === 'high' && !high && !masked;
          high = one === 'high';
        } else {
          client.setIrqs(SET_IRQS.dataNone | (one === 'mask' ? SET_IRQS.mask : SET_IRQS.unmask), IRQ.intx, 0, 1);
          await settled();
          masked = one === 'mask';
          told = !masked && high;
        }
        if (told) masked = true;
        expect(d.take(event)).toBe(told ? 1 : 0);
      }
    }), { numRuns: 60 });
  });

  test.each(['msi', 'msix'] as const)('%s: each vector has its eventfd, is masked and unmasked, and taken away', async (kind) => {
    const all = await talk();
    const { client, device, settled, events } = all;
    const index = IRQ[kind];
    const fds = [0, 1].map(() => owned(d.eventfd()));
    const taken = (): number[] => fds.map((fd) => d.take(fd));
    enable(all, kind);
    client.setIrqs(SET_EVENTFD, index, 0, 2, fds);
    await settled();
    device.fire(1);
    device.fire(1);
    device.fire(0);
    expect(taken()).toEqual([1, 2]);

    client.setIrqs(SET_IRQS.dataBool | SET_IRQS.mask, index, 0, 2, [], [0, 1]);
    await settled();
    device.fire(0);
    device.fire(1);
    device.fire(1);
    expect(taken()).toEqual([1, 0]);
    client.setIrqs(SET_IRQS.dataNone | SET_IRQS.unmask, index, 0, 2);
    await settled();
    expect(taken()).toEqual([0, 1]);

    // A client may try them out.
    client.setIrqs(SET_IRQS.dataBool | SET_IRQS.trigger, index, 0, 2, [], [1, 0]);
    client.setIrqs(SET_IRQS.dataNone | SET_IRQS.trigger, index, 0, 1);
    await settled();
    expect(taken()).toEqual([2, 0]);

    client.setIrqs(SET_EVENTFD, index, 1, 1, []);
    await settled();
    device.fire(0);
    device.fire(1);
    device.fire(40);
    expect(taken()).toEqual([1, 0]);
    expect(events.filter(({ point }) => point === 'vfio-user.interrupt.lost')).toHaveLength(kind === 'msix' ? 2 : 1);

    client.setIrqs(SET_IRQS.dataNone | SET_IRQS.trigger, index, 0, 0);
    await settled();
    device.fire(0);
    expect(taken()).toEqual([0, 0]);
  });

  test('eventfds of the client mask and unmask', async () => {
    const all = await talk();
    const { client, device, settled } = all;
    enable(all, 'msix');
    const [event, mask, unmask] = [owned(d.eventfd()), owned(d.eventfd()), owned(d.eventfd())];
    client.setIrqs(SET_EVENTFD, IRQ.msix, 3, 1, [event]);
    client.setIrqs(SET_IRQS.dataEventfd | SET_IRQS.mask, IRQ.msix, 3, 1, [mask]);
    client.setIrqs(SET_IRQS.dataEventfd | SET_IRQS.unmask, IRQ.msix, 3, 1, [unmask]);
    await settled();
    d.signal(mask);
    await turns(20);
    device.fire(3);
    expect(d.take(event)).toBe(0);
    d.signal(unmask);
    await expect.poll(() => d.take(event), { interval: 1 }).toBe(1);
  });

  test.each([
    ['a file that is no eventfd', SET_EVENTFD, IRQ.msix, 0, 1, 'file'],
    ['too few descriptors', SET_EVENTFD, IRQ.msix, 0, 2, 'event'],
    ['too many descriptors', SET_EVENTFD, IRQ.msix, 0, 1, 'two'],
    ['vectors that there are not', SET_EVENTFD, IRQ.msix, 8, 1, 'event'],
    ['an interrupt that there is not', SET_EVENTFD, 5, 0, 1, 'event'],
    ['two kinds of data', SET_EVENTFD | 1, IRQ.msix, 0, 1, 'event'],
    ['two actions', SET_EVENTFD | 8, IRQ.msix, 0, 1, 'event'],
    ['no vectors to mask', SET_IRQS.dataNone | SET_IRQS.mask, IRQ.msix, 0, 0, 'event'],
    ['bytes that are missing', SET_IRQS.dataBool | SET_IRQS.mask, IRQ.msix, 0, 4, 'event'],
  ])('%s: refused, and nothing stays open', async (_, flags, index, start, count, what) => {
    const { client, reply } = await talk();
    const event = owned(d.eventfd());
    const file = owned(d.memoryFile(4096, true));
    const id = client.setIrqs(flags, index, start, count, what === 'file' ? [file] : what === 'two' ? [event, event] : [event]);
    expect((await reply(id)).errno).toBe(ERRNO.EINVAL);
    expect([event, file].map(holders)).toEqual([1, 1]);
  });
});

here('any client', () => {
  test('any messages with any descriptors leave nothing open and the server alive', async () => {
    const { server, socket: first } = await talk();
    d.close(first);
    open.pop();
    await expect.poll(() => server.connected).toBe(false);
    const [event, ram, file] = [d.eventfd(), d.memoryFile(MiB, true), d.memoryFile(4096, false)];
    const pool = [event, ram, file];
    const number = fc.constantFrom(0, 1, 2, 3, 4, 8, 0x1000, 0x10_0000, 0xffff_ffff);
    const part = fc.record({
      command: fc.integer({ min: 1, max: 16 }),
      flags: fc.constantFrom(0, 0x10, 1),
      body: fc.oneof(
        fc.uint8Array({ maxLength: 60 }),
        fc.tuple(fc.nat(63), fc.nat(4), number, number).map(([flags, index, start, count]) => new Uint8Array(Uint32Array.of(20, flags, index, start, count, 1).buffer)),
        fc.tuple(fc.nat(3), number, number, number).map(([flags, offset, address, size]) => words64(32, flags, offset, address, size)),
        fc.tuple(fc.nat(9), fc.nat(5000), fc.nat(5000)).map(([region, offset, count]) => access(region, offset, count)),
      ),
      passed: fc.array(fc.nat(2), { maxLength: 16 }),
      // Descriptors with the first byte, with the last, or with every one.
      cut: fc.constantFrom(0, 1, 15, 16, 20),
    });
    await fc.assert(fc.asyncProperty(fc.array(part, { maxLength: 12 }), async (parts) => {
      const socket = d.connect(server.path);
      try {
        const client = new Client((bytes, passed) => {
          const cut = Math.min(bytes.length, passed.length > 0 ? partOf.cut : 0);
          if (cut > 0) d.send(socket, bytes, cut, passed);
          d.send(socket, bytes.subarray(cut), bytes.length - cut, cut < bytes.length ? passed : []);
        });
        let partOf: (typeof parts)[number] = { command: 1, flags: 0, body: new Uint8Array(0), passed: [], cut: 0 };
        client.version();
        for (const one of parts) {
          partOf = one;
          client.request(one.command, one.body, one.flags, one.passed.map((which) => pool[which]!));
        }
      } catch (error) {
        // The server hung up.
        expect((error as { errno?: number }).errno).toBeDefined();
      }
      await turns(20);
      d.close(socket);
      while (server.connected) await turns(1);
    }), { numRuns: 100 });
    expect(pool.map(holders)).toEqual([1, 1, 1]);
    for (const fd of pool) d.close(fd);
  });

  test('more descriptors for one message than it may have end the conversation', async () => {
    const { client, socket, server } = await talk();
    const event = owned(d.eventfd());
    const [half] = [Array<number>(12).fill(event)];
    d.send(socket, Uint8Array.of(1), 1, half);
    d.send(socket, Uint8Array.of(2), 1, half);
    await expect.poll(() => server.connected).toBe(false);
    expect(holders(event)).toBe(1);
    expect(() => { client.read(0, 0, 4); }).toThrow();
  });

  test('one that never reads is not read from either, and is cut off when the device goes on', async () => {
    const { client, device, server, settled, events } = await talk();
    const at = device.config.capability(5)!;
    client.writeConfig(at + 2, 2, 1);
    await settled();
    // 1 MiB of answer for each of these; the server takes no more of them once 8 MiB wait.
    expect(() => { for (let i = 0; i < 100_000; i++) client.read(1, 0, MiB); }).toThrow();
    await turns(100);
    expect(server.connected).toBe(true);
    for (let i = 0; i < 400_000; i++) device.fire(0);
    await expect.poll(() => server.connected).toBe(false);
    expect(events.find(({ point }) => point === 'vfio-user.client.gone')?.args).toMatchObject({ why: 'it does not read what it is sent' });
  });
});
