import { present, type Device } from '../device.ts';
import { BAR0_WINDOW, write } from '../registers.ts';
import { KiB, MiB } from '../sizes.ts';

/** Where the window lies in BAR0, and what it can be moved by. */
const WINDOW = { offset: 0x70_0000, size: MiB, granularity: 64 * KiB } as const;
const TARGET_VRAM = 0;

/** Reads and writes of the framebuffer by the CPU. */
export type VramAccess = Pick<VramWindow, 'read' | 'write' | 'read32' | 'write32'>;

/**
 * The CPU's view of the framebuffer through the movable window in BAR0: slow, but it needs no page tables, so it
 * works from the first moment on. Whole blocks are moved, never single words of a larger transfer.
 * Source: linux: drivers/gpu/drm/nouveau/nvkm/subdev/instmem/nv50.c.
 */
export class VramWindow {
  readonly #device: Device;
  #base = -1;

  constructor(device: Device) {
    this.#device = device;
  }

  /** Reads `into.length` bytes of the framebuffer. The caller has checked the range. */
  read(address: number, into: Uint8Array): void {
    this.#each(address, into, (offset, part) => this.#device.bar0.readBlock(offset, part));
  }

  write(address: number, from: Uint8Array): void {
    this.#each(address, from, (offset, part) => this.#device.bar0.writeBlock(offset, part));
  }

  /** One aligned 32-bit word, in one access. */
  read32(address: number): number {
    return this.#device.bar0.read32(this.#at(address));
  }

  write32(address: number, value: number): void {
    this.#device.bar0.write32(this.#at(address), value);
  }

  /** Offset in BAR0 at which `address` can be seen now. */
  #at(address: number): number {
    const base = address - (address % WINDOW.granularity);
    if (address < this.#base || address >= this.#base + WINDOW.size || this.#base < 0) {
      write(this.#device.bar0, BAR0_WINDOW, { base: base / WINDOW.granularity, target: TARGET_VRAM });
      this.#base = base;
    }
    return WINDOW.offset + address - this.#base;
  }

  #each(address: number, bytes: Uint8Array, move: (offset: number, part: Uint8Array) => void): void {
    present(this.#device, 'memory');
    for (let done = 0; done < bytes.length;) {
      const offset = this.#at(address + done);
      const room = WINDOW.offset + WINDOW.size - offset;
      const part = bytes.subarray(done, done + Math.min(room, bytes.length - done));
      move(offset, part);
      done += part.length;
    }
  }
}
