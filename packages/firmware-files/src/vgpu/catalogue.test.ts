import { text } from '@nova-stack/c-layout';
import { NVA081_CTRL_VGPU_INFO } from '@nova-stack/nvrm-headers/r570_144/ctrla081';
import { describe, expect, it } from 'vitest';

import { parseVgpuTypeFile, SYNTHETIC_ID_BASE, syntheticTypeFile, typesFor, VGPU_GPUS } from '../index.ts';
import { equalSizePlacements } from './placements.ts';

const gpu = VGPU_GPUS[0]!;
const identity = { vendor: 0x10de, device: 0x26b5, subsystemVendor: 0x10de, subsystem: 0x169d };

describe('the catalogue', () => {
  it('has the 29 profiles of the L40, each with an id and a guest of its own', () => {
    expect(gpu).toMatchObject({ name: 'NVIDIA L40', device: 0x26b5, gib: 48 });
    expect(gpu.profiles).toHaveLength(29);
    expect(new Set(gpu.profiles.map(({ name }) => name)).size).toBe(29);
    expect(new Set(gpu.profiles.map(({ id }) => id)).size).toBe(29);
    expect(new Set(gpu.profiles.map(({ subsystem }) => subsystem)).size).toBe(29);
    for (const { name, series, gib, maxInstances } of gpu.profiles) {
      expect(name).toBe(`L40-${gib}${series}`);
      expect(gib * maxInstances).toBeLessThanOrEqual(gpu.gib);
    }
  });

  it('says which ids are public and which are ours', () => {
    const known = gpu.profiles.filter(({ idSource }) => idSource === 'public');
    expect(known.map(({ name, id }) => [name, id])).toEqual([['L40-1B', 869], ['L40-1Q', 871]]);
    for (const { id, idSource } of gpu.profiles) expect(id >= SYNTHETIC_ID_BASE).toBe(idSource === 'synthetic');
  });

  it('places instances of one size as a 48 GiB board does', () => {
    expect(equalSizePlacements(1, 48, 32)).toEqual(Array.from({ length: 32 }, (_, i) => i));
    expect(equalSizePlacements(12, 48, 4)).toEqual([0, 12, 24, 36]);
    expect(equalSizePlacements(48, 48, 1)).toEqual([0]);
  });
});

describe('the synthetic type file', () => {
  const file = parseVgpuTypeFile(syntheticTypeFile({ device: 0x26b5, version: '570.144' }), 'types');
  const records = typesFor(file, identity, '570.144')!.records.map((record) => NVA081_CTRL_VGPU_INFO.read(record));

  it('has every profile of the catalogue', () => {
    expect(records.map(({ vgpuName }) => text(vgpuName))).toEqual(gpu.profiles.map(({ name }) => `NVIDIA ${name}`));
    expect(records.map(({ vgpuType }) => vgpuType)).toEqual(gpu.profiles.map(({ id }) => id));
    for (const { homogeneousPlacementCount, maxInstance } of records) expect(homogeneousPlacementCount).toBe(maxInstance);
  });

  it('says of L40-1B what its published record says', () => {
    const record = records.find(({ vgpuType }) => vgpuType === 869)!;
    expect(text(record.vgpuClass)).toBe('NVS');
    expect(record).toMatchObject({
      maxInstance: 32, numHeads: 4, maxResolutionX: 5120, maxResolutionY: 2880, maxPixels: 16384000, frlConfig: 45, frlEnable: 1,
      cudaEnabled: 0, eccSupported: 0, vdevId: 0x26b5176dn, pdevId: 0x26b5n, profileSize: 1n << 30n, fbLength: 1n << 30n,
      gspHeapSize: 32n << 20n, fbReservation: 0n, mappableVideoSize: 4n << 20n, encoderCapacity: 100, bar1Length: 256n,
      multiVgpuExclusive: 1,
    });
  });

  it('can be for another board, for another release, and of chosen profiles', () => {
    const other = parseVgpuTypeFile(syntheticTypeFile({ device: 0x26b5, subsystem: 0x17da, version: '570.144', gspVersion: '580.65.06', profiles: ['L40-48Q'] }), 'types');
    expect(other.gspVersion).toBe('580.65.06');
    expect(typesFor(other, { ...identity, subsystem: 0x17da }, '580.65.06')?.records).toHaveLength(1);
  });

  it('is not made of what nobody knows', () => {
    expect(() => syntheticTypeFile({ device: 0x2684, version: '570.144' })).toThrow(expect.objectContaining({ code: 'UNSUPPORTED', field: 'device' }));
    expect(() => syntheticTypeFile({ device: 0x26b5, version: '580.105.08' })).toThrow(expect.objectContaining({ code: 'UNSUPPORTED', field: 'version' }));
    expect(() => syntheticTypeFile({ device: 0x26b5, version: '570.144', profiles: ['L40-5Q'] })).toThrow(expect.objectContaining({ code: 'BAD_VALUE', field: 'profiles' }));
  });
});
