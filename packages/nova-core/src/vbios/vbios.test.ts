import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { findCommandSlots, writeCommand } from './application.ts';
import { VbiosError } from './error.ts';
import { FIXTURE_LAYOUT, romFixture } from '../testing/rom-fixture.ts';
import { promOf, romOf, type Rom } from './rom.ts';
import { readVbios } from './vbios.ts';

function refused(rom: Uint8Array): VbiosError {
  try {
    readVbios(romOf(rom));
  } catch (error) {
    if (error instanceof VbiosError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

/** A copy with one change. */
function patched(rom: Uint8Array, patch: (view: DataView, bytes: Uint8Array) => void): Uint8Array {
  const copy = rom.slice();
  patch(new DataView(copy.buffer), copy);
  return copy;
}

describe('readVbios', () => {
  it('follows the image chain, the BIT and the falcon table to FWSEC', () => {
    const { rom, ucode } = romFixture();
    const vbios = readVbios(romOf(rom));
    expect(vbios.images.map(({ codeType, last }) => ({ codeType, last }))).toEqual([
      { codeType: 0x00, last: false }, { codeType: 0xe0, last: true },
    ]);
    expect(vbios.version).toBe('95.02.44.00.07');
    expect(vbios.fwsec.version).toBe(3);
    expect([...vbios.fwsec.ucode]).toEqual([...ucode]);
    expect(vbios.fwsec.secureImem).toEqual({ source: 0, destination: 0, length: FIXTURE_LAYOUT.imem });
    expect(vbios.fwsec.dmem).toEqual({ source: FIXTURE_LAYOUT.imem, destination: 0, length: FIXTURE_LAYOUT.dmem });
    expect(vbios.fwsec.signing).toMatchObject({ engineMask: 0x400, ucodeId: 9, versions: 1, signatureOffset: FIXTURE_LAYOUT.signature });
  });

  it('reads a version 2 descriptor: a secure part behind a non-secure one, no signature', () => {
    const { fwsec } = readVbios(romOf(romFixture({ descriptorVersion: 2 }).rom));
    expect(fwsec.version).toBe(2);
    expect(fwsec.nonSecureImem).toEqual({ source: 0, destination: 0, length: 0x100 });
    expect(fwsec.secureImem).toEqual({ source: 0x100, destination: 0x100, length: FIXTURE_LAYOUT.imem - 0x100 });
    expect(fwsec.signing).toBeUndefined();
  });

  it('does not count an EFI image between the PC-AT and FWSEC images', () => {
    const { rom, ucode } = romFixture({ efi: true });
    expect([...readVbios(romOf(rom)).fwsec.ucode]).toEqual([...ucode]);
  });

  it('starts behind an init-from-ROM section', () => {
    expect(readVbios(romOf(romFixture({ ifr: 0x400 }).rom)).images[0]?.offset).toBe(0x400);
  });

  it('finds the first image through the directory of a version 3 init-from-ROM section', () => {
    const rom = patched(romFixture({ ifr: 0x4000 }).rom, (view) => {
      view.setUint32(4, 3 << 8, true);
      view.setUint32(8, 0x100, true);
      view.setUint32(0x100, 0x200, true);
      view.setUint32(0x1200, 0x44524652, true);
      view.setUint32(0x1208, 0x4000, true);
    });
    expect(readVbios(romOf(rom)).images[0]?.offset).toBe(0x4000);
    expect(refused(patched(rom, (view) => view.setUint32(0x1200, 0, true)))).toMatchObject({ code: 'BAD_SIGNATURE', field: 'IFR.directory' });
    expect(refused(patched(rom, (view) => view.setUint32(4, 4 << 8, true)))).toMatchObject({ code: 'BAD_VALUE', field: 'IFR.version' });
  });

  it('lets an NPDE override length and end of an image', () => {
    const { rom } = romFixture();
    const npde = patched(rom, (view, bytes) => {
      view.setUint16(0x180, 1, true);
      bytes.set([0x4e, 0x50, 0x44, 0x45], 0x190);
      view.setUint16(0x198, 4, true);
    });
    expect(readVbios(romOf(npde)).images[0]?.length).toBe(2048);
  });

  it.each([
    ['an erased flash', (_: DataView, bytes: Uint8Array) => bytes.fill(0xff), 'BAD_SIGNATURE', 'image.signature'],
    ['a PCIR pointer outside the first KiB', (view: DataView) => view.setUint16(0x18, 0x3f0, true), 'OUT_OF_RANGE', 'image.pcirPointer'],
    ['an empty image', (view: DataView) => view.setUint16(0x180, 0, true), 'BAD_VALUE', 'PCIR.imageLength'],
    ['an image beyond the ROM', (view: DataView) => view.setUint16(0x180, 0xffff, true), 'OUT_OF_RANGE', 'image'],
    ['no BIT', (view: DataView) => view.setUint8(0x1b0, 0), 'MISSING', 'BIT'],
    ['no falcon data token', (view: DataView) => view.setUint8(0x1c2, 0x71), 'MISSING', 'BIT.p'],
    ['a pointer into the PC-AT image', (view: DataView) => view.setUint32(0x210, 0x100, true), 'BAD_VALUE', 'BIT.p'],
    ['a pointer beyond the ROM', (view: DataView) => view.setUint32(0x210, 0xffff_ffff, true), 'OUT_OF_RANGE', 'falcon table'],
    ['no production FWSEC', (view: DataView) => view.setUint8(0x800 + 0x600 + 12, 0x05), 'MISSING', 'falcon table'],
    ['a descriptor that is not valid', (view: DataView) => view.setUint8(0x800 + 0x640, 0), 'BAD_VALUE', 'descriptor.valid'],
    ['a descriptor of version 4', (view: DataView) => view.setUint8(0x800 + 0x641, 4), 'BAD_VALUE', 'descriptor.version'],
    ['more signatures than the descriptor holds', (view: DataView) => view.setUint8(0x800 + 0x640 + 0x27, 9), 'BAD_VALUE', 'descriptor.signatureCount'],
    ['ucode id 0', (view: DataView) => view.setUint8(0x800 + 0x640 + 0x26, 0), 'BAD_VALUE', 'descriptor.ucodeId'],
    ['a ragged IMEM', (view: DataView) => view.setUint32(0x800 + 0x640 + 0x14, 0x401, true), 'BAD_VALUE', 'descriptor.imemLoadSize'],
    ['a signature slot outside DMEM', (view: DataView) => view.setUint32(0x800 + 0x640 + 8, 0x7ff, true), 'BAD_VALUE', 'descriptor.pkcDataOffset'],
  ] as const)('refuses %s and says where', (_, patch, code, field) => {
    expect(refused(patched(romFixture().rom, patch))).toMatchObject({ code, field });
  });

  it('throws nothing but VbiosError and reads nothing outside, whatever the bytes are', () => {
    const guarded = (bytes: Uint8Array): Rom => {
      const inner = romOf(bytes);
      return {
        size: bytes.length,
        upTo(end, field) {
          const span = inner.upTo(end, field);
          expect(end).toBeLessThanOrEqual(bytes.length);
          return span;
        },
      };
    };
    const attempt = (bytes: Uint8Array): void => {
      try {
        readVbios(guarded(bytes));
      } catch (error) {
        if (!(error instanceof VbiosError)) throw error;
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 4096 }), attempt));
    const { rom } = romFixture({ efi: true, ifr: 0x400 });
    fc.assert(fc.property(
      fc.array(fc.record({ at: fc.nat(rom.length - 1), byte: fc.nat(255) }), { minLength: 1, maxLength: 12 }),
      fc.nat(rom.length),
      (changes, cut) => {
        const bytes = rom.slice(0, cut === 0 ? rom.length : cut);
        for (const { at, byte } of changes) if (at < bytes.length) bytes[at] = byte;
        attempt(bytes);
      },
    ), { numRuns: 2000 });
  });
});

describe('promOf', () => {
  it('reads every word of the flash once and stops at the end of the last image', () => {
    const { rom } = romFixture();
    const reads: number[] = [];
    const prom = promOf({
      size: 0x100_0000,
      readBlock(offset: number, into: Uint8Array) {
        reads.push(into.length);
        const at = offset - 0x30_0000;
        into.fill(0xff);
        into.set(rom.subarray(at, at + into.length));
      },
    } as Parameters<typeof promOf>[0]);
    expect(readVbios(prom).version).toBe('95.02.44.00.07');
    expect(reads.reduce((sum, length) => sum + length, 0)).toBe(rom.length);
    expect(() => prom.upTo(0x10_0000 + 1, 'x')).toThrow(VbiosError);
  });
});

describe('the FWSEC command', () => {
  const { interface: table, mapper, input } = FIXTURE_LAYOUT;
  const dmem = (): Uint8Array => romFixture().ucode.slice(FIXTURE_LAYOUT.imem);

  it('is written where the memory mapper says', () => {
    const image = dmem();
    const slots = findCommandSlots(image, table);
    expect(slots).toEqual({ initCommand: mapper + 0x2c, input, inputSize: 0x40 });
    writeCommand(image, slots, 'frts', { start: 0x5_ffe0_0000, size: 0x10_0000 });
    const view = new DataView(image.buffer);
    expect(view.getUint32(mapper + 0x2c, true)).toBe(0x15);
    const words = Array.from({ length: 11 }, (_, i) => view.getUint32(input + 4 * i, true));
    expect(words).toEqual([1, 24, 0, 0, 0, 2, 1, 20, 0x5ffe00, 0x100, 2]);
  });

  it('leaves the region alone for SB', () => {
    const image = dmem();
    writeCommand(image, findCommandSlots(image, table), 'sb');
    const view = new DataView(image.buffer);
    expect(view.getUint32(mapper + 0x2c, true)).toBe(0x19);
    expect(view.getUint32(input + 0x20, true)).toBe(0);
  });

  it('throws nothing but VbiosError on arbitrary DMEM', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 256 }), fc.nat(300), (bytes, offset) => {
      try {
        findCommandSlots(bytes, offset);
      } catch (error) {
        if (!(error instanceof VbiosError)) throw error;
      }
    }));
  });
});
