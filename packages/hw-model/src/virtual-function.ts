import { createConfigSpace, type AccessSize, type BarSpec, type ConfigSpace, type PciFunction } from '@nova-stack/pci';

import type { Board } from './boards.ts';

/** BARs of a virtual function; each exists TotalVFs times behind the addresses in the SR-IOV capability. */
export const VF_BARS: readonly BarSpec[] = [
  { index: 0, kind: 'mem64', prefetchable: true, size: 0x40000 },
  { index: 2, kind: 'mem64', prefetchable: true, size: 0x10000000 },
  { index: 4, kind: 'mem64', prefetchable: true, size: 0x2000000 },
];

/** A virtual function that nothing was given to: it enumerates, and answers all ones. */
export function emptyVirtualFunction(board: Board): PciFunction {
  const config: ConfigSpace = createConfigSpace({
    vendor: board.pci.vendor, device: board.pci.device, revision: board.pci.revision,
    classCode: { base: board.classCode >>> 16, sub: (board.classCode >>> 8) & 0xff, interface: board.classCode & 0xff },
    subsystemVendor: board.pci.subsystemVendor, subsystem: board.pci.subsystem,
    bars: VF_BARS, virtual: true,
  });
  return {
    config,
    bars: VF_BARS,
    plug: () => undefined,
    read: (_bar: number, _offset: number, size: AccessSize) => (size === 4 ? 0xffffffff : size === 2 ? 0xffff : 0xff),
    write: () => undefined,
    readBlock: (_bar, _offset, into) => { into.fill(0xff); },
    writeBlock: () => undefined,
    reset: () => { config.reset(); },
    nextDue: () => undefined,
    runDue: () => undefined,
  };
}
