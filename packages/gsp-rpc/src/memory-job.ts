/**
 * A request for memory at a bus address, in the shape that device models use. Buffers are filled or read in
 * place. The answer to a `yield` tells whether the request was carried out.
 */
export type MemoryRequest =
  | { readonly op: 'read'; readonly address: number; readonly into: Uint8Array }
  | { readonly op: 'write'; readonly address: number; readonly from: Uint8Array };

/** Work that needs memory: yields requests, holds no promise. */
export type MemoryJob<T = void> = Generator<MemoryRequest, T, boolean>;

/** Runs a job at once against memory that can be reached directly; for tests and in-process hosts. */
export function runJob<T>(job: MemoryJob<T>, carryOut: (request: MemoryRequest) => boolean): T {
  let step = job.next();
  while (step.done !== true) step = job.next(carryOut(step.value));
  return step.value;
}
