import { chipById, NV_PMC_BOOT_0, NV_PMC_BOOT_42, type Family } from '@nova-stack/gpu-regs';

import { present, report, type Device } from './device.ts';
import { hex, NovaCoreError } from './errors.ts';
import { read } from './mmio.ts';

/** What the driver must know of a chip before it can ask it anything. */
export interface Chip {
  /** Lower case, as firmware directories are named: `ad102`. */
  readonly name: string;
  /** (architecture << 4) | implementation. */
  readonly id: number;
  /** `a1` */
  readonly revision: string;
  /** What chips of its family have in common. */
  readonly family: Family;
}

/** Architecture of the first chips that have BOOT_42 at all. */
const FERMI = 0xc;

/**
 * Identifies the chip by its boot registers; device ids are of no use, they name boards.
 * Source: linux: drivers/gpu/nova-core/gpu.rs.
 *
 * @throws {@link NovaCoreError} `NOT_SUPPORTED`
 */
export function identify(device: Device): Chip {
  const boot0 = read(device.bar0, NV_PMC_BOOT_0);
  present(device, 'identify');
  if (boot0.architectureHigh === 0 && boot0.architecture < FERMI) {
    throw new NovaCoreError('NOT_SUPPORTED', 'identify', `BOOT_0 ${hex(boot0.raw)} is of a chip before Fermi`, { detail: { boot0: boot0.raw } });
  }
  const boot42 = read(device.bar0, NV_PMC_BOOT_42);
  present(device, 'identify');
  const id = (boot42.architecture << 4) | boot42.implementation;
  const known = chipById(id);
  if (known === undefined) throw new NovaCoreError('NOT_SUPPORTED', 'identify', `chip ${hex(id)} is unknown`, { detail: { chip: id } });
  const revision = `${boot42.major.toString(16)}${boot42.minor.toString(16)}`;
  report(device.trace, 'nova-core.chip.identified', { chip: known.name, revision });
  return { name: known.name, id, revision, family: known.family };
}
