import { alignDown, KiB } from '../sizes.ts';
import type { VramBlock } from './vram.ts';
import type { VramAccess } from './vram-window.ts';

/** What is looked at in one piece, in bytes; a piece of zeros takes no room. */
const PIECE = 256 * KiB;

/** The contents of blocks of the framebuffer, in host memory. */
export interface KeptVram {
  /** Bytes that are not all zero. */
  readonly size: number;
  /** Blocks that were kept, whatever was in them. */
  readonly blocks: number;
  /** Writes back what belongs to a block for which `wanted` holds. Everything else is left as it is. */
  restore(window: VramAccess, wanted: (block: VramBlock) => boolean): void;
}

/** Copies out the contents of blocks, for a sleep over which the framebuffer loses power. */
export function keepVram(window: VramAccess, blocks: readonly VramBlock[]): KeptVram {
  const pieces: { readonly block: VramBlock; readonly at: number; readonly bytes: Uint8Array }[] = [];
  for (const block of blocks) {
    const end = block.start + block.size;
    for (let at = block.start; at < end;) {
      const next = Math.min(end, alignDown(at, PIECE) + PIECE);
      const bytes = new Uint8Array(next - at);
      window.read(at, bytes);
      if (bytes.some((byte) => byte !== 0)) pieces.push({ block, at, bytes });
      at = next;
    }
  }
  const zeros = new Uint8Array(PIECE);
  return {
    size: pieces.reduce((sum, { bytes }) => sum + bytes.length, 0),
    blocks: blocks.length,
    restore(into, wanted) {
      const kept = new Map(pieces.map((piece) => [piece.at, piece]));
      for (const block of blocks.filter(wanted)) {
        const end = block.start + block.size;
        for (let at = block.start; at < end;) {
          const next = Math.min(end, alignDown(at, PIECE) + PIECE);
          // What power leaves behind is not zero by itself.
          into.write(at, kept.get(at)?.bytes ?? zeros.subarray(0, next - at));
          at = next;
        }
      }
    },
  };
}
