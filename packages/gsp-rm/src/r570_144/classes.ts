import type { ClassFacts } from '../resources.ts';
import { NV0000_ALLOC_PARAMETERS, NV0080_ALLOC_PARAMETERS, NV2080_ALLOC_PARAMETERS, NV_VASPACE_ALLOCATION_PARAMETERS } from './layouts.ts';

/** Classes that can be allocated, by number. Source: src/nvidia/src/kernel/rmapi/resource_list.h of the release. */
export const CLASSES: Readonly<Record<number, ClassFacts>> = {
  // NV01_ROOT, NV01_ROOT_NON_PRIV, NV01_ROOT_CLIENT
  0x0000: { kind: 'client', parents: [], paramsSize: NV0000_ALLOC_PARAMETERS.size, paramsRequired: false },
  0x0001: { kind: 'client', parents: [], paramsSize: NV0000_ALLOC_PARAMETERS.size, paramsRequired: false },
  0x0041: { kind: 'client', parents: [], paramsSize: NV0000_ALLOC_PARAMETERS.size, paramsRequired: false },
  // NV01_DEVICE_0
  0x0080: { kind: 'device', parents: ['client'], paramsSize: NV0080_ALLOC_PARAMETERS.size, paramsRequired: false },
  // NV20_SUBDEVICE_0
  0x2080: { kind: 'subdevice', parents: ['device'], paramsSize: NV2080_ALLOC_PARAMETERS.size, paramsRequired: false },
  // FERMI_VASPACE_A
  0x90f1: { kind: 'vaspace', parents: ['device'], paramsSize: NV_VASPACE_ALLOCATION_PARAMETERS.size, paramsRequired: true },
};
