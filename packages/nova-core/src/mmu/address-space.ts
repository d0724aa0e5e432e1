import { NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE, NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_PDB, NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_UPPER_PDB } from '@nova-stack/gpu-regs';

import { MS, S, until, type Device } from '../device.ts';
import type { VramAllocator, VramBlock } from '../memory/vram.ts';
import type { VramAccess } from '../memory/vram-window.ts';
import { read, write } from '../mmio.ts';
import { PAGE } from '../sizes.ts';
import type { TableCopies } from './copies.ts';
import type { PageAttributes } from './format.ts';
import { PageTables, type TableChange, type TableMemory } from './page-tables.ts';

/** What an address space of a GPU that runs is made of. */
export interface SpaceSurroundings {
  readonly device: Device;
  readonly gmmu: 'ver2' | 'ver3';
  readonly vram: VramAllocator;
  readonly window: VramAccess;
  readonly copies?: TableCopies;
}

const INVALIDATED = { bound: 2 * S, every: MS } as const;
/** Units of the registers that name a page directory. */
const UPPER = 2 ** 40;

/** Pages of VRAM for tables, each held by its name. */
class VramTables implements TableMemory {
  readonly #in: SpaceSurroundings;
  readonly #blocks = new Map<number, VramBlock>();

  constructor(surroundings: SpaceSurroundings) {
    this.#in = surroundings;
  }

  allocate(): number | undefined {
    const block = this.#in.vram.allocate({ size: PAGE, align: PAGE, label: 'page table', from: 'high' });
    if (block) this.#blocks.set(block.start, block);
    return block?.start;
  }

  free(address: number): void {
    const block = this.#blocks.get(address);
    if (block === undefined) return;
    this.#blocks.delete(address);
    this.#in.vram.release(block);
  }

  write(address: number, bytes: Uint8Array): void {
    this.#in.window.write(address, bytes);
  }
}

/**
 * An address space of the driver's own: page tables in VRAM, and the GPU told of every change. Changes are made one after the
 * other; tables go back once the GPU has forgotten them.
 * Source: linux: drivers/gpu/drm/nouveau/nvkm/subdev/mmu/vmmtu102.c.
 */
export class AddressSpace {
  readonly #device: Device;
  readonly #memory: VramTables;
  readonly #tables: PageTables;
  #turn: Promise<unknown> = Promise.resolve();

  /** @throws {@link NovaCoreError} `NO_MEMORY`, `DEVICE_LOST` */
  constructor(surroundings: SpaceSurroundings) {
    this.#device = surroundings.device;
    this.#memory = new VramTables(surroundings);
    this.#tables = new PageTables(surroundings.gmmu, this.#memory, surroundings.copies);
  }

  /** Where the root lies in VRAM, and its entries. */
  get root(): { readonly address: number; readonly entries: number } {
    return { address: this.#tables.root, entries: this.#tables.rootEntries };
  }

  /** As {@link PageTables.map}. @throws {@link NovaCoreError} also `TIMEOUT` and `DEVICE_LOST` */
  map(va: number, address: number, size: number, attributes: PageAttributes): Promise<void> {
    return this.#change(() => this.#tables.map(va, address, size, attributes));
  }

  /** As {@link PageTables.sparse}. */
  sparse(va: number, size: number): Promise<void> {
    return this.#change(() => this.#tables.sparse(va, size));
  }

  /** As {@link PageTables.unmap}; when it has ended, nothing reaches what was mapped. */
  unmap(va: number, size: number): Promise<void> {
    return this.#change(() => this.#tables.unmap(va, size));
  }

  /** Gives the tables back; nothing may use the address space any more. */
  destroy(): void {
    this.#tables.destroy();
  }

  #change(make: () => TableChange): Promise<void> {
    const mine = this.#turn.then(async () => {
      const { stale, unused } = make();
      if (stale) await this.#invalidate();
      for (const address of unused) this.#memory.free(address);
    });
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #invalidate(): Promise<void> {
    const { bar0 } = this.#device;
    const { root } = this.#tables;
    write(bar0, NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_PDB, { address: (root % UPPER) / PAGE });
    write(bar0, NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_UPPER_PDB, { address: Math.floor(root / UPPER) });
    write(bar0, NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE, { trigger: 1, allVa: 1 });
    await until(this.#device, 'memory', 'invalidation of translations', INVALIDATED, () => read(bar0, NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE).trigger === 0);
  }
}
