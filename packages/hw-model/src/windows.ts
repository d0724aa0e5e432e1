import type { AccessSize } from '@nova-stack/pci';

import type { Window } from './register-file.ts';
import type { Vram } from './vram.ts';

/** BAR0 offsets and sizes of what is no register. linux: drivers/gpu/drm/nouveau/nvkm/subdev/bios/shadowrom.c */
export const PROM = { start: 0x300000, size: 0x100000 } as const;
export const PRAMIN = { start: 0x700000, size: 0x100000 } as const;
export const CONFIG_MIRROR = { start: 0x088000, size: 0x1000 } as const;

const ONES = { 1: 0xff, 2: 0xffff, 4: 0xffffffff } as const;

/** The flash with the VBIOS: read only, and all ones behind its end. */
export function promWindow(rom: Uint8Array): Window {
  const readBlock = (offset: number, into: Uint8Array): void => {
    into.fill(0xff);
    if (offset < rom.length) into.set(rom.subarray(offset, Math.min(rom.length, offset + into.length)));
  };
  return {
    read(offset, size) {
      let value = 0;
      for (let i = size - 1; i >= 0; i--) value = value * 256 + (rom[offset + i] ?? 0xff);
      return value;
    },
    write: () => undefined,
    readBlock,
  };
}

/** A view of VRAM that begins where `base` says. */
export function vramWindow(vram: Vram, base: () => number, outside: (address: number) => void): Required<Window> {
  const scratch = new Uint8Array(4);
  const inside = (address: number, length: number): boolean => {
    if (address >= 0 && address + length <= vram.size) return true;
    outside(address);
    return false;
  };
  return {
    read(offset, size: AccessSize) {
      const address = base() + offset;
      if (!inside(address, size)) return ONES[size];
      const bytes = scratch.subarray(0, size);
      vram.read(address, bytes);
      let value = 0;
      for (let i = size - 1; i >= 0; i--) value = value * 256 + bytes[i]!;
      return value;
    },
    write(offset, size, value) {
      const address = base() + offset;
      if (!inside(address, size)) return;
      for (let i = 0; i < size; i++) scratch[i] = value >>> (8 * i);
      vram.write(address, scratch.subarray(0, size));
    },
    readBlock(offset, into) {
      const address = base() + offset;
      if (inside(address, into.length)) vram.read(address, into);
      else into.fill(0xff);
    },
    writeBlock(offset, from) {
      const address = base() + offset;
      if (inside(address, from.length)) vram.write(address, from);
    },
  };
}
