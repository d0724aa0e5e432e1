// A pushbuffer's words: headers, and the data of methods.
import { DMA_HEADER, DMA_OLD_HEADER, DMA_OPERATIONS as OP, DMA_SUBDEVICES, DMA_TERTIARY, get } from '@nova-stack/gpu-regs';

import { pushbufferFault } from './fault.ts';
import type { HostChannelState, PendingMethods } from './state.ts';

/** A method and its data. */
export interface Method {
  readonly subchannel: number;
  /** In bytes. */
  readonly method: number;
  readonly value: number;
}

/** Takes the next word. @returns a method to carry out, `end` for the end of the piece of pushbuffer, or nothing. @throws HostFault */
export function takeWord(channel: HostChannelState, word: number): Method | 'end' | undefined {
  const { pending } = channel;
  if (pending === undefined) return header(channel, word);
  const { method, subchannel } = pending;
  if (pending.step !== 'never') pending.method += 4;
  if (pending.step === 'once') pending.step = 'never';
  if (--pending.left === 0) channel.pending = undefined;
  return channel.skipping ? undefined : { subchannel, method, value: word };
}

/** How `method` goes on, by operation. */
const STEPS: Readonly<Record<number, PendingMethods['step']>> = { [OP.increment]: 'always', [OP.nonIncrement]: 'never', [OP.incrementOnce]: 'once' };

function header(channel: HostChannelState, word: number): Method | 'end' | undefined {
  const operation = get(DMA_HEADER, 'operation', word);
  if (operation === OP.endSegment) return 'end';
  if (operation === OP.useTertiary0 || operation === OP.useTertiary2) {
    oldHeader(channel, operation, word);
    return undefined;
  }
  const method = get(DMA_HEADER, 'method', word) * 4;
  const subchannel = get(DMA_HEADER, 'subchannel', word);
  const count = get(DMA_HEADER, 'count', word);
  if (operation === OP.immediate) return channel.skipping ? undefined : { subchannel, method, value: count };
  const step = STEPS[operation];
  if (step === undefined) throw pushbufferFault(`a header has operation ${operation}`);
  if (count > 0) channel.pending = { method, subchannel, left: count, step };
  return undefined;
}

function oldHeader(channel: HostChannelState, operation: number, word: number): void {
  const tertiary = get(DMA_OLD_HEADER, 'tertiary', word);
  if (tertiary === DMA_TERTIARY.increment) {
    const left = get(DMA_OLD_HEADER, 'count', word);
    const step = operation === OP.useTertiary0 ? 'always' : 'never';
    if (left > 0) channel.pending = { method: get(DMA_OLD_HEADER, 'method', word) * 4, subchannel: get(DMA_OLD_HEADER, 'subchannel', word), left, step };
    return;
  }
  if (operation === OP.useTertiary2) throw pushbufferFault(`a header has operation ${operation}.${tertiary}`);
  const mask = get(DMA_SUBDEVICES, 'mask', word);
  if (tertiary === DMA_TERTIARY.storeSubdeviceMask) channel.subdeviceMask = mask;
  // This GPU is subdevice 0.
  else channel.skipping = ((tertiary === DMA_TERTIARY.setSubdeviceMask ? mask : channel.subdeviceMask) & 1) === 0;
}
