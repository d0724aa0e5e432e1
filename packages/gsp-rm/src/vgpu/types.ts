import type { FirmwareHardware } from '@nova-stack/hw-model/port';
import { STATUS, type Status } from '../status.ts';
import type { UploadedType } from './requests.ts';
import type { VgpuState, VgpuType } from './state.ts';

/** NVA081_MAX_VGPU_TYPES_PER_PGPU. */
const MAX_TYPES = 64;

interface Verdict {
  readonly status: Status;
  readonly reason: string;
}

/**
 * Takes an upload of types, all or none.
 *
 * Source: open-gpu-kernel-modules 570.144: src/common/sdk/nvidia/inc/ctrl/ctrl2080/ctrl2080vgpumgrinternal.h
 */
export function uploadTypes(
  hardware: FirmwareHardware, state: VgpuState, request: { readonly discard: boolean; readonly count: number; readonly types: readonly UploadedType[] },
): Status {
  const verdict = judgeUpload(hardware, state, request);
  if (verdict !== undefined) {
    hardware.trace('gsp-rm.vgpu.refused', { reason: verdict.reason });
    return verdict.status;
  }
  if (request.discard) state.types.clear();
  for (const { physicalDevice: _device, signature: _signature, ...type } of request.types) state.types.set(type.id, type satisfies VgpuType);
  hardware.trace('gsp-rm.vgpu.types', { count: state.types.size });
  return STATUS.OK;
}

function judgeUpload(
  hardware: FirmwareHardware, state: VgpuState, { discard, count, types }: { readonly discard: boolean; readonly count: number; readonly types: readonly UploadedType[] },
): Verdict | undefined {
  const { facts } = hardware;
  if (facts.sriov === undefined) return { status: STATUS.NOT_SUPPORTED, reason: 'the board has no virtual functions' };
  if (count > types.length) return { status: STATUS.INVALID_ARGUMENT, reason: `${count} types in one upload` };
  if (discard && state.tasks.size > 0) return { status: STATUS.STATE_IN_USE, reason: 'types are in use' };
  const held = new Set(discard ? [] : state.types.keys());
  for (const type of types) {
    const which = `type ${type.id}`;
    if (type.id === 0 || held.has(type.id)) return { status: STATUS.INSERT_DUPLICATE_NAME, reason: `${which} is held already or zero` };
    held.add(type.id);
    if (type.physicalDevice !== facts.pci.device) return { status: STATUS.INVALID_DEVICE, reason: `${which} is for device 0x${type.physicalDevice.toString(16)}` };
    if (type.signature === 'bad' || type.signature === 'none') return { status: STATUS.INVALID_DATA, reason: `signature of ${which} is ${type.signature}` };
    if (type.maxInstances < 1 || type.profileSize === 0 || type.fbLength === 0 || type.heapSize === 0 || type.fbLength > type.profileSize) {
      return { status: STATUS.INVALID_DATA, reason: `sizes of ${which} make no sense` };
    }
  }
  if (held.size > MAX_TYPES) return { status: STATUS.INSUFFICIENT_RESOURCES, reason: `${held.size} types` };
  return undefined;
}
