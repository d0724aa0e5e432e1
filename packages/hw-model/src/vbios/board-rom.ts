import { CHIPS } from '@nova-stack/gpu-regs';

import type { Board } from '../boards.ts';
import { vbiosRom } from './rom.ts';

/** What a board's flash shows. That of boards with an FSP is not for the CPU: nothing. */
export function romOf({ chip, pci, classCode, vbiosVersion, fuses }: Board): Uint8Array {
  const { fwsecDescriptor } = CHIPS[chip].family;
  if (fwsecDescriptor === undefined || vbiosVersion === undefined) return new Uint8Array(0);
  return vbiosRom({
    chip, fwsecDescriptor, vendor: pci.vendor, device: pci.device, classCode, version: vbiosVersion, fuseVersions: [fuses.gspFwsec], initFromRom: chip === 'ga100',
  });
}
