import type { Family } from '@nova-stack/gpu-regs';

import type { Chip } from './chip.ts';

/** Classes of objects that a chip's engines take, by number. */
export interface EngineClasses {
  readonly channel: number;
  readonly copy: number;
  readonly compute: number;
  readonly graphics: number;
}

/** The newest of each by what a chip's family is. Source: open-gpu-kernel-modules 570.144: src/nvidia/generated/g_gpu_class_list.c */
const CLASSES: Readonly<Record<Family['architecture'], EngineClasses>> = {
  turing: { channel: 0xc46f, copy: 0xc5b5, compute: 0xc5c0, graphics: 0xc597 },
  ampere: { channel: 0xc56f, copy: 0xc7b5, compute: 0xc7c0, graphics: 0xc797 },
  ada: { channel: 0xc56f, copy: 0xc7b5, compute: 0xc9c0, graphics: 0xc997 },
  hopper: { channel: 0xc86f, copy: 0xc8b5, compute: 0xcbc0, graphics: 0xcb97 },
  'blackwell-gb10x': { channel: 0xc96f, copy: 0xc9b5, compute: 0xcdc0, graphics: 0xcd97 },
  'blackwell-gb20x': { channel: 0xca6f, copy: 0xcab5, compute: 0xcec0, graphics: 0xce97 },
};
/** An Ampere with the engines of a data centre. */
const GA100: EngineClasses = { channel: 0xc56f, copy: 0xc6b5, compute: 0xc6c0, graphics: 0xc697 };

export const engineClasses = ({ name, family }: Pick<Chip, 'name' | 'family'>): EngineClasses => (name === 'ga100' ? GA100 : CLASSES[family.architecture]);
