import { BAR0_WINDOWS, type Family } from '@nova-stack/gpu-regs';

import { present, type Device } from '../device.ts';
import { write } from '../mmio.ts';
import { KiB } from '../sizes.ts';

const WINDOW = BAR0_WINDOWS.pramin;
/** What the window can be moved by, in bytes. */
const STEP = 64 * KiB;

/** Reads and writes of the framebuffer by the CPU. */
export type VramAccess = Pick<VramWindow, 'read' | 'write' | 'read32' | 'write32'>;

/**
 * The CPU's view of the framebuffer through the movable window in BAR0: slow, but it needs no page tables, so it
 * works from the first moment on. Whole blocks are moved, never single words of a larger transfer.
 * Source: linux: drivers/gpu/drm/nouveau/nvkm/subdev/instmem/nv50.c.
 */
export class VramWindow {
  readonly #device: Device;
  readonly #register: Family['praminWindow'];
  #base = -1;

  /** @param register - the one that moves the window */
  constructor(device: Device, register: Family['praminWindow']) {
    this.#device = device;
    this.#register = register;
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

  /** The register that moves the window has lost its value. */
  forget(): void {
    this.#base = -1;
  }

  /** Offset in BAR0 at which `address` can be seen now. */
  #at(address: number): number {
    const base = address - (address % STEP);
    if (address < this.#base || address >= this.#base + WINDOW.size || this.#base < 0) {
      // Every other field of the register is zero for VRAM.
      write(this.#device.bar0, this.#register, { base: base / STEP });
      this.#base = base;
    }
    return WINDOW.start + address - this.#base;
  }

  #each(address: number, bytes: Uint8Array, move: (offset: number, part: Uint8Array) => void): void {
    present(this.#device, 'memory');
    for (let done = 0; done < bytes.length;) {
      const offset = this.#at(address + done);
      const room = WINDOW.start + WINDOW.size - offset;
      const part = bytes.subarray(done, done + Math.min(room, bytes.length - done));
      move(offset, part);
      done += part.length;
    }
  }
}
