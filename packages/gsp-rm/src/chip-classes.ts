import type { ChipFacts } from '@nova-stack/hw-model/port';
import type { ObjectKind } from './resources/kinds.ts';

/**
 * Classes by what they are for, where chips differ in them.
 *
 * Source: open-gpu-kernel-modules 535.113.01, 570.144, 580.105.08: src/nvidia/generated/g_gpu_class_list.c
 */
interface ChipClasses {
  readonly always: readonly number[];
  readonly display: readonly number[];
  readonly COPY: readonly number[];
  readonly NVDEC: readonly number[];
  readonly NVENC: readonly number[];
  readonly NVJPEG: readonly number[];
  readonly OFA: readonly number[];
  readonly SEC2: readonly number[];
}

// Two-dimensional engine, channels, user mode, graphics; a chip keeps the older forms of channels and user mode.
const TURING_ALWAYS = [0x902d, 0xc36f, 0xc46f, 0xc361, 0xc461] as const;
const AMPERE_ALWAYS = [...TURING_ALWAYS, 0xc56f, 0xc561] as const;
const HOPPER_ALWAYS = [...AMPERE_ALWAYS, 0xc86f, 0xc661] as const;
const INLINE_TO_MEMORY = { kepler: 0xa140, blackwell: 0xcd40 } as const;

const CLASSES: Readonly<Record<ChipFacts['architecture'], ChipClasses>> = {
  turing: {
    always: [...TURING_ALWAYS, INLINE_TO_MEMORY.kepler, 0xc597, 0xc5c0],
    display: [0x0073, 0xc372, 0xc570, 0xc371, 0xc573, 0xc57a, 0xc57b, 0xc57d, 0xc57e],
    COPY: [0xc5b5], NVDEC: [0xc4b0], NVENC: [0xc4b7, 0xb4b7], NVJPEG: [], OFA: [], SEC2: [],
  },
  ampere: {
    always: [...AMPERE_ALWAYS, INLINE_TO_MEMORY.kepler, 0xc797, 0xc7c0],
    display: [0x0073, 0xc372, 0xc670, 0xc671, 0xc673, 0xc67a, 0xc67b, 0xc67d, 0xc67e, 0xc77f],
    COPY: [0xc7b5], NVDEC: [0xc7b0], NVENC: [0xc7b7], NVJPEG: [], OFA: [0xc7fa], SEC2: [],
  },
  ada: {
    always: [...AMPERE_ALWAYS, INLINE_TO_MEMORY.kepler, 0xc997, 0xc9c0],
    display: [0x0073, 0xc372, 0xc770, 0xc771, 0xc773, 0xc67a, 0xc67b, 0xc67e, 0xc77d, 0xc77f],
    COPY: [0xc7b5], NVDEC: [0xc9b0], NVENC: [0xc9b7], NVJPEG: [0xc9d1], OFA: [0xc9fa], SEC2: [],
  },
  hopper: {
    always: [...HOPPER_ALWAYS, INLINE_TO_MEMORY.kepler, 0xcb97, 0xcbc0],
    display: [], COPY: [0xc8b5], NVDEC: [0xb8b0], NVENC: [], NVJPEG: [0xb8d1], OFA: [0xb8fa], SEC2: [0xcba2],
  },
  'blackwell-gb10x': {
    always: [...HOPPER_ALWAYS, 0xc96f, INLINE_TO_MEMORY.blackwell, 0xcd97, 0xcdc0],
    display: [], COPY: [0xc9b5], NVDEC: [0xcdb0], NVENC: [], NVJPEG: [0xcdd1], OFA: [0xcdfa], SEC2: [0xcba2],
  },
  'blackwell-gb20x': {
    always: [...HOPPER_ALWAYS, 0xc96f, 0xca6f, 0xc761, INLINE_TO_MEMORY.blackwell, 0xce97, 0xcec0],
    display: [0x0073, 0xc372, 0xca70, 0xca71, 0xca73, 0xca7a, 0xca7b, 0xca7d, 0xca7e, 0xc77f],
    COPY: [0xcab5], NVDEC: [0xcfb0], NVENC: [0xcfb7], NVJPEG: [0xcfd1], OFA: [0xcffa], SEC2: [0xcba2],
  },
};

/** GA100 is an Ampere with the engines of a data centre. */
const GA100: ChipClasses = {
  always: [...AMPERE_ALWAYS, INLINE_TO_MEMORY.kepler, 0xc697, 0xc6c0],
  display: [], COPY: [0xc6b5], NVDEC: [0xc6b0], NVENC: [], NVJPEG: [0xc4d1], OFA: [0xc6fa], SEC2: [],
};

/** Kinds whose classes differ from chip to chip; those of all other kinds exist everywhere. */
const CHIP_SPECIFIC: ReadonlySet<ObjectKind> = new Set([
  'channel', 'usermode', 'graphicsObject', 'copyObject', 'videoObject',
  'display', 'displayCommon', 'displayChannel', 'displayCapabilities', 'displayAudio', 'displaySoftware',
]);

const ENGINE_KINDS = ['COPY', 'NVDEC', 'NVENC', 'NVJPEG', 'OFA', 'SEC2'] as const;

const classesOf = (facts: ChipFacts): ChipClasses => (facts.chip === 'ga100' ? GA100 : CLASSES[facts.architecture]);

/** The kind of engine that a class of the chip is for, `NVDEC`; undefined for one that is for no engine. */
export function engineKindOf(facts: ChipFacts, cls: number): string | undefined {
  const classes = classesOf(facts);
  return ENGINE_KINDS.find((kind) => classes[kind].includes(cls));
}

/** Whether the board's chip has a class: by its generation, its engines, and whether its display was fused off. */
export function chipHasClass(facts: ChipFacts, cls: number, kind: ObjectKind): boolean {
  if (!CHIP_SPECIFIC.has(kind)) return true;
  const classes = classesOf(facts);
  if (classes.always.includes(cls)) return true;
  if (classes.display.includes(cls)) return !facts.displayDisabled;
  const engineKind = engineKindOf(facts, cls);
  return engineKind !== undefined && facts.engines.some((engine) => engine.startsWith(engineKind));
}
