// What a channel's methods do: the host's own, and those of the objects on its subchannels.
import {
  CHANNEL_CLASSES, COPY_CLASSES, COPY_METHODS, FIRST_ENGINE_METHOD, get, HOST_METHODS as HOST, MEM_OP_D, MEM_OP_INVALIDATES, OLD_HOST_METHODS as OLD, SEM_EXECUTE,
  SEM_OPERATIONS, SEMAPHORE_D, SEMAPHORE_D_OPERATIONS, SET_OBJECT, TURING_HOST_METHODS,
} from '@nova-stack/gpu-regs';

import type { MemoryJob } from '../port.ts';
import { REPLACED } from './copy-engine.ts';
import { engineFault, pushbufferFault } from './fault.ts';
import type { MemoryView } from './memory.ts';
import type { Method } from './pushbuffer.ts';
import { reduce, release, type Acquire } from './semaphore.ts';
import { shaderMethod, type ShaderContext } from './shader-engines.ts';
import type { HostChannelState } from './state.ts';

/** What methods need of their channel's surroundings. */
export interface MethodContext {
  readonly view: MemoryView;
  readonly now: () => number;
  /** The channel's notification interrupt. */
  readonly interrupt: () => void;
  /** Every kept translation is to go. */
  readonly invalidate: () => void;
}

/** Carries out a method. @returns what it does in memory, if anything. @throws HostFault */
export function carryOut(channel: HostChannelState, context: MethodContext, { subchannel, method, value }: Method): MemoryJob | undefined {
  if (method < FIRST_ENGINE_METHOD) return hostMethod(channel, context, subchannel, method, value);
  const cls = channel.bound[subchannel]!;
  if (cls === 0) throw pushbufferFault(`method 0x${method.toString(16)} on subchannel ${subchannel}, which has no object`);
  const methods = channel.methods[subchannel]!;
  methods.set(method, value);
  if (COPY_CLASSES[cls] === undefined) return shaderMethod(shaderContext(channel, context, subchannel, cls), method, value);
  if (method === COPY_METHODS.launchDma) channel.transfer = { subchannel, launch: value, line: 0, at: 0 };
  for (const replaced of REPLACED.get(method) ?? []) methods.delete(replaced);
  return undefined;
}

const shaderContext = ({ methods, inline }: HostChannelState, { view, now, interrupt }: MethodContext, subchannel: number, cls: number): ShaderContext => ({
  view, now, interrupt, cls, methods: methods[subchannel]!,
  get inlineDone() { return inline[subchannel]; },
  set inlineDone(done) { inline[subchannel] = done; },
});

const CURRENT: ReadonlySet<number> = new Set(Object.values(HOST));
const OLDER: ReadonlySet<number> = new Set(Object.values(OLD));
const TURING = 0xc46f;

/** Whether the channel's class has a host method. */
const known = (cls: number, method: number): boolean =>
  CURRENT.has(method) || (OLDER.has(method) && CHANNEL_CLASSES[cls]!.oldMethods) || (cls === TURING && method === TURING_HOST_METHODS.crcCheck);

function hostMethod(channel: HostChannelState, context: MethodContext, subchannel: number, method: number, value: number): MemoryJob | undefined {
  if (!known(channel.spec.class, method)) throw pushbufferFault(`class 0x${channel.spec.class.toString(16)} has no host method 0x${method.toString(16)}`);
  channel.host.set(method, value);
  switch (method) {
    case HOST.setObject:
      bind(channel, subchannel, get(SET_OBJECT, 'class', value));
      return undefined;
    case HOST.semExecute: return semaphore(channel, context, value);
    case OLD.semaphoreD: return oldSemaphore(channel, context, value);
    case HOST.nonStallInterrupt:
      context.interrupt();
      return undefined;
    case HOST.memOpD:
      if (MEM_OP_INVALIDATES.includes(get(MEM_OP_D, 'operation', value))) {
        if (!channel.spec.privileged) throw pushbufferFault('an invalidation of translations, which only a privileged channel may ask for');
        context.invalidate();
      }
      return undefined;
    case OLD.illegal: throw pushbufferFault('the illegal method');
    default: return undefined;
  }
}

function bind(channel: HostChannelState, subchannel: number, cls: number): void {
  if (!channel.setting.classes.includes(cls)) throw engineFault('graphics', `class 0x${cls.toString(16)} was not allocated on the channel`);
  channel.bound[subchannel] = cls;
  channel.methods[subchannel]!.clear();
  channel.inline[subchannel] = undefined;
}

/** Semaphores are of whole words. */
const aligned = (low: number): number => low - (low % 4);

function semaphore(channel: HostChannelState, { view, now }: MethodContext, value: number): MemoryJob | undefined {
  const word = (method: number): number => channel.host.get(method) ?? 0;
  const wide = get(SEM_EXECUTE, 'payload64', value) === 1;
  const { addressHighBits } = CHANNEL_CLASSES[channel.spec.class]!;
  const address = (word(HOST.semAddrHi) % 2 ** addressHighBits) * 2 ** 32 + aligned(word(HOST.semAddrLo));
  const payload = BigInt(word(HOST.semPayloadLo)) | (wide ? BigInt(word(HOST.semPayloadHi)) << 32n : 0n);
  const operation = get(SEM_EXECUTE, 'operation', value);
  if (operation === SEM_OPERATIONS.release) return release(view, { address, payload, wide, time: get(SEM_EXECUTE, 'timestamp', value) === 1 ? now() : undefined });
  if (operation === SEM_OPERATIONS.reduction) {
    return reduce(view, { address, payload, wide, operation: get(SEM_EXECUTE, 'reduction', value), unsigned: get(SEM_EXECUTE, 'unsigned', value) === 1 });
  }
  if (operation > SEM_OPERATIONS.reduction) throw pushbufferFault(`there is no semaphore operation ${operation}`);
  channel.acquire = { address, operation, payload, wide };
  return undefined;
}

const OLD_ACQUIRES: ReadonlyMap<number, number> = new Map([
  [SEMAPHORE_D_OPERATIONS.acquire, SEM_OPERATIONS.acquire], [SEMAPHORE_D_OPERATIONS.acquireGeq, SEM_OPERATIONS.acquireCircularGeq],
  [SEMAPHORE_D_OPERATIONS.acquireAnd, SEM_OPERATIONS.acquireAnd],
]);

function oldSemaphore(channel: HostChannelState, { view, now }: MethodContext, value: number): MemoryJob | undefined {
  const word = (method: number): number => channel.host.get(method) ?? 0;
  const address = (word(OLD.semaphoreA) & 0xff) * 2 ** 32 + aligned(word(OLD.semaphoreB));
  const payload = BigInt(word(OLD.semaphoreC));
  const operation = get(SEMAPHORE_D, 'operation', value);
  if (operation === SEMAPHORE_D_OPERATIONS.release) return release(view, { address, payload, wide: false, time: get(SEMAPHORE_D, 'releaseSize4', value) === 0 ? now() : undefined });
  if (operation === SEMAPHORE_D_OPERATIONS.reduction) {
    return reduce(view, { address, payload, wide: false, operation: get(SEMAPHORE_D, 'reduction', value), unsigned: get(SEMAPHORE_D, 'unsigned', value) === 1 });
  }
  const acquire = OLD_ACQUIRES.get(operation);
  if (acquire === undefined) throw pushbufferFault(`there is no semaphore operation ${operation}`);
  channel.acquire = { address, operation: acquire, payload, wide: false } satisfies Acquire;
  return undefined;
}
