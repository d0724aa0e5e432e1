import type { PointTable } from '@nova-stack/trace';

/**
 * This package's points. Faults: `pci.dma.request` answers a request with a bus error (action `fail`),
 * `pci.interrupt.send` loses an interrupt (action `drop`).
 */
export const POINTS: PointTable = {
  'pci.slot.plugged': { level: 'step', text: '{device}: {vendor:hex}:{id:hex}, class {class:hex}, {bars} BARs' },
  'pci.slot.removed': { level: 'warning', text: '{device} was pulled out' },
  'pci.slot.replaced': { level: 'detail', text: '{device}: the device object was exchanged' },
  'pci.function.reset': { level: 'detail', text: '{device}: function-level reset' },
  'pci.sriov.enabled': { level: 'step', text: '{device}: {count} virtual functions from {first}' },
  'pci.sriov.disabled': { level: 'step', text: '{device}: no virtual functions' },
  'pci.dma.error': { level: 'warning', text: '{device}: bus error on {op} of {size} bytes at {address:hex}: {why}' },
  'pci.interrupt.delivered': { level: 'detail', text: '{device}: interrupt' },
  'pci.interrupt.dropped': { level: 'detail', text: '{device}: interrupt lost: {why}' },
};
