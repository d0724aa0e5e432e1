import { CAPABILITY, EXTENDED_CAPABILITY, HEADER, PM, SRIOV, type PciDevice } from '@nova-stack/pci';

const CONFIG_SIZE = 4096;
const D0 = 0;
const D3_HOT = 3;

/** Configuration space of a function as it was, to be put back when power has taken it. */
export type SavedConfig = readonly number[];

/** Reads all of configuration space. */
export function saveConfig(pci: PciDevice): SavedConfig {
  const saved: number[] = [];
  for (let offset = 0; offset < CONFIG_SIZE; offset += 4) saved.push(pci.readConfig(offset, 4));
  return saved;
}

/** Puts back what differs. What switches something on comes last: VF Enable locks NumVFs, decoding wants addresses. */
export function restoreConfig(pci: PciDevice, saved: SavedConfig): void {
  const sriov = pci.findExtendedCapability(EXTENDED_CAPABILITY.sriov);
  const last = [...(sriov === undefined ? [] : [sriov + SRIOV.control]), HEADER.command];
  const putBack = (offset: number): void => {
    const value = saved[offset / 4]!;
    if (pci.readConfig(offset, 4) === value) return;
    // The upper half of the first dwords is a status register, in which ones clear.
    if (offset === HEADER.command) pci.writeConfig(offset, 2, value & 0xffff);
    else pci.writeConfig(offset, 4, value);
  };
  for (let offset = 0; offset < CONFIG_SIZE; offset += 4) if (!last.includes(offset)) putBack(offset);
  for (const offset of last) putBack(offset);
}

/** Lets the function sleep (D3hot), or wakes it (D0). Does nothing without power management. */
export function setPower(pci: PciDevice, on: boolean): void {
  const at = pci.findCapability(CAPABILITY.pm);
  if (at === undefined) return;
  const control = pci.readConfig(at + PM.control, 2);
  pci.writeConfig(at + PM.control, 2, (control & ~3) | (on ? D0 : D3_HOT));
}
