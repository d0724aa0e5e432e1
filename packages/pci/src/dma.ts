/**
 * What a device asks of memory. `address` is a bus address in bytes.
 * Buffers are filled or read in place; they may lie in any kind of ArrayBuffer.
 */
export type DmaRequest =
  | { readonly op: 'read'; readonly address: number; readonly into: Uint8Array }
  | { readonly op: 'write'; readonly address: number; readonly from: Uint8Array };

/**
 * Work of a device that needs memory: a generator that yields nothing but memory requests.
 * Each `yield` answers true when the whole request was carried out, false on a bus error
 * (nothing mapped there, bus mastering off); the buffer's content is then unspecified.
 *
 * A host with mapped memory finishes a job at once, inside the access that started it. A host that can
 * only send DMA messages resumes it when the answer comes, and goes on answering registers meanwhile.
 */
export type DmaJob<T = void> = Generator<DmaRequest, T, boolean>;
