import fc from 'fast-check';
import { BarWindows, createConfigSpace, type BarSpec } from '@nova-stack/pci';
import { expect, test } from 'vitest';

import { VfioUserError } from '../errors.ts';
import { placeBars, placeVirtualBars, readBars, type ConfigAccess } from './bars.ts';
import { negotiate } from './negotiate.ts';

test('any answers give a device within bounds or a VfioUserError', () => {
  const word = fc.oneof(fc.constantFrom(0, 1, 2, 3, 5, 7, 9, 256, 4096), fc.nat(0xffff_ffff));
  const answer = fc.record({
    errno: fc.constantFrom(0, 0, 0, 0, 22),
    body: fc.oneof(fc.array(word, { maxLength: 9 }).map((words) => new Uint8Array(Uint32Array.from(words).buffer)), fc.uint8Array({ maxLength: 64 })),
  });
  fc.assert(fc.property(fc.array(answer, { minLength: 16, maxLength: 16 }), (answers) => {
    let at = 0;
    try {
      const info = negotiate(() => {
        const { errno, body } = answers[at++ % answers.length]!;
        return { errno, body: new DataView(body.buffer, body.byteOffset, body.length) };
      });
      expect([256, 4096]).toContain(info.regions[7]);
    } catch (error) {
      expect(error).toBeInstanceOf(VfioUserError);
    }
    expect(at).toBeLessThan(16);
  }));
});

const access = (registers: Uint32Array): ConfigAccess => ({
  read: (offset) => registers[offset / 4]!,
  write: (offset, value) => { registers[offset / 4] = value; },
});

test('any registers and sizes give BARs that do not overlap, or a VfioUserError', () => {
  const size = fc.oneof(fc.constantFrom(0, 16, 4096, 2 ** 24, 2 ** 31, 2 ** 36), fc.maxSafeNat());
  fc.assert(fc.property(fc.array(size, { minLength: 6, maxLength: 6 }), fc.uint32Array({ minLength: 1024, maxLength: 1024 }), (sizes, registers) => {
    const config = access(registers);
    try {
      const bars = placeBars(config, readBars(config, sizes), new BarWindows()).filter(({ kind }) => kind !== 'io').sort((a, b) => a.start - b.start);
      bars.forEach(({ start, size: length }, index) => {
        expect(start % length).toBe(0);
        expect(start + length).toBeLessThanOrEqual(bars[index + 1]?.start ?? 2 ** 52);
      });
    } catch (error) {
      if (!(error instanceof VfioUserError)) expect(error).toMatchObject({ name: 'PciError', code: 'NO_MEMORY' });
    }
  }));
});

test('any SR-IOV capability gives BARs or a VfioUserError', () => {
  fc.assert(fc.property(fc.uint32Array({ minLength: 1024, maxLength: 1024 }), fc.uint32Array({ minLength: 1024, maxLength: 1024 }), (registers, masks) => {
    const config: ConfigAccess = {
      read: (offset) => registers[offset / 4]!,
      write: (offset, value) => { registers[offset / 4] = (value & masks[offset / 4]!) >>> 0; },
    };
    try {
      placeVirtualBars(config, 0x100, new BarWindows());
    } catch (error) {
      expect(error).toBeInstanceOf(VfioUserError);
    }
  }));
});

test('BARs are read as a configuration space shows them', () => {
  const bars: readonly BarSpec[] = [
    { index: 0, kind: 'mem32', prefetchable: false, size: 1 << 24 }, { index: 1, kind: 'mem64', prefetchable: true, size: 2 ** 36 },
    { index: 3, kind: 'mem64', prefetchable: true, size: 1 << 25 }, { index: 5, kind: 'io', prefetchable: false, size: 128 },
  ];
  const space = createConfigSpace({ vendor: 1, device: 2, revision: 0, classCode: { base: 3, sub: 0, interface: 0 }, subsystemVendor: 0, subsystem: 0, bars });
  const config: ConfigAccess = { read: (offset) => space.read(offset, 4), write: (offset, value) => void space.write(offset, 4, value) };
  expect(readBars(config, [1 << 24, 2 ** 36, 0, 1 << 25, 0, 128])).toEqual(bars);
});
