import type { Chip } from '../chip.ts';
import { engineClasses } from '../engine-classes.ts';

/**
 * What the facts for userspace are called. Below 0x10000 a key is a parameter of linux: include/uapi/drm/nouveau_drm.h
 * (NOUVEAU_GETPARAM_*); from there on it is ours, and stays what it is.
 */
export const FACT = {
  chipsetId: 11,
  vramBarSize: 18,
  channelClass: 0x10000,
  copyClass: 0x10001,
  computeClass: 0x10002,
  graphicsClass: 0x10003,
  /** Kind of a page whose bytes lie one after the other. */
  pitchKind: 0x10010,
  /** Kind of a page of which the hardware may compress what it likes. */
  genericKind: 0x10011,
} as const;

/** Page kinds of all these chips. Source: open-gpu-kernel-modules 570.144: src/common/inc/swref/published/turing/tu102/dev_mmu.h */
const KINDS = { pitch: 0x00, generic: 0x06 } as const;

/** Facts of a chip, by ascending key. */
export function chipFacts(chip: Chip): readonly { readonly key: number; readonly value: bigint }[] {
  const { channel, copy, compute, graphics } = engineClasses(chip);
  const values: readonly (readonly [number, number])[] = [
    [FACT.chipsetId, chip.id], [FACT.channelClass, channel], [FACT.copyClass, copy], [FACT.computeClass, compute], [FACT.graphicsClass, graphics],
    [FACT.pitchKind, KINDS.pitch], [FACT.genericKind, KINDS.generic],
  ];
  return values.map(([key, value]) => ({ key, value: BigInt(value) }));
}
