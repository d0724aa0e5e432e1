import {
  COPY_CLASSES, COPY_METHODS as M, COPY_ORIGIN, COPY_PHYS_MODE, get, LAUNCH_DMA, LAUNCH_SEMAPHORES, LAUNCH_TRANSFERS, REMAP_COMPONENTS, REMAP_SOURCES,
} from '@nova-stack/gpu-regs';

import type { MemoryJob } from '../port.ts';
import { blockLinearOffset, RUN, type BlockLinear } from './block-linear.ts';
import { engineFault } from './fault.ts';
import type { MemoryView } from './memory.ts';
import { reduce, release } from './semaphore.ts';
import type { Transfer } from './state.ts';

/** What a copy engine needs of its channel. */
export interface CopyContext {
  readonly cls: number;
  readonly methods: ReadonlyMap<number, number>;
  readonly view: MemoryView;
  /** Bare memory by target; undefined for a channel that may not use it. */
  physical(target: number): MemoryView | undefined;
  readonly now: () => number;
  /** The channel's notification interrupt. */
  readonly interrupt: () => void;
}

/** What a line costs at least, in bytes. */
const LINE_COST = 64;
/** Elements that are remapped at a time. */
const ELEMENTS = 16_384;

/** One launch, as its methods say. */
interface Plan {
  readonly lines: number;
  /** Bytes of a line; of a remapped one, elements. */
  readonly length: number;
  readonly source: Surface;
  readonly target: Surface;
  readonly remap: Remap | undefined;
}

interface Surface {
  readonly view: MemoryView;
  readonly base: number;
  readonly pitch: number;
  readonly blocks: (BlockLinear & { readonly x: number; readonly y: number; readonly z: number }) | undefined;
}

interface Remap {
  /** Bytes of a component. */
  readonly size: number;
  readonly sources: number;
  /** Per component of the target what it is made of. */
  readonly made: readonly number[];
  readonly constants: readonly [number, number];
}

/** Takes up to `budget` bytes of a transfer. @returns what it took, and whether all is done. @throws HostFault */
export function* transferSome(context: CopyContext, transfer: Transfer, budget: number): MemoryJob<{ readonly cost: number; readonly done: boolean }> {
  const plan = planOf(context, transfer.launch);
  let cost = 0;
  while (plan.length > 0 && transfer.line < plan.lines) {
    if (cost >= budget) return { cost, done: false };
    const perUnit = plan.remap === undefined ? 1 : plan.remap.made.length * plan.remap.size;
    const count = Math.min(plan.length - transfer.at, Math.max(1, Math.floor((budget - cost) / perUnit)));
    const units = plan.remap === undefined ? yield* copyPart(plan, transfer, count) : yield* remapPart(plan, plan.remap, transfer, Math.min(count, ELEMENTS));
    transfer.at += units;
    cost += Math.max(LINE_COST, units * perUnit);
    if (transfer.at >= plan.length) {
      transfer.at = 0;
      transfer.line++;
    }
  }
  yield* finish(context, transfer.launch);
  return { cost: cost + LINE_COST, done: true };
}

const valueOf = ({ methods }: CopyContext, method: number): number => methods.get(method) ?? 0;

/** An address of two words; bits that the class does not have are not looked at. */
function addressOf(context: CopyContext, upper: number, lower: number): number {
  const { addressHighBits } = COPY_CLASSES[context.cls]!;
  return (valueOf(context, upper) % 2 ** addressHighBits) * 2 ** 32 + valueOf(context, lower);
}

function planOf(context: CopyContext, launch: number): Plan {
  const cls = COPY_CLASSES[context.cls]!;
  const transfer = get(LAUNCH_DMA, 'transfer', launch);
  if (transfer === LAUNCH_TRANSFERS.prefetch && !cls.prefetches) throw engineFault('copy', `class 0x${context.cls.toString(16)} has no transfer of type ${transfer}`);
  if (cls.unpacks && get(LAUNCH_DMA, 'unpack', launch) === 1) throw engineFault('copy', 'unpacking of data is not modelled');
  if (cls.scrubs && get(LAUNCH_DMA, 'copyType', launch) === 1) throw engineFault('copy', 'encrypted copies are not modelled');
  const scrub = cls.scrubs && get(LAUNCH_DMA, 'scrub', launch) === 1;
  const remap = scrub ? SCRUB : get(LAUNCH_DMA, 'remap', launch) === 1 ? remapOf(context) : undefined;
  const target = surface(context, launch, 'dst', remap === undefined ? 1 : remap.made.length * remap.size);
  const source = scrub ? target : surface(context, launch, 'src', remap === undefined ? 1 : remap.sources * remap.size);
  const length = valueOf(context, M.lineLengthIn);
  const moves = (transfer === LAUNCH_TRANSFERS.pipelined || transfer === LAUNCH_TRANSFERS.nonPipelined) && enabled(context);
  const lines = moves ? (get(LAUNCH_DMA, 'multiLine', launch) === 1 ? valueOf(context, M.lineCount) : 1) : 0;
  // Lines without gaps are one line.
  const dense = remap === undefined && source.blocks === undefined && target.blocks === undefined && source.pitch === length && target.pitch === length;
  return dense && lines > 0 && Number.isSafeInteger(length * lines) ? { lines: 1, length: length * lines, source, target, remap } : { lines, length, source, target, remap };
}

/** Whether rendering is enabled, which copies go by; it is unless somebody said otherwise. */
function enabled({ methods }: CopyContext): boolean {
  const mode = methods.get(M.setRenderEnableC);
  if (mode !== undefined && mode > 1) throw engineFault('copy', `render enable of mode ${mode} is not modelled`);
  return mode !== 0;
}

/** Zeroes, a byte at a time. */
const SCRUB: Remap = { size: 1, sources: 1, made: [REMAP_SOURCES.constA], constants: [0, 0] };

function remapOf(context: CopyContext): Remap {
  const components = valueOf(context, M.setRemapComponents);
  const made = (['x', 'y', 'z', 'w'] as const).slice(0, get(REMAP_COMPONENTS, 'destinations', components) + 1).map((each) => get(REMAP_COMPONENTS, each, components));
  const sources = get(REMAP_COMPONENTS, 'sources', components) + 1;
  if (made.some((each) => each > REMAP_SOURCES.noWrite || (each < REMAP_SOURCES.constA && each >= sources))) throw engineFault('copy', 'a component is made of one that there is not');
  return { size: get(REMAP_COMPONENTS, 'size', components) + 1, sources, made, constants: [valueOf(context, M.setRemapConstA), valueOf(context, M.setRemapConstB)] };
}

/** Where methods of either side are. */
const SIDES = {
  src: {
    upper: M.offsetInUpper, lower: M.offsetInLower, pitch: M.pitchIn, mode: M.setSrcPhysMode, block: M.setSrcBlockSize, width: M.setSrcWidth, height: M.setSrcHeight,
    layer: M.setSrcLayer, origin: M.setSrcOrigin, x: M.srcOriginX, y: M.srcOriginY,
  },
  dst: {
    upper: M.offsetOutUpper, lower: M.offsetOutLower, pitch: M.pitchOut, mode: M.setDstPhysMode, block: M.setDstBlockSize, width: M.setDstWidth, height: M.setDstHeight,
    layer: M.setDstLayer, origin: M.setDstOrigin, x: M.dstOriginX, y: M.dstOriginY,
  },
} as const;

/** Methods that another replaces: the newer ones for an origin win over the older only where they came later. */
export const REPLACED: ReadonlyMap<number, readonly number[]> = new Map(Object.values(SIDES).map(({ origin, x, y }) => [origin, [x, y]]));

function surface(context: CopyContext, launch: number, side: 'src' | 'dst', element: number): Surface {
  const at = SIDES[side];
  const view = get(LAUNCH_DMA, `${side}Type`, launch) === 0 ? context.view : context.physical(get(COPY_PHYS_MODE, 'target', valueOf(context, at.mode)));
  if (view === undefined) throw engineFault('copy', 'a physical address, which only a privileged channel may use');
  const pitched = get(LAUNCH_DMA, `${side}Layout`, launch) === 1;
  const origin = valueOf(context, at.origin);
  return {
    view, base: addressOf(context, at.upper, at.lower), pitch: valueOf(context, at.pitch) | 0,
    blocks: pitched ? undefined : {
      blockSize: valueOf(context, at.block), width: valueOf(context, at.width) * element, height: valueOf(context, at.height), z: valueOf(context, at.layer),
      x: (context.methods.get(at.x) ?? get(COPY_ORIGIN, 'x', origin)) * element,
      y: context.methods.get(at.y) ?? get(COPY_ORIGIN, 'y', origin),
    },
  };
}

/** Where byte `at` of a line lies, and how far memory goes on from there. */
function place({ base, pitch, blocks }: Surface, line: number, at: number): { readonly address: number; readonly left: number } {
  if (blocks === undefined) return { address: base + line * pitch + at, left: Infinity };
  const x = blocks.x + at;
  return { address: base + blockLinearOffset(blocks, x, blocks.y + line, blocks.z), left: RUN - (x % RUN) };
}

function* copyPart({ source, target }: Plan, { line, at }: Transfer, count: number): MemoryJob<number> {
  const from = place(source, line, at);
  const to = place(target, line, at);
  const length = Math.min(count, from.left, to.left);
  yield* source.view.copy(from.address, target.view, to.address, length);
  return length;
}

function* remapPart({ source, target }: Plan, remap: Remap, { line, at }: Transfer, count: number): MemoryJob<number> {
  const { size, sources, made, constants } = remap;
  const element = made.length * size;
  const out = new Uint8Array(count * element);
  const reads = made.some((each) => each < REMAP_SOURCES.constA);
  const keeps = made.includes(REMAP_SOURCES.noWrite);
  const input = new Uint8Array(reads ? count * sources * size : 0);
  if (reads) yield* access(source, line, at * sources * size, input, 'read');
  if (keeps) yield* access(target, line, at * element, out, 'read');
  // What is made of constants alone is the same for each.
  const distinct = reads || keeps ? count : Math.min(count, 1);
  for (let i = 0, to = 0; i < distinct; i++) {
    for (const from of made) {
      if (from < REMAP_SOURCES.constA) for (let byte = 0; byte < size; byte++) out[to + byte] = input[(i * sources + from) * size + byte]!;
      else if (from !== REMAP_SOURCES.noWrite) for (let byte = 0; byte < size; byte++) out[to + byte] = constants[from - REMAP_SOURCES.constA]! >>> (8 * byte);
      to += size;
    }
  }
  for (let filled = distinct * element; filled < out.length; filled *= 2) out.copyWithin(filled, 0, Math.min(filled, out.length - filled));
  yield* access(target, line, at * element, out, 'write');
  return count;
}

/** Reads or writes a part of a line, wherever it lies. */
function* access(surfaceOf: Surface, line: number, at: number, bytes: Uint8Array, how: 'read' | 'write'): MemoryJob {
  for (let done = 0; done < bytes.length;) {
    const { address, left } = place(surfaceOf, line, at + done);
    const part = bytes.subarray(done, Math.min(bytes.length, done + left));
    yield* how === 'read' ? surfaceOf.view.read(address, part) : surfaceOf.view.write(address, part);
    done += part.length;
  }
}

/** The semaphore and the interrupt of a launch, once all bytes are there. */
function* finish(context: CopyContext, launch: number): MemoryJob {
  const kind = get(LAUNCH_DMA, 'semaphore', launch);
  if (kind !== LAUNCH_SEMAPHORES.none) {
    const address = addressOf(context, M.setSemaphoreA, M.setSemaphoreB);
    const wide = get(LAUNCH_DMA, 'payload64', launch) === 1;
    const payload = BigInt(valueOf(context, M.setSemaphorePayload)) | (wide ? BigInt(valueOf(context, M.setSemaphorePayloadUpper)) << 32n : 0n);
    if (get(LAUNCH_DMA, 'reductionEnable', launch) === 1) {
      yield* reduce(context.view, { address, payload, wide, operation: get(LAUNCH_DMA, 'reduction', launch), unsigned: get(LAUNCH_DMA, 'reductionUnsigned', launch) === 1 });
    } else yield* release(context.view, { address, payload, wide, time: kind === LAUNCH_SEMAPHORES.fourWords ? context.now() : undefined });
    if (kind === LAUNCH_SEMAPHORES.conditionalInterrupt) context.interrupt();
  }
  if (get(LAUNCH_DMA, 'interrupt', launch) !== 0) context.interrupt();
}
