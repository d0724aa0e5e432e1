import type { DmaBuffer, PciDevice } from '@nova-stack/pci';

/** Falcons fetch whole blocks of this size. */
const BLOCK = 256;

/**
 * Puts ucode, padded to whole blocks, where the falcon can fetch it.
 * The caller frees it once the falcon has run.
 */
export function stageUcode(pci: Pick<PciDevice, 'allocDma'>, bytes: Uint8Array, label: string): DmaBuffer {
  const buffer = pci.allocDma(Math.ceil(bytes.length / BLOCK) * BLOCK, { label });
  buffer.bytes.set(bytes);
  return buffer;
}
