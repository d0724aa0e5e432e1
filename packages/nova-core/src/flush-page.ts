import type { DmaBuffer } from '@nova-stack/pci';

import { report, type Device } from './device.ts';
import { hex, NovaCoreError } from './errors.ts';
import { NISO_FLUSH_SYSMEM_ADDR, NISO_FLUSH_SYSMEM_ADDR_HI, read, write } from './registers.ts';
import { PAGE } from './sizes.ts';

/** Register units: 256 bytes in the low half, 2^40 bytes in the high half. */
const LOW_UNIT = 2 ** 8;
const HIGH_UNIT = 2 ** 40;

function currentAddress(device: Device): number {
  const low = read(device.bar0, NISO_FLUSH_SYSMEM_ADDR).value;
  const high = read(device.bar0, NISO_FLUSH_SYSMEM_ADDR_HI).address;
  return high * HIGH_UNIT + low * LOW_UNIT;
}

function setAddress(device: Device, address: number): void {
  write(device.bar0, NISO_FLUSH_SYSMEM_ADDR_HI, { address: Math.floor(address / HIGH_UNIT) });
  write(device.bar0, NISO_FLUSH_SYSMEM_ADDR, { value: Math.floor(address / LOW_UNIT) % 2 ** 32 });
}

/**
 * A page of system memory that the GPU touches to make its writes to system memory visible. It must be there
 * before any falcon is reset.
 * Source: linux: drivers/gpu/nova-core/fb.rs, fb/hal/ga100.rs.
 */
export class FlushPage {
  readonly #device: Device;
  readonly #page: DmaBuffer;

  constructor(device: Device) {
    this.#device = device;
    this.#page = device.pci.allocDma(PAGE, { label: 'flush page' });
    setAddress(device, this.#page.address);
    report(device.trace, 'nova-core.flush-page.set', { address: this.#page.address });
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
      const found = currentAddress(device);
      if (found !== this.#page.address) {
        throw new NovaCoreError('TEARDOWN', 'flush-page-release', `the flush page is ${hex(found)}, not ours at ${hex(this.#page.address)}`);
      }
      setAddress(device, 0);
    } finally {
      this.#page.free();
    }
  }
}
