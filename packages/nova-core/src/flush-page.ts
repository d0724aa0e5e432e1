import type { FlushPagePart } from '@nova-stack/gpu-regs';
import type { DmaBuffer } from '@nova-stack/pci';

import { report, type Device } from './device.ts';
import { hex, NovaCoreError } from './errors.ts';
import { PAGE } from './sizes.ts';

/** What one register says of the page's address. */
function part(address: number, { register, shift }: FlushPagePart): number {
  const [high, low] = register.fields['address']!;
  return Math.floor(address / 2 ** shift) % 2 ** (high - low + 1);
}

/**
 * A page of system memory that the GPU touches to make its writes to system memory visible. It must be there
 * before any falcon is reset.
 * Source: linux: drivers/gpu/nova-core/fb.rs and its hal/.
 */
export class FlushPage {
  readonly #device: Device;
  readonly #page: DmaBuffer;
  readonly #parts: readonly FlushPagePart[];

  /** @param parts - the registers that take the address, in the order of writing */
  constructor(device: Device, parts: readonly FlushPagePart[]) {
    this.#device = device;
    this.#parts = parts;
    this.#page = device.pci.allocDma(PAGE, { label: 'flush page' });
    this.#set(this.#page.address);
    report(device.trace, 'nova-core.flush-page.set', { address: this.#page.address });
  }

  /** Tells a GPU that lost its registers of the page again. */
  restore(): void {
    this.#set(this.#page.address);
  }

  /**
   * Takes the page back from the GPU and frees it.
   *
   * @throws {@link NovaCoreError} `TEARDOWN` when somebody else's page stands in the register; ours is freed then too.
   */
  release(): void {
    const device = this.#device;
    try {
      if (!device.pci.present) return;
      for (const one of this.#parts) {
        const found = device.bar0.read32(one.register.address);
        if (found !== part(this.#page.address, one)) {
          throw new NovaCoreError('TEARDOWN', 'flush-page-release', `the flush page is not ours any more: ${one.register.name} is ${hex(found)}`);
        }
      }
      this.#set(0);
    } finally {
      this.#page.free();
    }
  }
  #set(address: number): void {
    for (const one of this.#parts) this.#device.bar0.write32(one.register.address, part(address, one));
  }
}
