// Graphics, compute, 2D and inline copies: state is kept, reports and inline data are written, nothing is drawn or run.
import { CONSTANT_METHODS, get, INLINE_LAUNCH, REPORT_EXECUTE, REPORT_SEMAPHORE_D, SHADER_LAUNCHES, SHADER_METHODS as M } from '@nova-stack/gpu-regs';

import type { MemoryJob } from '../port.ts';
import { engineFault, type HostFault } from './fault.ts';
import type { MemoryView } from './memory.ts';
import { release } from './semaphore.ts';

/** What these engines need of their channel. */
export interface ShaderContext {
  readonly view: MemoryView;
  /** The subchannel's values; the method that is carried out is among them. */
  readonly methods: Map<number, number>;
  readonly cls: number;
  /** Bytes of the inline copy that are done. */
  inlineDone: number | undefined;
  readonly now: () => number;
  readonly interrupt: () => void;
}

const COMPUTE = 0xc0;
const GRAPHICS = 0x97;
const INLINE = 0x40;
/** Classes from GA10x on have the newer reports. */
const NEW_REPORTS = 0xc7;
const RELEASE = 0;
const SIZES = { fourWords: 0, oneWord: 1, twoWords: 2 } as const;

/** What a method does beyond being stored; undefined for nothing. @throws HostFault for what is not modelled */
export function shaderMethod(context: ShaderContext, method: number, value: number): MemoryJob | undefined {
  const kind = context.cls & 0xff;
  const launch = SHADER_LAUNCHES[kind]?.find(({ first, last = first }) => method >= first && method <= last);
  if (launch !== undefined) throw refuse(context, `${launch.name}: no shader runs here, and nothing is drawn`);
  if (method === M.reportSemaphoreD && (kind === COMPUTE || kind === GRAPHICS)) return report(context, value);
  if (method === M.reportExecute && (kind === COMPUTE || kind === GRAPHICS) && context.cls >>> 8 >= NEW_REPORTS) return newReport(context, value);
  if (method === M.inlineLaunch && (kind === COMPUTE || kind === GRAPHICS || kind === INLINE)) startInline(context, value);
  else if (method === M.inlineData && context.inlineDone !== undefined) return inlineData(context, value);
  else if (kind === GRAPHICS && method >= CONSTANT_METHODS.firstData && method <= CONSTANT_METHODS.lastData) return constant(context, value);
  return undefined;
}

const refuse = ({ cls }: ShaderContext, what: string): HostFault => engineFault('graphics', `class 0x${cls.toString(16)} is not modelled that far: ${what}`);
const word = ({ methods }: ShaderContext, method: number): number => methods.get(method) ?? 0;
const address = (context: ShaderContext, upper: number, lower: number): number => word(context, upper) * 2 ** 32 + word(context, lower);

function* report(context: ShaderContext, value: number): MemoryJob {
  const what = get(REPORT_SEMAPHORE_D, 'report', value);
  if (get(REPORT_SEMAPHORE_D, 'operation', value) !== RELEASE || get(REPORT_SEMAPHORE_D, 'reductionEnable', value) !== 0 || ((context.cls & 0xff) === GRAPHICS && what !== 0)) {
    throw refuse(context, `a report of another kind than a released payload (0x${value.toString(16)})`);
  }
  const time = get(REPORT_SEMAPHORE_D, 'oneWord', value) === 0 ? context.now() : undefined;
  yield* release(context.view, { address: address(context, M.reportSemaphoreA, M.reportSemaphoreB), payload: BigInt(word(context, M.reportSemaphoreC)), wide: false, time });
  if (get(REPORT_SEMAPHORE_D, 'awaken', value) === 1) context.interrupt();
}

function* newReport(context: ShaderContext, value: number): MemoryJob {
  if (get(REPORT_EXECUTE, 'operation', value) !== RELEASE || get(REPORT_EXECUTE, 'reductionEnable', value) !== 0) {
    throw refuse(context, `a report of another kind than a released payload (0x${value.toString(16)})`);
  }
  const size = get(REPORT_EXECUTE, 'size', value);
  const wide = size === SIZES.twoWords || get(REPORT_EXECUTE, 'payload64', value) === 1;
  const payload = BigInt(word(context, M.reportPayloadLower)) | (wide ? BigInt(word(context, M.reportPayloadUpper)) << 32n : 0n);
  const time = size === SIZES.fourWords ? context.now() : undefined;
  yield* release(context.view, { address: address(context, M.reportAddressUpper, M.reportAddressLower), payload, wide, time });
  if (get(REPORT_EXECUTE, 'awaken', value) === 1) context.interrupt();
}

function startInline(context: ShaderContext, value: number): void {
  const lines = word(context, M.lineCount);
  const plain = get(INLINE_LAUNCH, 'layout', value) === 1 && get(INLINE_LAUNCH, 'reductionEnable', value) === 0 && get(INLINE_LAUNCH, 'completion', value) !== 2;
  if (!plain || lines !== 1) throw refuse(context, `an inline copy other than one plain line (0x${value.toString(16)}, ${lines} lines)`);
  context.inlineDone = 0;
}

function* inlineData(context: ShaderContext, value: number): MemoryJob {
  const done = context.inlineDone!;
  const count = Math.min(4, word(context, M.lineLengthIn) - done);
  const last = done + 4 >= word(context, M.lineLengthIn);
  context.inlineDone = last ? undefined : done + 4;
  if (count > 0) yield* context.view.write(address(context, M.offsetOutUpper, M.offsetOut) + done, wordBytes(value).subarray(0, count));
  if (last && get(INLINE_LAUNCH, 'interrupt', word(context, M.inlineLaunch)) === 1) context.interrupt();
}

function* constant(context: ShaderContext, value: number): MemoryJob {
  const offset = word(context, CONSTANT_METHODS.offset);
  context.methods.set(CONSTANT_METHODS.offset, offset + 4);
  yield* context.view.write(address(context, CONSTANT_METHODS.selectorUpper, CONSTANT_METHODS.selectorLower) + offset, wordBytes(value));
}

const wordBytes = (value: number): Uint8Array => Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);
