import { HEADER, PciError, SRIOV, sizeBars, writeBarAddress, type BarAccess, type BarResource, type BarSpec, type BarWindows } from '@nova-stack/pci';

import { VfioUserError } from '../errors.ts';
import { REGION } from '../protocol.ts';

/** 4-byte accesses to a device's configuration space. */
export interface ConfigAccess {
  read(offset: number): number;
  write(offset: number, value: number): void;
}

/** Smallest sizes that leave room for a BAR register's flags, and the largest (PCI Local Bus 3.0, 6.2.5.1). */
const SIZES = { io: [4, 2 ** 16], mem32: [16, 2 ** 31], mem64: [16, 2 ** 52] } as const;

/**
 * The BARs of a device whose server named their sizes: how each is decoded stands in its register.
 *
 * @param sizes - bytes of regions 0 to 5, 0 where there is none
 * @throws {@link VfioUserError} `PROTOCOL` when the two do not fit together.
 */
export function readBars(config: ConfigAccess, sizes: readonly number[]): BarSpec[] {
  const bars: BarSpec[] = [];
  for (let index = 0; index < REGION.bars; index++) {
    const size = sizes[index] ?? 0;
    if (size === 0) continue;
    const register = config.read(HEADER.bar0 + 4 * index);
    const kind = register & 1 ? 'io' : (register & 6) === 4 ? 'mem64' : 'mem32';
    const [least, most] = SIZES[kind];
    if (!isPowerOfTwo(size) || size < least || size > most) throw new VfioUserError('PROTOCOL', `BAR ${index} (${kind}) has ${size} bytes: expected a power of two from ${least} to ${most}`);
    if (kind === 'mem64' && (index === REGION.bars - 1 || (sizes[index + 1] ?? 0) !== 0)) throw new VfioUserError('PROTOCOL', `BAR ${index} has 64 bits, but the next one is taken`);
    bars.push({ index, kind, prefetchable: kind !== 'io' && (register & 8) !== 0, size });
  }
  return bars;
}

/** Gives BARs addresses, as a BIOS does. @throws PciError `NO_MEMORY`. */
export function placeBars(config: ConfigAccess, bars: readonly BarSpec[], windows: BarWindows, base: number = HEADER.bar0, count: number = 1): BarResource[] {
  const registers = registersAt(config, base);
  const owner = {};
  return bars.map((bar) => {
    const start = windows.assign(owner, bar, count);
    writeBarAddress(registers, bar, start);
    return { ...bar, start };
  });
}

/**
 * Sizes and places the BARs that virtual functions will have.
 *
 * @param at - offset of the SR-IOV capability
 * @throws {@link VfioUserError} `PROTOCOL` for sizes that no BAR can have.
 */
export function placeVirtualBars(config: ConfigAccess, at: number, windows: BarWindows): BarResource[] {
  const total = config.read(at + SRIOV.totalVfs - 2) >>> 16;
  if (total === 0) return [];
  const bars = sizeBars(registersAt(config, at + SRIOV.bar0), REGION.bars);
  const wrong = bars.find(({ kind, size }) => kind === 'io' || !isPowerOfTwo(size) || size > SIZES[kind][1]);
  if (wrong) throw new VfioUserError('PROTOCOL', `BAR ${wrong.index} (${wrong.kind}) of the virtual functions has ${wrong.size} bytes: expected memory, a power of two`);
  try {
    return placeBars(config, bars, windows, at + SRIOV.bar0, total);
  } catch (cause) {
    if (!(cause instanceof PciError)) throw cause;
    throw new VfioUserError('DEVICE', `The BARs of ${total} virtual functions find no room: ${cause.message}`, { cause });
  }
}

const registersAt = (config: ConfigAccess, base: number): BarAccess => ({
  read: (index) => config.read(base + 4 * index),
  write: (index, value) => { config.write(base + 4 * index, value); },
});

const isPowerOfTwo = (value: number): boolean => Number.isSafeInteger(value) && value > 0 && Number.isInteger(Math.log2(value));
