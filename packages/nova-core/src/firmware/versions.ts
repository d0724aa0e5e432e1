import type { FirmwareAbi } from './abi.ts';
import { r570_144 } from './r570_144.ts';

/** Versions that this driver speaks, the one to be preferred first. */
export const FIRMWARE_ABIS: readonly FirmwareAbi[] = [r570_144];
