import { describe, expect, it } from 'vitest';

import { CHIPS, chipById, get, NV_PMC_BOOT_42, type Chip } from '../index.ts';

const all: readonly Chip[] = Object.values(CHIPS);

describe('the chip table', () => {
  it('has the 24 chips of nova-core, each under its name and id', () => {
    expect(all.length).toBe(24);
    for (const [name, chip] of Object.entries(CHIPS)) {
      expect(chip.name).toBe(name);
      expect(chipById(chip.id)).toBe(chip);
    }
    expect(chipById(0x140)).toBeUndefined();
  });

  it('agrees with BOOT_42 about the architecture', () => {
    const codes = { turing: 0x16, ampere: 0x17, hopper: 0x18, ada: 0x19, 'blackwell-gb10x': 0x1a, 'blackwell-gb20x': 0x1b };
    for (const { id, family } of all) expect(get(NV_PMC_BOOT_42, 'architecture', id * 2 ** 20)).toBe(codes[family.architecture]);
  });

  // gpu-boot facts, one row per family: boot chain, falcon, loading, descriptor, libos, leaves, DMA bits, page tables.
  it.each([
    ['tu102', 'fwsec-booter', 'tu102', 'pio', 2, 2, 8, 47, 'ver2', '.fwsignature_tu10x', 0x88000],
    ['tu116', 'fwsec-booter', 'tu102', 'pio', 2, 2, 8, 47, 'ver2', '.fwsignature_tu11x', 0x88000],
    ['ga100', 'booter', 'tu102', 'pio', 2, 2, 8, 47, 'ver2', '.fwsignature_ga100', 0x88000],
    ['ga102', 'fwsec-booter', 'ga102', 'dma', 3, 3, 8, 47, 'ver2', '.fwsignature_ga10x', 0x88000],
    ['ad102', 'fwsec-booter', 'ga102', 'dma', 3, 3, 8, 47, 'ver2', '.fwsignature_ad10x', 0x88000],
    ['gh100', 'fsp', 'ga102', undefined, undefined, 3, 16, 52, 'ver3', '.fwsignature_gh100', 0x92000],
    ['gb100', 'fsp', 'ga102', undefined, undefined, 3, 16, 52, 'ver3', '.fwsignature_gb10x', 0x92000],
    ['gb202', 'fsp', 'ga102', undefined, undefined, 3, 16, 52, 'ver3', '.fwsignature_gb20x', 0x92000],
  ] as const)('%s', (name, bootChain, falcon, ucodeLoad, fwsecDescriptor, libos, interruptLeaves, dmaBits, gmmu, signatureSection, mirror) => {
    expect(CHIPS[name].family).toMatchObject({
      bootChain, falcon, libos, interruptLeaves, dmaBits, gmmu, signatureSection, configMirror: { start: mirror, size: 0x1000 },
    });
    expect(CHIPS[name].family.ucodeLoad).toBe(ucodeLoad);
    expect(CHIPS[name].family.fwsecDescriptor).toBe(fwsecDescriptor);
  });

  it.each([
    ['tu102', 0x12_3456_7000, [[0x100c10, 0x12345670]]],
    ['ad102', 0x123_4567_8000, [[0x100c40, 0x1], [0x100c10, 0x23456780]]],
    ['gh100', 0x123_4567_8000, [[0x100a38, 0x123], [0x100a34, 0x45678000]]],
    ['gb202', 0x123_4567_8000, [[0x8a1d5c, 0x123], [0x8a1d58, 0x45678000]]],
  ] as const)('splits the flush page of %s', (name, address, writes) => {
    const split = CHIPS[name].family.flushPage.map(({ register, shift }) => [register.address, Math.floor(address / 2 ** shift) % 2 ** 32]);
    expect(split).toEqual(writes);
  });
});
