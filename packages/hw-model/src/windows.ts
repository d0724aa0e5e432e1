import type { AccessSize, ConfigSpace } from '@nova-stack/pci';

import type { Translation, WalkFault } from './mmu/walk.ts';
import type { Window } from './register-file.ts';
import type { Vram } from './vram.ts';

/** Smallest page. */
const PAGE = 0x1000;
const ONES = { 1: 0xff, 2: 0xffff, 4: 0xffff_ffff } as const;

/** The flash with the VBIOS: read only, and all ones behind its end. */
export function promWindow(rom: Uint8Array): Window {
  return {
    read(offset, size) {
      let value = 0;
      for (let i = size - 1; i >= 0; i--) value = value * 256 + (rom[offset + i] ?? 0xff);
      return value;
    },
    write: () => undefined,
    readBlock(offset, into) {
      into.fill(0xff);
      if (offset < rom.length) into.set(rom.subarray(offset, Math.min(rom.length, offset + into.length)));
    },
    writeBlock: () => undefined,
  };
}

/** Why an access came to nothing. */
export type Refusal = 'outside' | 'protected' | 'untranslated' | 'read-only' | 'not in VRAM' | Exclude<WalkFault, 'sparse'>;

/** What a view of VRAM needs to know. */
export interface VramView {
  readonly vram: Vram;
  /** Where in VRAM the view begins; undefined while it shows something else. */
  readonly base: () => number | undefined;
  /** What an offset stands for while the view has no base; without this, nothing. */
  readonly translate?: (offset: number) => Translation | WalkFault;
  /** Whether `[address, address + length)` must not be written. */
  readonly isProtected: (address: number, length: number) => boolean;
  /** Is told of accesses that came to nothing. */
  readonly refused: (why: Refusal, offset: number) => void;
}

/** Places of {@link vramWindow}: memory that reads all ones and forgets, and memory that reads zero and forgets. */
const NOWHERE = -1;
const SPARSE = -2;

/** A view of VRAM: reads of what it cannot show are all ones, writes to it vanish. */
export function vramWindow({ vram, base, translate, isProtected, refused }: VramView): Required<Window> {
  const refuse = (why: Refusal, offset: number): number => {
    refused(why, offset);
    return NOWHERE;
  };
  /** Bytes from the place last looked up that lie in one piece. */
  let left = 0;
  const place = (offset: number, length: number, write: boolean): number => {
    const start = base();
    let address: number;
    if (start !== undefined) {
      address = start + offset;
      left = Infinity;
    } else {
      const found = translate?.(offset) ?? 'untranslated';
      if (found === 'sparse') {
        left = PAGE - (offset % PAGE);
        return SPARSE;
      }
      left = PAGE - (offset % PAGE);
      if (typeof found === 'string') return refuse(found, offset);
      ({ left } = found);
      if (found.aperture !== 'vram') return refuse('not in VRAM', offset);
      if (write && found.readOnly) return refuse('read-only', offset);
      ({ address } = found);
    }
    const here = Math.min(length, left);
    if (address + here > vram.size) return refuse('outside', offset);
    return write && isProtected(address, here) ? refuse('protected', offset) : address;
  };
  /** Calls `piece` for each part of a block that lies in one piece. */
  const pieces = (offset: number, length: number, write: boolean, piece: (address: number, at: number, count: number) => void): void => {
    for (let done = 0; done < length;) {
      const address = place(offset + done, length - done, write);
      const count = Math.min(left, length - done);
      piece(address, done, count);
      done += count;
    }
  };
  return {
    read(offset, size: AccessSize) {
      const address = place(offset, size, false);
      return address >= 0 ? vram.load(address, size) : address === SPARSE ? 0 : ONES[size];
    },
    write(offset, size, value) {
      const address = place(offset, size, true);
      if (address >= 0) vram.store(address, size, value);
    },
    readBlock(offset, into) {
      pieces(offset, into.length, false, (address, at, count) => {
        if (address >= 0) vram.read(address, into.subarray(at, at + count));
        else into.fill(address === SPARSE ? 0 : 0xff, at, at + count);
      });
    },
    writeBlock(offset, from) {
      pieces(offset, from.length, true, (address, at, count) => {
        if (address >= 0) vram.write(address, from.subarray(at, at + count));
      });
    },
  };
}

/** The function's own configuration space, read through. `reset` carries out a function-level reset. */
export function configWindow(config: ConfigSpace, reset: () => void): Window {
  return {
    read: (offset, size) => config.read(offset, size),
    write(offset, size, value) {
      if (config.write(offset, size, value) === 'flr') reset();
    },
  };
}
