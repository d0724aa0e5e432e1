// A set of capabilities: a bit each, in words of 64.
import { CAPABILITIES, type Capability } from '../capabilities.ts';
import type { FrameWriter } from './frame.ts';
import { namesOf, type LaidBytes } from './laid.ts';

const WORDS = 4;
const NAMES = namesOf(CAPABILITIES);

/** What has no number here has no bit. */
export function writeCapabilities(frame: FrameWriter, at: number, all: readonly Capability[]): void {
  for (let word = 0; word < WORDS; word++) {
    frame.u64(at + 8 * word, all.filter((name) => name in CAPABILITIES && CAPABILITIES[name] >> 6 === word).reduce((sum, name) => sum | (1n << BigInt(CAPABILITIES[name] & 63)), 0n));
  }
}

/** Those that are not known here keep a name of their own: `capability 200`. */
export function readCapabilities(struct: LaidBytes, member: string): Capability[] {
  const bytes = struct.raw(member);
  const found: Capability[] = [];
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    if ((bytes[bit >> 3]! & (1 << (bit & 7))) !== 0) found.push(NAMES.get(bit) ?? (`capability ${bit}` as Capability));
  }
  return found;
}
