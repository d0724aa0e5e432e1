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
  /** Section of the GSP image that holds this chip's signature. */
  readonly signatureSection: string;
}

/** Chips that boot through FWSEC and booter with loading by DMA. */
const CHIPS: Readonly<Record<number, { readonly name: string; readonly signatureSection: string }>> = {
  0x172: { name: 'ga102', signatureSection: '.fwsignature_ga10x' },
  0x173: { name: 'ga103', signatureSection: '.fwsignature_ga10x' },
  0x174: { name: 'ga104', signatureSection: '.fwsignature_ga10x' },
  0x176: { name: 'ga106', signatureSection: '.fwsignature_ga10x' },
  0x177: { name: 'ga107', signatureSection: '.fwsignature_ga10x' },
  0x192: { name: 'ad102', signatureSection: '.fwsignature_ad10x' },
  0x193: { name: 'ad103', signatureSection: '.fwsignature_ad10x' },
  0x194: { name: 'ad104', signatureSection: '.fwsignature_ad10x' },
  0x196: { name: 'ad106', signatureSection: '.fwsignature_ad10x' },
  0x197: { name: 'ad107', signatureSection: '.fwsignature_ad10x' },
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
  const known = CHIPS[id];
  if (known === undefined) {
    throw new NovaCoreError('NOT_SUPPORTED', 'identify', `chip ${hex(id)} is none of ${Object.values(CHIPS).map(({ name }) => name).join(', ')}`, { detail: { chip: id } });
  }
  const revision = `${(boot42.major).toString(16)}${boot42.minor.toString(16)}`;
  report(device.trace, 'nova-core.chip.identified', { chip: known.name, revision });
  return { ...known, id, revision };
}
