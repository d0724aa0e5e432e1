import { present, report, S, type Device } from '../device.ts';
import { hex, NovaCoreError, type Step } from '../errors.ts';
import type { Controls } from '../gsp/client.ts';
import { GiB } from '../sizes.ts';
import type { VramAccess } from './vram-window.ts';

/** Written into the first and last word before, and zero afterwards. */
const MARKERS = { head: 0xdead_beef, tail: 0xcafe_babe } as const;
/** What one command to the firmware covers, in bytes; its time stays far below the bound. */
const CHUNK = 16 * GiB;
const BOUND = 30 * S;

/** Start and size in bytes, multiples of 4, not empty; `label` is for the trace. */
export interface ScrubRange {
  readonly start: number;
  readonly size: number;
  readonly label: string;
}

/**
 * Sets a range of the framebuffer to zero and proves it.
 *
 * The firmware does the work by one of its own memory operations, so that no byte crosses the bus however large the
 * range is. That it did is checked at both ends, through the CPU's window: a word written there before must read
 * zero afterwards. The memory of a vGPU is never handed on without this.
 *
 * @throws {@link NovaCoreError} `TIMEOUT` or `RPC`: the engine may still be writing, the range must not be reused;
 *   `REFUSED`, `TEARDOWN`: it is not clear.
 */
export async function scrub(device: Device, gsp: Controls, window: VramAccess, range: ScrubRange, step: Step): Promise<void> {
  const { start, size } = range;
  const tail = start + size - 4;
  window.write32(start, MARKERS.head);
  if (tail !== start) window.write32(tail, MARKERS.tail);
  for (let done = 0; done < size; done += CHUNK) {
    await gsp.control(step, gsp.abi.controls.fill, { start: start + done, size: Math.min(CHUNK, size - done), byte: 0 }, BOUND);
  }
  for (const address of [start, tail]) {
    const found = window.read32(address);
    present(device, step);
    if (found !== 0) {
      throw new NovaCoreError('TEARDOWN', step, `the framebuffer at ${hex(address)} reads ${hex(found)} after scrubbing`, { detail: { address, found } });
    }
  }
  report(device.trace, 'nova-core.memory.scrubbed', { size, what: range.label });
}
