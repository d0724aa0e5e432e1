import { sha256 } from '@noble/hashes/sha2.js';
import type { FirmwareHardware } from '@nova-stack/hw-model/port';
import { fromBytes, toBytes } from './plain-bytes.ts';
import type { GspRmState, LoadedImage } from './state.ts';
import { equalBytes } from './ucode.ts';

/**
 * What GSP-RM knows, in its heap at the start of WPR2's own memory: booter saves the heap with the rest of WPR2 and
 * brings it back, so that a firmware that is resumed knows what it knew, and nothing that was not saved.
 */

const MAGIC = 0x53505247;
/** Magic and length, then the digest, then the state. */
const DIGEST_AT = 8;
const STATE_AT = 40;

/** @returns false when the heap does not hold the state */
export function saveState(hardware: FirmwareHardware, state: GspRmState): boolean {
  const { image } = state;
  const body = toBytes(state);
  if (image === undefined || STATE_AT + body.length > image.heapSize) return false;
  const bytes = new Uint8Array(STATE_AT + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, body.length, true);
  bytes.set(sha256(body), DIGEST_AT);
  bytes.set(body, STATE_AT);
  hardware.writeVram(image.heapStart, bytes);
  return true;
}

/** The state that a suspended firmware left in the heap; undefined when there is none. */
export function loadState(hardware: FirmwareHardware, image: LoadedImage): GspRmState | undefined {
  const head = new Uint8Array(STATE_AT);
  hardware.readVram(image.heapStart, head);
  const view = new DataView(head.buffer);
  const length = view.getUint32(4, true);
  if (view.getUint32(0, true) !== MAGIC || STATE_AT + length > image.heapSize) return undefined;
  const body = new Uint8Array(length);
  hardware.readVram(image.heapStart + STATE_AT, body);
  return equalBytes(sha256(body), head.subarray(DIGEST_AT)) ? fromBytes(body) as GspRmState : undefined;
}
