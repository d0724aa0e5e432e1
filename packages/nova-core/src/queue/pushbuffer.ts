// Pushbuffers as the driver puts them together.
import { DMA_HEADER, DMA_OPERATIONS, COPY_METHODS as COPY, HOST_METHODS as HOST, LAUNCH_DMA, LAUNCH_TRANSFERS, SEM_EXECUTE, SEM_OPERATIONS, set } from '@nova-stack/gpu-regs';

const high = (address: number): number => Math.floor(address / 2 ** 32);
const low = (address: number): number => address % 2 ** 32;

/** A header with its data: methods of a subchannel from `method` on, one after the other. */
export const methods = (subchannel: number, method: number, ...data: readonly number[]): number[] =>
  [set(DMA_HEADER, 0, { operation: DMA_OPERATIONS.increment, count: data.length, subchannel, method: method / 4 }), ...data];

/** Binds an object's class to a subchannel. */
export const bindWords = (subchannel: number, cls: number): number[] => methods(subchannel, HOST.setObject, cls);

const LINEAR = set(LAUNCH_DMA, 0, { transfer: LAUNCH_TRANSFERS.nonPipelined, flush: 1, srcLayout: 1, dstLayout: 1 });

/** Copies `length` bytes between virtual addresses, as a copy engine does it. */
export const copyWords = (subchannel: number, from: number, to: number, length: number): number[] => [
  ...methods(subchannel, COPY.offsetInUpper, high(from), low(from), high(to), low(to), length, length, length, 1), ...methods(subchannel, COPY.launchDma, LINEAR),
];

const RELEASE = set(SEM_EXECUTE, 0, { operation: SEM_OPERATIONS.release, releaseWfi: 1 });

/** Writes 32 bits once all before it is done, and notifies. */
export const fenceWords = (address: number, payload: number): number[] => [
  ...methods(0, HOST.semAddrLo, low(address), high(address), payload, 0, RELEASE), ...methods(0, HOST.nonStallInterrupt, 0),
];
