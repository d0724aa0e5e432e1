import { closeSync as closeFile, ftruncateSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import fc from 'fast-check';
import { afterAll, afterEach, describe, expect, test } from 'vitest';

import { openDescriptors, type Descriptors } from './descriptors.ts';
import { SystemError } from './errors.ts';
import { holders } from './holders-fixture.ts';
import { MAX_DESCRIPTORS } from './messages.ts';

const opened = openDescriptors();
// Where there are none, the rest of the package is tested without.
const here = typeof opened === 'string' ? describe.skip : describe;
const d = opened as Descriptors;
const folder = mkdtempSync(join(tmpdir(), 'vfio-user-fd-'));
afterAll(() => { rmSync(folder, { recursive: true }); });

const mine: number[] = [];
/** A descriptor as a peer's arrive. */
function passed(fd: number): number {
  const [one, two] = pair();
  d.send(one, Uint8Array.of(0), 1, [fd]);
  const [got] = d.receive(two).descriptors;
  for (const end of mine.splice(-2)) d.close(end);
  return got!;
}
function openFile(path: string, flags: string = 'r+'): number {
  const fd = openSync(path, flags);
  const got = passed(fd);
  closeFile(fd);
  return got;
}
/** The same file, opened again. */
const again = (fd: number, flags?: string): number => openFile(`/proc/self/fd/${fd}`, flags);
const own = (fd: number): number => {
  mine.push(fd);
  return fd;
};
afterEach(() => { for (const fd of mine.splice(0)) d.close(fd); });

/** Two ends of a stream. */
function pair(): [number, number] {
  const path = join(folder, 'pair.sock');
  const listener = d.listen(path);
  const one = own(d.connect(path));
  const two = own(d.accept(listener)!);
  d.close(listener);
  rmSync(path);
  return [one, two];
}

here('sockets', () => {
  test('pass bytes and descriptors, which belong to the last bytes of what came', () => {
    const [one, two] = pair();
    expect(d.receive(two).length).toBe(-1);
    const event = own(d.eventfd());
    expect(d.send(one, Uint8Array.of(1, 2, 3, 4), 3)).toBe(3);
    expect(d.send(one, Uint8Array.of(5, 6), 2, [event, event])).toBe(2);
    d.send(one, Uint8Array.of(7), 1);
    const first = d.receive(two);
    expect([...first.bytes.subarray(0, first.length)]).toEqual([1, 2, 3, 5, 6]);
    expect(first.descriptors).toHaveLength(2);
    first.descriptors.forEach(own);
    d.signal(first.descriptors[0]!);
    expect([d.take(event), d.take(event)]).toEqual([1, 0]);
    const second = d.receive(two);
    expect([second.length, second.bytes[0], second.descriptors]).toEqual([1, 7, []]);
  });

  test('say so when there were more descriptors than a message may have', () => {
    const [one, two] = pair();
    const event = own(d.eventfd());
    for (const [count, truncated] of [[MAX_DESCRIPTORS, false], [MAX_DESCRIPTORS + 1, true]] as const) {
      if (count > MAX_DESCRIPTORS) expect(() => d.send(one, Uint8Array.of(1), 1, Array<number>(count).fill(event))).toThrow(RangeError);
      else {
        d.send(one, Uint8Array.of(1), 1, Array<number>(count).fill(event));
        const received = d.receive(two);
        received.descriptors.forEach(own);
        expect([received.descriptors.length, received.truncated]).toEqual([count, truncated]);
      }
    }
  });

  test('take what fits, tell when the peer is gone, and are ready in their turn', async () => {
    const [one, two] = pair();
    const ready = await new Promise((resolve) => {
      const watch = d.watch(two, { readable: true }, () => {
        watch.close();
        resolve(d.receive(two).length);
      });
      d.send(one, Uint8Array.of(1), 1);
    });
    expect(ready).toBe(1);
    const much = new Uint8Array(1 << 20);
    let sent = 0;
    for (let taken = -1; taken !== 0; sent += taken) taken = d.send(one, much, much.length);
    expect(sent).toBeGreaterThan(0);
    d.close(mine.pop()!);
    expect(() => d.send(one, much, 1)).toThrow(SystemError);
    const [, peer] = pair();
    const [other] = mine.splice(-2, 1);
    d.close(other!);
    expect(d.receive(peer).length).toBe(0);
  });

  test('are watched as long as nobody ends it, whoever holds what was given', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const event = own(d.eventfd());
    let taken = 0;
    const watch = new WeakRef(d.watch(event, { readable: true }, () => { taken += d.take(event); }));
    for (let i = 0; i < 3; i++) {
      await new Promise((resolve) => { setImmediate(resolve); });
      collect();
    }
    d.signal(event);
    await expect.poll(() => taken).toBe(1);
    watch.deref()?.close();
  });

  test.each([['/nowhere/at/all', /ENOENT/]])('%s cannot be had', (path, message) => {
    expect(() => d.connect(path)).toThrow(message);
    expect(() => d.listen(path)).toThrow(message);
  });
});

here('eventfds', () => {
  test('are signalled even when their counter is full, and nothing else is', () => {
    const event = own(d.eventfd());
    writeSync(event, new Uint8Array(BigUint64Array.of(0xffff_ffff_ffff_fffen).buffer));
    d.signal(event);
    expect(d.take(event)).toBe(2 ** 64);
    const file = own(openFile(join(folder, 'no-eventfd'), 'w'));
    expect([d.isEventfd(event), d.isEventfd(file)]).toEqual([true, false]);
    expect(() => { d.signal(file); }).toThrow(SystemError);
  });
});

const MiB = 1 << 20;

here('memory files', () => {
  /** A file as clients share it, and how it ought to be reached. */
  const kinds: readonly (readonly [string, () => number, string])[] = [
    ['a sealed memory file', () => d.memoryFile(MiB, true), 'mapped'],
    ['a memory file that can be sealed', () => d.memoryFile(MiB, false), 'mapped'],
    ['a file with a name', () => {
      writeFileSync(join(folder, 'ram'), new Uint8Array(MiB));
      return openFile(join(folder, 'ram'));
    }, 'file'],
  ];

  test.each(kinds)('%s is read and written at any place', (_, make, how) => {
    const client = make();
    fc.assert(fc.property(fc.nat(3), fc.nat(MiB - 4 * 4096), fc.uint8Array({ maxLength: 5000 }), fc.nat(20), fc.boolean(), (page, at, bytes, start, shared) => {
      const memory = d.memory(again(client), { offset: page * 4096, size: MiB - page * 4096, writable: true })!;
      expect(memory.how).toBe(how);
      const length = Math.max(0, bytes.length - start);
      const fits = at + length <= MiB - page * 4096;
      if (fits || how === 'mapped') expect(memory.write(at, bytes, Math.min(start, bytes.length), length)).toBe(fits);
      const back = new Uint8Array(shared ? new SharedArrayBuffer(bytes.length) : new ArrayBuffer(bytes.length));
      if (fits) {
        expect(memory.read(at, back, Math.min(start, bytes.length), length)).toBe(true);
        expect([...back.subarray(start)]).toEqual([...bytes.subarray(start)]);
        const seen = new Uint8Array(length);
        readSync(client, seen, 0, length, page * 4096 + at);
        expect(seen).toEqual(bytes.slice(start));
      }
      memory.close();
      expect(how === 'file' || !memory.read(0, back, 0, 0)).toBe(true);
    }));
    expect(holders(client)).toBe(1);
    d.close(client);
  });

  test('a file that gets shorter is a bus error, no signal; a mapped one cannot', () => {
    const path = join(folder, 'shorter');
    writeFileSync(path, new Uint8Array(MiB));
    const client = own(openFile(path));
    const memory = d.memory(openFile(path), { offset: 0, size: MiB, writable: true })!;
    ftruncateSync(client, 4096);
    const bytes = new Uint8Array(16);
    expect([memory.read(0, bytes, 0, 16), memory.read(8192, bytes, 0, 16)]).toEqual([true, false]);
    memory.close();

    const sealable = own(d.memoryFile(MiB, false));
    const mapped = d.memory(again(sealable), { offset: 0, size: MiB, writable: true })!;
    expect(() => { ftruncateSync(sealable, 0); }).toThrow(/EPERM/);
    expect(mapped.read(8192, bytes, 0, 16)).toBe(true);
    mapped.close();
  });

  test('what may only be read is not written', () => {
    const client = own(d.memoryFile(MiB, true));
    const memory = d.memory(again(client, 'r'), { offset: 0, size: 4096, writable: false })!;
    expect(memory.write(0, new Uint8Array(4), 0, 4)).toBe(false);
    memory.close();
    expect(() => d.memory(again(client, 'r'), { offset: 0, size: 4096, writable: true })).toThrow(expect.objectContaining({ errno: 13 }));
    for (const piece of [{ offset: 0, size: MiB + 1 }, { offset: 1, size: 4096 }, { offset: MiB, size: 4096 }]) {
      expect(() => d.memory(again(client), { ...piece, writable: true })).toThrow(expect.objectContaining({ errno: 22 }));
    }
    expect(d.memory(openFile('/dev/null'), { offset: 0, size: 4096, writable: true })).toBeUndefined();
    expect(d.memory(openFile('/proc/self/stat', 'r'), { offset: 0, size: 4096, writable: false })).toBeUndefined();
    expect(holders(client)).toBe(1);
  });

  test('pieces of one file keep one descriptor', () => {
    const path = join(folder, 'pieces');
    writeFileSync(path, new Uint8Array(MiB));
    const client = own(openFile(path));
    const pieces = Array.from({ length: 100 }, (_, i) => d.memory(openFile(path), { offset: i * 4096, size: 4096, writable: true })!);
    expect(holders(client)).toBe(2);
    for (const piece of pieces) piece.close();
    expect(holders(client)).toBe(1);
  });
});
