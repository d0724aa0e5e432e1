import type { Family } from '@nova-stack/gpu-regs';

import type { Chip } from '../chip.ts';

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

interface Classes {
  readonly channel: number;
  readonly copy: number;
  readonly compute: number;
  readonly graphics: number;
}

/** The newest of each by what a chip's family is. Source: open-gpu-kernel-modules 570.144: src/nvidia/generated/g_gpu_class_list.c */
const CLASSES: Readonly<Record<Family['architecture'], Classes>> = {
  turing: { channel: 0xc46f, copy: 0xc5b5, compute: 0xc5c0, graphics: 0xc597 },
  ampere: { channel: 0xc56f, copy: 0xc7b5, compute: 0xc7c0, graphics: 0xc797 },
  ada: { channel: 0xc56f, copy: 0xc7b5, compute: 0xc9c0, graphics: 0xc997 },
  hopper: { channel: 0xc86f, copy: 0xc8b5, compute: 0xcbc0, graphics: 0xcb97 },
  'blackwell-gb10x': { channel: 0xc96f, copy: 0xc9b5, compute: 0xcdc0, graphics: 0xcd97 },
  'blackwell-gb20x': { channel: 0xca6f, copy: 0xcab5, compute: 0xcec0, graphics: 0xce97 },
};
/** An Ampere with the engines of a data centre. */
const GA100: Classes = { channel: 0xc56f, copy: 0xc6b5, compute: 0xc6c0, graphics: 0xc697 };

/** Page kinds of all these chips. Source: open-gpu-kernel-modules 570.144: src/common/inc/swref/published/turing/tu102/dev_mmu.h */
const KINDS = { pitch: 0x00, generic: 0x06 } as const;

/** Facts of a chip, by ascending key. */
export function chipFacts({ name, id, family }: Chip): readonly { readonly key: number; readonly value: bigint }[] {
  const { channel, copy, compute, graphics } = name === 'ga100' ? GA100 : CLASSES[family.architecture];
  const values: readonly (readonly [number, number])[] = [
    [FACT.chipsetId, id], [FACT.channelClass, channel], [FACT.copyClass, copy], [FACT.computeClass, compute], [FACT.graphicsClass, graphics],
    [FACT.pitchKind, KINDS.pitch], [FACT.genericKind, KINDS.generic],
  ];
  return values.map(([key, value]) => ({ key, value: BigInt(value) }));
}
