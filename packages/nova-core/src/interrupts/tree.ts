import {
  at, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF as LEAF, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_CLEAR as LEAF_EN_CLEAR,
  NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_SET as LEAF_EN_SET, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP as TOP,
  NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_CLEAR as TOP_EN_CLEAR, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_SET as TOP_EN_SET, NV_XVE_MSI_REARM,
  type Family,
} from '@nova-stack/gpu-regs';

import type { Device } from '../device.ts';

const ALL = 0xffff_ffff;
const VECTORS_PER_LEAF = 32;

/**
 * The driver's hold on the interrupt tree: leaves of 32 vectors, two leaves to a bit of the top.
 * Source: linux: drivers/gpu/drm/nouveau/nvkm/subdev/vfn/tu102.c, drivers/gpu/drm/nouveau/nvkm/subdev/pci/gp100.c.
 */
export class InterruptTree {
  readonly #device: Device;
  readonly #leaves: number;
  /** Register that lets the next message out; chips that start by the FSP have none. */
  readonly #rearm: number | undefined;

  constructor(device: Device, { interruptLeaves, configMirror, bootChain }: Family) {
    this.#device = device;
    this.#leaves = interruptLeaves;
    this.#rearm = bootChain === 'fsp' ? undefined : configMirror.start + NV_XVE_MSI_REARM.address;
  }

  /** Vectors that the tree has; others do not exist. */
  get vectors(): number {
    return this.#leaves * VECTORS_PER_LEAF;
  }

  /** Disables everything, as whoever was here before may have left it. */
  quiet(): void {
    this.disarm();
    for (let i = 0; i < this.#leaves; i++) this.#write(at(LEAF_EN_CLEAR, i), ALL);
  }

  /** Lets a vector through; what was pending of it before is forgotten. */
  enable(vector: number): void {
    const [leaf, bit] = place(vector);
    this.#write(at(LEAF, leaf), bit);
    this.#write(at(LEAF_EN_SET, leaf), bit);
  }

  disable(vector: number): void {
    const [leaf, bit] = place(vector);
    this.#write(at(LEAF_EN_CLEAR, leaf), bit);
  }

  /** Nothing goes out, whatever is pending. */
  disarm(): void {
    this.#write(TOP_EN_CLEAR, this.#subtrees);
  }

  /** Lets out what is pending, and whatever comes. */
  arm(): void {
    this.#write(TOP_EN_SET, this.#subtrees);
  }

  /** Lets the next message out once {@link arm} was called. */
  rearm(): void {
    if (this.#rearm !== undefined) this.#device.bar0.write32(this.#rearm, 0);
  }

  /** Vectors that are pending and enabled, ascending. */
  pending(): number[] {
    const { bar0 } = this.#device;
    const top = bar0.read32(TOP.address);
    const found: number[] = [];
    for (let leaf = 0; leaf < this.#leaves; leaf++) {
      if (((top >>> (leaf >>> 1)) & 1) === 0) continue;
      const bits = (bar0.read32(at(LEAF, leaf).address) & bar0.read32(at(LEAF_EN_SET, leaf).address)) >>> 0;
      for (let bit = 0; bit < VECTORS_PER_LEAF; bit++) if ((bits >>> bit) & 1) found.push(leaf * VECTORS_PER_LEAF + bit);
    }
    return found;
  }

  /** Forgets that a vector is pending; what causes it may raise it again. */
  acknowledge(vector: number): void {
    const [leaf, bit] = place(vector);
    this.#write(at(LEAF, leaf), bit);
  }

  get #subtrees(): number {
    return 2 ** (this.#leaves / 2) - 1;
  }

  #write({ address }: { readonly address: number }, value: number): void {
    this.#device.bar0.write32(address, value);
  }
}

const place = (vector: number): readonly [leaf: number, bit: number] => [Math.floor(vector / VECTORS_PER_LEAF), 2 ** (vector % VECTORS_PER_LEAF)];
