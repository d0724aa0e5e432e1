import { sha256 } from '@noble/hashes/sha2.js';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';

import { vbiosRom, type VbiosSpec } from './rom.ts';

const spec: VbiosSpec = { chip: 'ad102', fwsecDescriptor: 3, vendor: 0x10de, device: 0x26b5, classCode: 0x030200, version: [0x95, 0x02, 0x5c, 0x00, 0x01], fuseVersions: [0] };

/** Reads the way that drivers do, by numbers: this file must not share the writer's declarations. */
function walk(rom: Uint8Array): { at: number; size: number; type: number; last: boolean }[] {
  const view = new DataView(rom.buffer, rom.byteOffset, rom.byteLength);
  const images = [];
  for (let at = 0; at < rom.length; ) {
    expect(view.getUint16(at, true)).toBe(0xaa55);
    const pcir = at + view.getUint16(at + 0x18, true);
    expect(String.fromCharCode(...rom.subarray(pcir, pcir + 4))).toBe('PCIR');
    expect([view.getUint16(pcir + 4, true), view.getUint16(pcir + 6, true)]).toEqual([0x10de, 0x26b5]);
    const npde = Math.ceil((pcir + view.getUint16(pcir + 0x0a, true)) / 16) * 16;
    expect(String.fromCharCode(...rom.subarray(npde, npde + 4))).toBe('NPDE');
    const size = view.getUint16(pcir + 0x10, true) * 512;
    expect(view.getUint16(npde + 8, true) * 512).toBe(size);
    expect(rom[npde + 0x0a]).toBe(rom[pcir + 0x15]);
    images.push({ at, size, type: rom[pcir + 0x14]!, last: (rom[pcir + 0x15]! & 0x80) !== 0 });
    at += size;
  }
  return images;
}

describe('the synthetic VBIOS', () => {
  const rom = vbiosRom(spec);
  const view = new DataView(rom.buffer);
  const images = walk(rom);
  const [pcAt, , fwsec] = images as [(typeof images)[0], (typeof images)[0], (typeof images)[0]];
  /** A pointer as stored, to an offset in the ROM: it skips what stands between the first image and FWSEC. */
  const follow = (pointer: number): number => pointer - pcAt.size + fwsec.at;

  it('is a chain of a PC-AT, an EFI and a FWSEC image, the last one marked', () => {
    expect(images.map(({ type, last }) => [type, last])).toEqual([[0x00, false], [0x03, false], [0xe0, true]]);
    // Readers look 4 KiB past the start of the last image.
    expect(rom.length - fwsec.at).toBeGreaterThanOrEqual(0x1000);
    expect(rom.length).toBeLessThanOrEqual(0x100000);
  });

  it('has a PC-AT image whose bytes sum to 0, as nouveau checks', () => {
    expect(rom.subarray(0, pcAt.size).reduce((sum, byte) => (sum + byte) & 0xff, 0)).toBe(0);
    expect(rom[2]! * 512).toBe(pcAt.size);
  });

  it('leads from BIT through the falcon table to FWSEC', () => {
    const bit = 0x1b0;
    expect([...rom.subarray(bit, bit + 6)]).toEqual([0xff, 0xb8, 0x42, 0x49, 0x54, 0x00]);
    expect([rom[bit + 8], rom[bit + 9]]).toEqual([12, 6]);
    expect(rom.subarray(bit, bit + 12).reduce((sum, byte) => (sum + byte) & 0xff, 0)).toBe(0);
    const tokens = Array.from({ length: rom[bit + 10]! }, (_, i) => bit + 12 + 6 * i);
    const token = tokens.find((at) => rom[at] === 0x70)!;
    expect([rom[token + 1], view.getUint16(token + 2, true)]).toEqual([2, 4]);
    const table = follow(view.getUint32(view.getUint16(token + 4, true), true));
    expect([...rom.subarray(table, table + 4)]).toEqual([1, 6, 6, 1]);
    expect(rom[table + 6]).toBe(0x85);
    const descriptor = follow(view.getUint32(table + 8, true));
    expect(view.getUint32(descriptor, true)).toBe(((44 + 384) << 16) | (3 << 8) | 1);

    const information = tokens.find((at) => rom[at] === 0x69)!;
    const version = view.getUint16(information + 4, true);
    expect([3, 2, 1, 0, 4].map((i) => rom[version + i]!.toString(16).padStart(2, '0')).join('.')).toBe('95.02.5c.00.01');
  });

  it('describes ucode that drivers can load, patch and sign', () => {
    const at = fwsec.at + 0x440;
    const u32 = (offset: number): number => view.getUint32(at + offset, true);
    const { pkc, interfaces, imem, dmem } = { pkc: u32(0x08), interfaces: u32(0x0c), imem: u32(0x14), dmem: u32(0x20) };
    expect([imem % 256, imem > 0, imem < 0x10000]).toEqual([0, true, true]);
    expect([view.getUint16(at + 0x24, true), rom[at + 0x26], rom[at + 0x27], view.getUint16(at + 0x28, true)]).toEqual([0x400, 9, 1, 1]);
    const ucode = at + (u32(0) >>> 16);
    expect(ucode + imem + dmem).toBeLessThanOrEqual(fwsec.at + fwsec.size);
    expect(pkc + 384).toBeLessThanOrEqual(dmem);

    const data = ucode + imem;
    expect([...rom.subarray(data + interfaces, data + interfaces + 4)]).toEqual([1, 4, 8, 2]);
    expect(view.getUint32(data + interfaces + 4, true)).toBe(4);
    const mapper = data + view.getUint32(data + interfaces + 8, true);
    expect(String.fromCharCode(...rom.subarray(mapper, mapper + 4))).toBe('DMAP');
    const [command, size] = [view.getUint32(mapper + 8, true), view.getUint32(mapper + 12, true)];
    expect(size).toBeGreaterThanOrEqual(44);
    expect(command + size).toBeLessThanOrEqual(pkc);
    expect(view.getUint32(mapper + 0x2c, true)).toBe(0);
  });

  it('carries FWSEC of a Turing behind a descriptor of version 2: a mirror of IMEM, then DMEM, signed already', () => {
    const bytes = vbiosRom({ ...spec, chip: 'tu102', fwsecDescriptor: 2 });
    const at = walk(bytes)[2]!.at + 0x440;
    const data = new DataView(bytes.buffer);
    const u32 = (offset: number): number => data.getUint32(at + offset, true);
    expect(u32(0)).toBe((60 << 16) | (2 << 8) | 1);
    const [interfaces, load, secure, secureSize, dmemOffset, dmemSize] = [u32(0x10), u32(0x18), u32(0x20), u32(0x24), u32(0x28), u32(0x30)];
    // nova-core and nouveau derive the place of secure code differently; here it is the same.
    expect([u32(0x14), u32(0x1c), u32(0x2c)]).toEqual([0, 0, 0]);
    expect([secure + secureSize, dmemOffset]).toEqual([load, load]);
    expect([secure, secureSize, load, dmemSize].map((value) => value % 0x100)).toEqual([0, 0, 0, 0]);
    const ucode = bytes.slice(at + 60, at + 60 + load + dmemSize);
    expect(ucode).toHaveLength(load + dmemSize);
    expect(String.fromCharCode(...ucode.subarray(secure, secure + 8))).toBe('NOVASYN1');
    const dmem = ucode.subarray(dmemOffset);
    expect([...dmem.subarray(interfaces, interfaces + 4)]).toEqual([1, 4, 8, 2]);
    const header = new DataView(ucode.buffer, secure);
    const [start, length] = [header.getUint32(0x38, true), header.getUint32(0x3c, true)];
    const signature = dmem.slice(0x200, 0x210);
    dmem.fill(0, start, start + length);
    dmem.fill(0, 0x200, 0x210);
    expect(sha256.create().update(ucode.subarray(secure, load)).update(dmem).digest().subarray(0, 16)).toEqual(signature);
  });

  it('stands behind an init-from-ROM section where reads do not skip that: GA100', () => {
    const bytes = vbiosRom({ ...spec, initFromRom: true });
    const words = new DataView(bytes.buffer);
    expect([words.getUint32(0, true), (words.getUint32(4, true) >>> 8) & 0xff]).toEqual([0x4947564e, 2]);
    const at = words.getUint32(((words.getUint32(4, true) >>> 16) & 0x7fff) + 4, true);
    expect(bytes.slice(at)).toEqual(rom);
  });

  test.prop([fc.uniqueArray(fc.nat(15), { minLength: 1 })], { numRuns: 20 })('carries a signature per fuse version, in order, over all that is not patched', (fuseVersions) => {
    const bytes = vbiosRom({ ...spec, fuseVersions });
    const at = bytes.length - 0;
    const { at: image } = walk(bytes)[2]!;
    const data = new DataView(bytes.buffer);
    const descriptor = image + 0x440;
    const ordered = [...fuseVersions].sort((a, b) => a - b);
    expect(bytes[descriptor + 0x27]).toBe(ordered.length);
    expect(data.getUint16(descriptor + 0x28, true)).toBe(ordered.reduce((bits, version) => bits | (1 << version), 0));
    const ucode = descriptor + (data.getUint32(descriptor, true) >>> 16);
    expect(ucode).toBe(descriptor + 44 + 384 * ordered.length);
    expect(ucode).toBeLessThan(at);
    const imem = bytes.slice(ucode, ucode + data.getUint32(descriptor + 0x14, true));
    const dmem = bytes.slice(ucode + imem.length, ucode + imem.length + data.getUint32(descriptor + 0x20, true));
    const header = new DataView(imem.buffer);
    expect(String.fromCharCode(...imem.subarray(0, 8))).toBe('NOVASYN1');
    const [start, length] = [header.getUint32(0x38, true), header.getUint32(0x3c, true)];
    dmem.fill(0, start, start + length);
    dmem.fill(0, data.getUint32(descriptor + 8, true), data.getUint32(descriptor + 8, true) + 384);
    const digest = sha256.create().update(imem).update(dmem).digest();
    ordered.forEach((version, index) => {
      const block = bytes.subarray(descriptor + 44 + 384 * index, descriptor + 44 + 384 * (index + 1));
      expect(String.fromCharCode(...block.subarray(0, 8))).toBe('NOVASIG1');
      expect(block[8]).toBe(version);
      expect(block.slice(0x20, 0x40)).toEqual(digest);
    });
  });
});
