import type { Family } from '@nova-stack/gpu-regs';
import { HEADER, type BarResource, type PciDevice } from '@nova-stack/pci';

import { NovaCoreError } from './errors.ts';
import type { SystemFacts } from './firmware/abi.ts';

/** BARs as this driver and the firmware number them, by PCI index. */
export const BARS = { registers: 0, framebuffer: 1, instance: 3 } as const;
/** Virtual functions have their three memory BARs at the same indices. */
const VF_BARS = [0, 1, 3] as const;
/** As many as the firmware's field can say. */
const MAX_VFS = 255;

/** The BAR with this PCI index. @throws {@link NovaCoreError} `NOT_SUPPORTED` */
export function bar(pci: PciDevice, index: number): BarResource {
  const found = pci.resources.find((resource) => resource.index === index);
  if (found === undefined) throw new NovaCoreError('NOT_SUPPORTED', 'pci', `${pci.name} has no BAR ${index}`);
  return found;
}

/** Virtual functions that can be hosted; fewer than two are none, as in linux: drivers/gpu/nova-core/vgpu.rs. */
export function hostableVfs(pci: PciDevice): number {
  const total = pci.sriov?.totalVfs ?? 0;
  return total < 2 ? 0 : Math.min(total, MAX_VFS);
}

/**
 * What the firmware has to be told of the function, read from its configuration space.
 *
 * @param vfs - virtual functions that the firmware is to host; 0 keeps all of them from it
 */
export function systemFacts(pci: PciDevice, { configMirror }: Family, vfs: number): SystemFacts {
  const { bus, device, function: fn } = pci.address;
  const { sriov } = pci;
  return {
    registers: bar(pci, BARS.registers).start,
    framebuffer: bar(pci, BARS.framebuffer).start,
    instance: bar(pci, BARS.instance).start,
    busDeviceFunction: (bus << 8) | (device << 3) | fn,
    deviceId: pci.readConfig(HEADER.vendor, 4),
    subsystemId: pci.readConfig(HEADER.subsystemVendor, 4),
    revision: pci.readConfig(HEADER.revision, 1),
    configMirror,
    vfs: sriov === undefined || vfs === 0 ? undefined : {
      total: sriov.totalVfs,
      firstOffset: sriov.firstVfOffset,
      bars: VF_BARS.map((index) => {
        const found = sriov.vfResources.find((resource) => resource.index === index);
        return { address: found?.start ?? 0, is64: found?.kind === 'mem64' };
      }),
    },
  };
}
