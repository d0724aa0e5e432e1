import type { AccessSize } from '@nova-stack/pci';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { openVgpuFunction, type VgpuFunction } from './index.ts';
import { APERTURE, bench, GuestHost, owner } from './vf-fixture.ts';

const sizes = fc.constantFrom<AccessSize>(1, 2, 4);

/** Bits of configuration space that a guest can write, by offset of four bytes; everything else stands still. */
const WRITABLE: Readonly<Record<number, number>> = {
  0x04: 0x0547, 0x0c: 0xff, 0x10: 0xffff_0000, 0x14: -APERTURE >>> 0, 0x18: 0xffff_ffff, 0x1c: 0xffff_0000, 0x20: 0xffff_ffff, 0x3c: 0xff,
  // PCI Express: device control without the bit that resets, link control, and the second of both; MSI-X: enable and mask.
  0x48: 0x7fff, 0x50: 0x01db, 0x68: 0x001f, 0x70: 0x000f, 0x7c: 0xc000_0000,
};

const place = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...Object.keys(WRITABLE).map(Number)) }, { weight: 1, arbitrary: fc.nat(0xffc) });
const configAccess = fc.record({ what: fc.constantFrom('read', 'write', 'write'), at: place, size: sizes, value: fc.nat(0xffff_ffff) });

test('configuration space is what its registers make it, whatever a guest writes', async () => {
  await fc.assert(fc.asyncProperty(fc.array(configAccess, { maxLength: 60, size: 'max' }), async (steps) => {
    const { vfs } = await bench();
    const opened = await openVgpuFunction({ device: vfs[0]!, owner: owner(1) });
    const host = new GuestHost(opened.fn);
    const { config } = opened.fn;
    const first = config.state();
    const expected = first.slice();
    for (const { what, at, size, value } of steps) {
      const offset = at - (at % size);
      const fits = size === 4 ? value : value % 2 ** (8 * size);
      if (what === 'write') {
        let resets = false;
        for (let i = 0; i < size; i++) {
          const [byte, bits] = [(fits >>> (8 * i)) & 0xff, ((WRITABLE[offset + i - ((offset + i) % 4)] ?? 0) >>> (8 * ((offset + i) % 4))) & 0xff];
          expected[offset + i] = (expected[offset + i]! & ~bits) | (byte & bits);
          resets ||= offset + i === 0x49 && byte >= 0x80;
        }
        host.write(offset, size, fits);
        if (resets) {
          expect(config.read(0, 4)).toBe(0xffff_ffff);
          await opened.settled();
          expected.set(first);
        }
      }
      let seen = 0;
      for (let i = size - 1; i >= 0; i--) seen = seen * 256 + expected[offset + i]!;
      expect([offset, size, config.read(offset, size)]).toEqual([offset, size, seen]);
      expect(config.busMaster).toBe((expected[4]! & 4) !== 0);
    }
    expect(config.state()).toEqual(expected);
    await opened.settled();
    expect(opened.state).toBe('running');
    await opened.close();
  }), { numRuns: 60 });
});

/** Offsets around everything that there is, and far away from it. */
const offsets = fc.oneof(fc.nat(0x1_0000), fc.integer({ min: 0x7ff0, max: 0x8040 }), fc.integer({ min: APERTURE - 8, max: APERTURE + 8 }), fc.maxSafeNat(), fc.integer({ min: -16, max: -1 }));
const access = fc.oneof(
  fc.record({ what: fc.constantFrom('read' as const, 'write' as const), bar: fc.integer({ min: -1, max: 6 }), offset: offsets, size: sizes, value: fc.nat(0xffff_ffff) }),
  fc.record({ what: fc.constantFrom('readBlock' as const, 'writeBlock' as const), bar: fc.nat(6), offset: offsets, length: fc.nat(64) }),
  fc.record({ what: fc.constant('config' as const), at: place, size: sizes, value: fc.nat(0xffff_ffff) }),
  fc.record({ what: fc.constantFrom('power-on' as const, 'hot' as const, 'wait' as const) }),
);

test('two guests do what they like, and the other one, the hardware of others and the host stay as they are', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.nat(1), access), { maxLength: 60, size: 'max' }), async (steps) => {
    const { vfs, hardware, physical, core } = await bench({ assigned: 3 });
    const opened: VgpuFunction[] = [];
    for (const n of [0, 1]) opened.push(await openVgpuFunction({ device: vfs[n]!, owner: owner(n + 1) }));
    const hosts = opened.map(({ fn }) => new GuestHost(fn));
    const bars = (n: number): Uint8Array[] => [...hardware[n]!.memory.values()].map((bytes) => bytes.slice());
    const outside = { config: Array.from({ length: 64 }, (_, i) => physical.readConfig(4 * i, 4)), others: [2, 3].flatMap((n) => [...bars(n), hardware[n]!.config.state()]) };
    const words = (n: number): string => JSON.stringify([hosts[n]!.vectors, hosts[n]!.requests.length, opened[n]!.state, hardware[n]!.resets]);
    const bytes = (n: number): Uint8Array => Buffer.concat([...bars(n), opened[n]!.fn.config.state(), hardware[n]!.config.state(), core.guestRead(n, 0, 64)]);
    for (const [who, step] of steps) {
      const [host, { fn }, other] = [hosts[who]!, opened[who]!, 1 - who];
      await opened[other]!.settled();
      const before = [words(other), bytes(other)] as const;
      if (step.what === 'read') expect(fn.read(step.bar, step.offset, step.size)).toBeLessThan(2 ** (8 * step.size));
      else if (step.what === 'write') fn.write(step.bar, step.offset, step.size, step.size === 4 ? step.value : step.value % 2 ** (8 * step.size));
      else if (step.what === 'readBlock') fn.readBlock(step.bar, step.offset, new Uint8Array(step.length));
      else if (step.what === 'writeBlock') fn.writeBlock(step.bar, step.offset, new Uint8Array(step.length).fill(who + 1));
      else if (step.what === 'config') host.write(step.at - (step.at % step.size), step.size, step.size === 4 ? step.value : step.value % 2 ** (8 * step.size));
      else if (step.what === 'wait') await opened[who]!.settled();
      else host.reset(step.what);
      expect([words(other), Buffer.compare(bytes(other), before[1])]).toEqual([before[0], 0]);
    }
    for (const one of opened) await one.settled();
    expect(opened.map(({ state }) => state)).toEqual(['running', 'running']);
    // Interrupt tables of the hardware are the host's.
    for (const n of [0, 1]) expect(hardware[n]!.memory.get(0)!.subarray(0x8000, 0x8030)).toEqual(new Uint8Array(0x30));
    // Behind the aperture that the type gives lies memory that is nobody's.
    for (const n of [0, 1]) expect(Buffer.compare(hardware[n]!.memory.get(1)!.subarray(APERTURE), new Uint8Array(APERTURE))).toBe(0);
    const after = { config: Array.from({ length: 64 }, (_, i) => physical.readConfig(4 * i, 4)), others: [2, 3].flatMap((n) => [...bars(n), hardware[n]!.config.state()]) };
    expect(after.config).toEqual(outside.config);
    after.others.forEach((one, i) => { expect(Buffer.compare(one, outside.others[i]!)).toBe(0); });
    for (const one of opened) await one.close();
    expect(core.lent()).toMatchObject({ instances: 0, assignments: 3, dirty: 0 });
  }), { numRuns: 25 });
});
