import type { AccessSize, ConfigSpace, PciFunction } from '@nova-stack/pci';

import type { Board } from './boards.ts';
import { VIRTUAL_BARS, virtualConfig } from './config-space.ts';

/** A virtual function that nothing was given to: it enumerates, reads all ones and takes no notice of writes. */
export function emptyVirtualFunction(board: Board): PciFunction {
  const config: ConfigSpace = virtualConfig(board);
  return {
    config,
    bars: VIRTUAL_BARS,
    plug: () => undefined,
    read: (_bar: number, _offset: number, size: AccessSize) => (size === 4 ? 0xffff_ffff : size === 2 ? 0xffff : 0xff),
    write: () => undefined,
    readBlock: (_bar, _offset, into) => { into.fill(0xff); },
    writeBlock: () => undefined,
    reset: () => undefined,
    nextDue: () => undefined,
    runDue: () => undefined,
  };
}
