import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { barAddress, sizeBars, writeBarAddress } from './bar.ts';
import { msi, msix, pcie, pm, sriov } from './capabilities.ts';
import { createConfigSpace, type ConfigSpace, type ConfigSpec } from './config-space.ts';
import type { BarSpec } from './function.ts';

const code = (expected: string): unknown => expect.objectContaining({ name: 'PciError', code: expected });

function space(more: Partial<ConfigSpec> = {}): ConfigSpace {
  return createConfigSpace({
    vendor: 0x10de, device: 0x26b5, revision: 0xa1, classCode: { base: 3, sub: 2, interface: 0 },
    subsystemVendor: 0x10de, subsystem: 0x1234, bars: [], ...more,
  });
}

const power = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max }).map((bits) => 2 ** bits);

/** Any legal set of BARs: for each register nothing, or a BAR that fits from there on. */
const barSet: fc.Arbitrary<BarSpec[]> = fc.array(fc.oneof(
  fc.constant(undefined),
  fc.record({ kind: fc.constant('io' as const), prefetchable: fc.constant(false), size: power(2, 8) }),
  fc.record({ kind: fc.constant('mem32' as const), prefetchable: fc.boolean(), size: power(4, 31) }),
  fc.record({ kind: fc.constant('mem64' as const), prefetchable: fc.boolean(), size: power(4, 52) }),
), { minLength: 6, maxLength: 6 }).map((choices) => {
  const bars: BarSpec[] = [];
  for (let index = 0; index < 6; index++) {
    const bar = choices[index];
    if (!bar || (bar.kind === 'mem64' && index === 5)) continue;
    bars.push({ ...bar, index });
    if (bar.kind === 'mem64') index++;
  }
  return bars;
});

describe('BAR registers', () => {
  it('tell the sizing protocol any legal set of BARs, and keep what they held', () => {
    fc.assert(fc.property(barSet, fc.nat(), (bars, at) => {
      const { barRegisters } = space({ bars });
      for (const bar of bars) {
        const limit = bar.kind === 'mem64' ? 2 ** 52 : 2 ** 32;
        writeBarAddress(barRegisters, bar, (bar.size * (1 + (at % 7))) % limit);
      }
      const before = [0, 1, 2, 3, 4, 5].map((index) => barRegisters.read(index));
      expect(sizeBars(barRegisters)).toEqual(bars);
      expect([0, 1, 2, 3, 4, 5].map((index) => barRegisters.read(index))).toEqual(before);
    }));
  });

  it('hold any aligned address', () => {
    fc.assert(fc.property(barSet, fc.integer({ min: 0, max: 2 ** 20 }), (bars, times) => {
      const { barRegisters } = space({ bars });
      for (const bar of bars) {
        const limit = bar.kind === 'mem64' ? 2 ** 53 : 2 ** 32;
        const address = (bar.size * times) % limit;
        writeBarAddress(barRegisters, bar, address);
        expect(barAddress(barRegisters, bar)).toBe(address);
        // What is not aligned is rounded down by the bits that are hard-wired to zero.
        writeBarAddress(barRegisters, bar, address + bar.size - 1);
        expect(barAddress(barRegisters, bar)).toBe(address);
      }
    }));
  });

  it('of virtual functions answer the same protocol', () => {
    const legal = barSet.map((bars) => bars.filter(({ kind, size }) => kind !== 'io' && size >= 4096));
    fc.assert(fc.property(legal, (bars) => {
      const config = space({ extended: [sriov({ totalVfs: 4, firstVfOffset: 1, vfStride: 1, vfDevice: 1, bars })] });
      expect(sizeBars(config.vfBarRegisters!)).toEqual(bars);
    }));
  });

  it.each<[string, readonly BarSpec[]]>([
    ['a size that is no power of two', [{ index: 0, kind: 'mem32', prefetchable: false, size: 0x3000 }]],
    ['a size that is too small', [{ index: 0, kind: 'mem32', prefetchable: false, size: 8 }]],
    ['a 32-bit BAR of 4 GiB', [{ index: 0, kind: 'mem32', prefetchable: false, size: 2 ** 32 }]],
    ['a 64-bit BAR in the last register', [{ index: 5, kind: 'mem64', prefetchable: false, size: 4096 }]],
    ['two BARs in one register', [{ index: 0, kind: 'mem64', prefetchable: false, size: 4096 }, { index: 1, kind: 'mem32', prefetchable: false, size: 4096 }]],
    ['an index that is none', [{ index: 6, kind: 'mem32', prefetchable: false, size: 4096 }]],
  ])('refuse %s', (_what, bars) => {
    expect(() => space({ bars })).toThrow(code('BAD_SPEC'));
  });
});

describe('configuration space', () => {
  it('has ids and class where drivers look', () => {
    const config = space({ interruptPin: 1 });
    expect(config.read(0, 4)).toBe(0x26b5_10de);
    expect(config.read(8, 4)).toBe(0x0302_00a1);
    expect(config.read(0x2c, 4)).toBe(0x1234_10de);
    expect([config.read(0x3d, 1), config.read(0x0e, 1), config.read(6, 2), config.read(0x34, 1)]).toEqual([1, 0, 0, 0]);
  });

  it('links capabilities in the order given, where it is told to or one after the other', () => {
    const config = space({ capabilities: [pm({ at: 0x60 }), msi(), pcie({ at: 0x78 })] });
    const list: number[][] = [];
    for (let at = config.read(0x34, 1); at !== 0; at = config.read(at + 1, 1)) list.push([at, config.read(at, 1)]);
    expect(list).toEqual([[0x60, 1], [0x68, 5], [0x78, 0x10]]);
    expect(config.read(6, 2) & 0x10).toBe(0x10);
    expect(config.capability(5)).toBe(0x68);
    expect(() => space({ capabilities: [pm({ at: 0x60 }), msi({ at: 0x64 })] })).toThrow('overlaps');
    expect(() => space({ capabilities: [pcie({ at: 0xf0 })] })).toThrow(code('BAD_SPEC'));
  });

  it('message interrupts say how many there are, and where MSI-X keeps its table', () => {
    const config = space({ capabilities: [msi({ vectors: 8 }), msix({ vectors: 2048, table: { bar: 0, offset: 0x1000 }, pending: { bar: 2, offset: 8 } })] });
    const [one, other] = [config.capability(0x05)!, config.capability(0x11)!];
    config.write(one + 2, 2, 0xffff);
    config.write(other + 2, 2, 0xffff);
    expect([config.read(one + 2, 2), config.read(other + 2, 2)]).toEqual([0x00f7, 0xc7ff]);
    expect([config.read(other + 4, 4), config.read(other + 8, 4)]).toEqual([0x1000, 0xa]);
    const place = { bar: 0, offset: 0 };
    expect(() => msix({ vectors: 2049, table: place, pending: place })).toThrow('1 to 2048');
    expect(() => msix({ vectors: 1, table: { bar: 0, offset: 4 }, pending: place })).toThrow('multiple of 8');
  });

  it('starts the extended list at 0x100, with a null entry where nothing is there', () => {
    const options = { totalVfs: 32, firstVfOffset: 4, vfStride: 1, vfDevice: 0x26b5, bars: [] } as const;
    expect(space({ extended: [sriov({ ...options, at: 0xbcc })] }).read(0x100, 4)).toBe(0xbcc0_0000);
    const config = space({ extended: [sriov(options)] });
    expect([config.read(0x100, 4), config.extendedCapability(0x10)]).toEqual([0x0001_0010, 0x100]);
    expect(config.sriov).toEqual({ at: 0x100, totalVfs: 32, firstVfOffset: 4, vfStride: 1, vfDevice: 0x26b5, enabledVfs: 0, memory: false });
  });

  it('locks NumVFs while virtual functions exist, and never has more than there can be', () => {
    const config = space({ extended: [sriov({ totalVfs: 8, firstVfOffset: 1, vfStride: 1, vfDevice: 1, bars: [] })] });
    config.write(0x110, 2, 9);
    config.write(0x108, 2, 0xffff);
    expect([config.read(0x108, 2), config.sriov!.enabledVfs, config.sriov!.memory]).toEqual([0x19, 8, true]);
    config.write(0x110, 4, 3);
    expect(config.read(0x110, 2)).toBe(9);
    config.write(0x108, 2, 0);
    config.write(0x110, 2, 3);
    expect([config.read(0x110, 2), config.sriov!.enabledVfs]).toEqual([3, 0]);
  });

  it('asks for a function-level reset only where there is one', () => {
    const config = space({ capabilities: [pcie({ at: 0x40 })] });
    expect([config.write(0x48, 2, 0x8000), config.write(0x48, 4, 0x8000), config.write(0x49, 1, 0x80)]).toEqual(['flr', 'flr', 'flr']);
    expect([config.write(0x48, 2, 0x7fff), config.write(0x48, 1, 0x80), config.write(0x44, 4, 0x8000)]).toEqual([undefined, undefined, undefined]);
    expect(config.read(0x48, 2) & 0x8000).toBe(0);
    expect(space({ capabilities: [pcie({ at: 0x40, functionLevelReset: false })] }).write(0x48, 2, 0x8000)).toBeUndefined();
  });

  it('of a virtual function shows no ids and no BARs, and of the command register bus mastering alone', () => {
    const config = space({ virtual: true, bars: [{ index: 0, kind: 'mem32', prefetchable: false, size: 4096 }] });
    config.write(4, 2, 0xffff);
    config.write(0x10, 4, 0xffff_ffff);
    expect([config.read(0, 4), config.read(4, 2), config.read(0x10, 4)]).toEqual([0xffff_ffff, 4, 0]);
  });

  const access = fc.record({ size: fc.constantFrom(1 as const, 2 as const, 4 as const), slot: fc.nat(1023), part: fc.nat(3), value: fc.integer({ min: 0, max: 2 ** 32 - 1 }) });
  const full = (): ConfigSpace => space({
    bars: [{ index: 0, kind: 'mem64', prefetchable: true, size: 2 ** 33 }],
    capabilities: [pm(), msi(), pcie()],
    extended: [sriov({ totalVfs: 4, firstVfOffset: 1, vfStride: 1, vfDevice: 1, bars: [] })],
  });

  it('reads the same in any access size after any writes, keeps what is read-only, and goes on from a saved state', () => {
    fc.assert(fc.property(fc.array(access), (writes) => {
      const config = full();
      const fixed = [0x00, 0x08, 0x2c].map((at) => config.read(at, 4));
      let changes = 0;
      config.onChange(() => changes++);
      for (const { size, slot, part, value } of writes) {
        config.write(slot * 4 + Math.floor(part / size) * size, size, size === 4 ? value : value % 2 ** (8 * size));
      }
      expect(changes).toBe(writes.length);
      expect([0x00, 0x08, 0x2c].map((at) => config.read(at, 4))).toEqual(fixed);
      const other = full();
      other.restore(structuredClone(config.state()));
      for (let at = 0; at < 4096; at += 4) {
        const bytes = [0, 1, 2, 3].map((i) => config.read(at + i, 1));
        expect(other.read(at, 4)).toBe(bytes.reduceRight((sum, byte) => sum * 256 + byte, 0));
        expect(other.read(at, 2) + other.read(at + 2, 2) * 65536).toBe(other.read(at, 4));
      }
      config.reset();
      expect(config.state()).toEqual(full().state());
    }), { numRuns: 30 });
  });

  it('refuses accesses outside, across and too large', () => {
    const config = space();
    for (const [offset, size, value, why] of [
      [-4, 4, 0, 'OUT_OF_RANGE'], [4096, 1, 0, 'OUT_OF_RANGE'], [4094, 4, 0, 'OUT_OF_RANGE'], [NaN, 1, 0, 'OUT_OF_RANGE'],
      [2, 4, 0, 'UNALIGNED'], [1, 2, 0, 'UNALIGNED'], [0, 1, 256, 'BAD_VALUE'], [0, 4, -1, 'BAD_VALUE'],
    ] as const) {
      expect(() => config.write(offset, size, value), `${offset} ${size} ${value}`).toThrow(code(why));
    }
    expect(() => config.restore(new Uint8Array(256))).toThrow(code('OUT_OF_RANGE'));
  });
});

describe('a function that does not answer', () => {
  it('reads all ones, takes nothing, is off the bus, and comes back as it was', () => {
    const config = space({ bars: [{ index: 0, kind: 'mem32', prefetchable: false, size: 4096 }], capabilities: [msi({ at: 0x50 }), pcie({ at: 0x60 })] });
    config.write(4, 2, 6);
    let changes = 0;
    config.onChange(() => changes++);
    config.answering = false;
    config.answering = false;
    expect([config.read(0, 4), config.read(4, 2), config.read(0x3d, 1), config.barRegisters.read(0)]).toEqual([0xffff_ffff, 0xffff, 0xff, 0xffff_ffff]);
    expect([config.memoryEnabled, config.busMaster, config.msiEnabled]).toEqual([false, false, false]);
    expect([config.write(0x68, 2, 0x8000), config.write(4, 2, 0)]).toEqual([undefined, undefined]);
    config.answering = true;
    expect([config.read(4, 2), config.memoryEnabled, config.busMaster, changes]).toEqual([6, true, true, 2]);
  });
});
