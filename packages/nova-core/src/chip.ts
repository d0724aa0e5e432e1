import { present, report, type Device } from './device.ts';
import { hex, NovaCoreError } from './errors.ts';
import { PMC_BOOT_0, PMC_BOOT_42, read } from './registers.ts';

/** What the driver must know of a chip before it can ask it anything. */
export interface Chip {
  /** Lower case, as firmware directories are named: `ad102`. */
  readonly name: string;
  /** (architecture << 4) | implementation. */
  readonly id: number;
  /** `a1` */
  readonly revision: string;
}

/** Chips that boot through FWSEC and booter with loading by DMA. */
const CHIPS: Readonly<Record<number, string>> = {
  0x172: 'ga102',
  0x173: 'ga103',
  0x174: 'ga104',
  0x176: 'ga106',
  0x177: 'ga107',
  0x192: 'ad102',
  0x193: 'ad103',
  0x194: 'ad104',
  0x196: 'ad106',
  0x197: 'ad107',
};

/** Architecture of the first chips that have BOOT_42 at all. */
const FERMI = 0xc;

/**
 * Identifies the chip by its boot registers; device ids are of no use, they name boards.
 * Source: linux: drivers/gpu/nova-core/gpu.rs.
 *
 * @throws {@link NovaCoreError} `NOT_SUPPORTED`
 */
export function identify(device: Device): Chip {
  const boot0 = read(device.bar0, PMC_BOOT_0);
  present(device, 'identify');
  if (boot0.architectureHigh === 0 && boot0.architecture < FERMI) {
    throw new NovaCoreError('NOT_SUPPORTED', 'identify', `BOOT_0 ${hex(boot0.raw)} is of a chip before Fermi`, { detail: { boot0: boot0.raw } });
  }
  const boot42 = read(device.bar0, PMC_BOOT_42);
  present(device, 'identify');
  const id = (boot42.architecture << 4) | boot42.implementation;
  const name = CHIPS[id];
  if (name === undefined) {
    throw new NovaCoreError('NOT_SUPPORTED', 'identify', `chip ${hex(id)} is none of ${Object.values(CHIPS).join(', ')}`, { detail: { chip: id } });
  }
  const revision = `${boot42.major.toString(16)}${boot42.minor.toString(16)}`;
  report(device.trace, 'nova-core.chip.identified', { chip: name, revision });
  return { name, id, revision };
}
