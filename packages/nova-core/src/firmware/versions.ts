import { NovaCoreError } from '../errors.ts';
import type { FirmwareAbi } from './abi.ts';
import { r535_113_01 } from './r535_113_01.ts';
import { r570_144 } from './r570_144.ts';
import { r580_105_08 } from './r580_105_08.ts';

/** Versions that this driver speaks, newest first: the order in which it looks for them. */
export const FIRMWARE_ABIS: readonly FirmwareAbi[] = [r580_105_08, r570_144, r535_113_01];

/** Their names: `580.105.08`, … */
export const SUPPORTED_FIRMWARE: readonly string[] = FIRMWARE_ABIS.map(({ version }) => version);

/** @throws {@link NovaCoreError} `VERSION_MISMATCH` when what runs is not what the image says. */
export function requireSameVersion(image: string, running: string): void {
  if (running === image) return;
  throw new NovaCoreError('VERSION_MISMATCH', 'features', `the image is ${image}, the running firmware says ${JSON.stringify(running)}`, { detail: { image, running } });
}
