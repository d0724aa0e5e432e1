import { describe, expect, it } from 'vitest';

import { firmwarePath, parseBooter, parseRiscvBootloader, syntheticPack, writeBooter, type Booter } from './index.ts';

const pack = syntheticPack({ chip: 'ad102', version: '570.144' });
const path = firmwarePath({ chip: 'ad102', kind: 'booter_load', version: '570.144' });
const bytes = await pack.read(path);
const booter = parseBooter(bytes, path);

/** Writes a booter with one part changed. */
const changed = (change: Partial<Booter>): Uint8Array => writeBooter({ ...booter, ...change });
const refused = (file: Uint8Array, field: string, code = 'BAD_HEADER'): void => {
  expect(() => parseBooter(file, 'f')).toThrow(expect.objectContaining({ name: 'FirmwareFileError', code, field }));
};

describe('a booter', () => {
  it('is laid out as the real one', () => {
    expect(booter).toMatchObject({
      size: 57720, patchLocation: 0x7e10, pkcOffset: 0x10, signatureShift: 0,
      bin: { headerOffset: 0x18, dataOffset: 0x378, dataSize: 0xde00, totalSize: 0xe200 },
      hs: { signaturesOffset: 0x3c, signaturesSize: 0x300, patchLocationOffset: 0x33c, signatureShiftOffset: 0x340, metadataOffset: 0x344, metadataSize: 12, signatureCountOffset: 0x350, loadHeaderOffset: 0x354, loadHeaderSize: 36 },
      metadata: { fuseVersion: 1, engineIdMask: 1, ucodeId: 3 },
      load: { osCodeOffset: 0, osCodeSize: 0x100, osDataOffset: 0x7e00, osDataSize: 0x6000, appCount: 1 },
      apps: [{ codeOffset: 0x100, codeSize: 0x7d00, dataOffset: 0x100, dataSize: 0 }],
      rest: [],
    });
    expect(booter.signatures.map(({ length }) => length)).toEqual([384, 384]);
    expect(booter.imem).toHaveLength(0x7d00);
    expect(booter.dmem).toHaveLength(0x6000);
  });

  it('refuses parts that leave the data', () => {
    const { load, apps } = booter;
    refused(changed({ load: { ...load, osCodeSize: 0xde01 } }), 'load.osCodeOffset');
    refused(changed({ load: { ...load, osDataSize: 0x6001 } }), 'load.osDataOffset');
    refused(changed({ apps: [{ ...apps[0]!, codeOffset: 0xffffffff }] }), 'load.apps[0].codeOffset');
    refused(changed({ apps: [{ ...apps[0]!, dataSize: 0xffffffff }] }), 'load.apps[0].dataOffset');
  });

  it('refuses a patch location where no signature fits', () => {
    refused(changed({ patchLocation: 0x7dff }), 'patchLocation');
    refused(changed({ patchLocation: 0xde00 - 383 }), 'patchLocation');
  });

  it('refuses counts that cannot be', () => {
    refused(changed({ load: { ...booter.load, appCount: 0 } }), 'load.appCount');
    refused(changed({ load: { ...booter.load, appCount: 2 } }), 'load.appCount');
    refused(changed({ load: { ...booter.load, appCount: 17 } }), 'load.appCount');
    for (const count of [0, 5, 65]) {
      const file = bytes.slice();
      new DataView(file.buffer).setUint32(0x350, count, true);
      refused(file, count === 5 ? 'hs.signaturesSize' : 'signatureCount');
    }
    refused(changed({ hs: { ...booter.hs, metadataSize: 8 } }), 'hs.metadataSize');
  });

  it('refuses other containers and other versions of it', () => {
    refused(changed({ bin: { ...booter.bin, magic: 0x10df } }), 'bin.magic', 'BAD_MAGIC');
    refused(changed({ bin: { ...booter.bin, version: 2 } }), 'bin.version', 'UNSUPPORTED');
    refused(changed({ bin: { ...booter.bin, dataSize: 0xde01 } }), 'bin.data', 'TRUNCATED');
    refused(changed({ bin: { ...booter.bin, dataSize: 0 } }), 'bin.dataSize');
  });

  it('cannot be written with what does not fit', () => {
    expect(() => changed({ patchLocation: 2 ** 32 })).toThrow(expect.objectContaining({ code: 'BAD_VALUE', field: 'patchLocation' }));
    expect(() => changed({ size: 100 })).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }));
  });
});

describe('a RISC-V bootloader', () => {
  it('is laid out as the real one', async () => {
    const file = firmwarePath({ chip: 'ad102', kind: 'bootloader', version: '570.144' });
    expect(parseRiscvBootloader(await pack.read(file), file)).toMatchObject({
      size: 36972,
      bin: { headerOffset: 0x18, dataOffset: 0x6c, dataSize: 0x9000, totalSize: 0x9100 },
      descriptor: {
        version: 5, bootloaderOffset: 0x8000, bootloaderSize: 0x880, bootloaderParamOffset: 0x8880, bootloaderParamSize: 0x10,
        appVersion: 0, manifestOffset: 0, manifestSize: 0x800, monitorDataOffset: 0x800, monitorDataSize: 0x4000,
        monitorCodeOffset: 0x4800, monitorCodeSize: 0x2900, monitorEnabled: 1,
      },
      tail: { fbReservedSize: 0x9000, signedAsCode: 0 },
      rest: [],
    });
  });

  it('refuses descriptors that it does not know, and parts that leave the data', async () => {
    const file = (await pack.read(firmwarePath({ chip: 'ad102', kind: 'bootloader', version: '570.144' }))).slice();
    const view = new DataView(file.buffer);
    view.setUint32(0x18 + 4 * 12, 0x9000, true);
    expect(() => parseRiscvBootloader(file, 'f')).toThrow(expect.objectContaining({ code: 'BAD_HEADER', field: 'descriptor.monitorCodeOffset', offset: 0x48, value: 0x9000 }));
    view.setUint32(0x18, 6, true);
    expect(() => parseRiscvBootloader(file, 'f')).toThrow(expect.objectContaining({ code: 'UNSUPPORTED', field: 'descriptor.version', offset: 0x18, value: 6 }));
  });
});
