import { expect, it } from 'vitest';

import { COT_PAYLOAD, FSP_RESPONSE, make, MCTP_HEADER, NVDM_HEADER, NVDM_PCI_VENDOR_MESSAGE, NVDM_TYPES, NVDM_VENDOR, PRC_REQUEST, PRC_RESPONSE } from '../index.ts';

// What linux: drivers/gpu/drm/nouveau/nvkm/subdev/fsp/gh100.c and drivers/gpu/nova-core/fsp.rs put on the wire.
it('spells headers as other drivers do', () => {
  expect(make(MCTP_HEADER, { som: 1, eom: 1 })).toBe(0xc000_0000);
  const header = (type: number): number => make(NVDM_HEADER, { type, vendor: NVDM_VENDOR, messageType: NVDM_PCI_VENDOR_MESSAGE });
  expect([NVDM_TYPES.prc, NVDM_TYPES.chainOfTrust, NVDM_TYPES.response].map(header)).toEqual([0x1310_de7e, 0x1410_de7e, 0x1510_de7e]);
});

it('has payloads of the right size', () => {
  expect([COT_PAYLOAD.size, FSP_RESPONSE.size, PRC_REQUEST.size, PRC_RESPONSE.size]).toEqual([860, 12, 4, 4]);
  expect(COT_PAYLOAD.offsets).toMatchObject({
    gspFmcSysmemOffset: 4, frtsVidmemOffset: 0x18, hash384: 0x24, publicKey: 0x54, signature: 0x1d4, gspBootArgsSysmemOffset: 0x354,
  });
});
