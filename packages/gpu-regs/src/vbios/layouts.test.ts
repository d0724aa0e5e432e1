import { describe, expect, it } from 'vitest';

import {
  BIT_HEADER, BIT_TOKEN, DMEM_MAPPER, FALCON_TABLE_ENTRY, FALCON_TABLE_HEADER, FWSEC_FRTS_REGION, FWSEC_READ_VBIOS, INTERFACE_ENTRY, INTERFACE_HEADER,
  NPDE, PCIR, ROM_HEADER, UCODE_DESCRIPTOR_V2, UCODE_DESCRIPTOR_V3,
} from '../index.ts';

describe('structures of the VBIOS', () => {
  it.each([
    [ROM_HEADER, 0x1a], [PCIR, 0x18], [NPDE, 0x0b], [BIT_HEADER, 12], [BIT_TOKEN, 6], [FALCON_TABLE_HEADER, 4], [FALCON_TABLE_ENTRY, 6],
    [UCODE_DESCRIPTOR_V2, 60], [UCODE_DESCRIPTOR_V3, 44], [INTERFACE_HEADER, 4], [INTERFACE_ENTRY, 8], [DMEM_MAPPER, 64],
    [FWSEC_READ_VBIOS, 24], [FWSEC_FRTS_REGION, 20],
  ] as const)('%#: has its size', (layout, size) => {
    expect(layout.size, layout.name).toBe(size);
  });

  it('have their fields where readers look', () => {
    expect(ROM_HEADER.offsets.pciData).toBe(0x18);
    expect(PCIR.offsets).toMatchObject({ vendor: 4, device: 6, length: 0x0a, classCode: 0x0d, imageLength: 0x10, codeType: 0x14, indicator: 0x15 });
    expect(NPDE.offsets).toMatchObject({ subimageLength: 8, indicator: 0x0a });
    expect(BIT_HEADER.offsets).toMatchObject({ signature: 2, version: 6, headerSize: 8, tokenSize: 9, tokenCount: 0x0a, checksum: 0x0b });
    expect(UCODE_DESCRIPTOR_V2.offsets).toMatchObject({ interfaceOffset: 0x10, imemLoadSize: 0x18, imemSecBase: 0x20, dmemOffset: 0x28, dmemLoadSize: 0x30 });
    expect(UCODE_DESCRIPTOR_V3.offsets).toMatchObject({
      pkcDataOffset: 0x08, interfaceOffset: 0x0c, imemPhysBase: 0x10, imemLoadSize: 0x14, dmemPhysBase: 0x1c, dmemLoadSize: 0x20,
      engineIdMask: 0x24, ucodeId: 0x26, signatureCount: 0x27, signatureVersions: 0x28,
    });
    expect(DMEM_MAPPER.offsets).toMatchObject({ commandIn: 0x08, commandOut: 0x10, initCommand: 0x2c, multiTarget: 0x3c });
  });
});
