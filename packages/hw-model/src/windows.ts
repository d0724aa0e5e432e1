import type { AccessSize, ConfigSpace } from '@nova-stack/pci';

import type { Window } from './register-file.ts';
import type { Vram } from './vram.ts';

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

/** What a view of VRAM needs to know. */
export interface VramView {
  readonly vram: Vram;
  /** Where in VRAM the view begins; undefined while it shows something else. */
  readonly base: () => number | undefined;
  /** Whether `[address, address + length)` must not be written. */
  readonly isProtected: (address: number, length: number) => boolean;
  /** Is told of accesses that came to nothing. */
  readonly refused: (why: 'outside' | 'protected' | 'untranslated', offset: number) => void;
}

/** A view of VRAM: reads of what it cannot show are all ones, writes to it vanish. */
export function vramWindow({ vram, base, isProtected, refused }: VramView): Required<Window> {
  const place = (offset: number, length: number): number => {
    const start = base();
    if (start === undefined) {
      refused('untranslated', offset);
      return -1;
    }
    const address = start + offset;
    if (address + length <= vram.size) return address;
    refused('outside', offset);
    return -1;
  };
  const writable = (offset: number, length: number): number => {
    const address = place(offset, length);
    if (address < 0 || !isProtected(address, length)) return address;
    refused('protected', offset);
    return -1;
  };
  return {
    read(offset, size: AccessSize) {
      const address = place(offset, size);
      return address < 0 ? ONES[size] : vram.load(address, size);
    },
    write(offset, size, value) {
      const address = writable(offset, size);
      if (address >= 0) vram.store(address, size, value);
    },
    readBlock(offset, into) {
      const address = place(offset, into.length);
      if (address < 0) into.fill(0xff);
      else vram.read(address, into);
    },
    writeBlock(offset, from) {
      const address = writable(offset, from.length);
      if (address >= 0) vram.write(address, from);
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
