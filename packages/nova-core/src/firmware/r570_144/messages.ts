import { ascii, dataView, text } from '@nova-stack/c-layout';
import { PACKED_REGISTRY_ENTRY, PACKED_REGISTRY_TABLE, REGISTRY_TABLE_ENTRY_TYPE_DWORD } from '@nova-stack/nvrm-headers/r570_144/g_os_nvoc';
import { GspStaticConfigInfo, GspSystemInfo } from '@nova-stack/nvrm-headers/r570_144/gsp_static_config';
import * as rpc from '@nova-stack/nvrm-headers/r570_144/rpc';
import { rpc_gsp_rm_control_v } from '@nova-stack/nvrm-headers/r570_144/rpc/gsp_rm_control_v03_00';
import { rpc_os_error_log_v } from '@nova-stack/nvrm-headers/r570_144/rpc/os_error_log_v17_00';
import { rpc_run_cpu_sequencer_v } from '@nova-stack/nvrm-headers/r570_144/rpc/run_cpu_sequencer_v17_00';
import { rpc_unloading_guest_driver_v } from '@nova-stack/nvrm-headers/r570_144/rpc/unloading_guest_driver_v1F_07';

import type { MessageAbi, RegistryEntry, ReportedRegion, StaticInfo, SystemFacts } from '../abi.ts';

/** End of the user half of the address space, less one page. */
const MAX_USER_VA = 0x7fff_ffff_f000n;
const UUID_SIZE = 16;

function encodeSystemInfo(facts: SystemFacts): Uint8Array {
  const { vfs } = facts;
  const bars = vfs?.bars ?? [];
  return GspSystemInfo.create({
    gpuPhysAddr: BigInt(facts.registers),
    gpuPhysFbAddr: BigInt(facts.framebuffer),
    gpuPhysInstAddr: BigInt(facts.instance),
    nvDomainBusDeviceFunc: BigInt(facts.busDeviceFunction),
    maxUserVa: MAX_USER_VA,
    pciConfigMirrorBase: facts.configMirror.start,
    pciConfigMirrorSize: facts.configMirror.size,
    PCIDeviceID: facts.deviceId,
    PCISubDeviceID: facts.subsystemId,
    PCIRevisionID: facts.revision,
    // Source: open-gpu-kernel-modules 570.144: src/nvidia/src/kernel/vgpu/rpc.c (rpcGspSetSystemInfo).
    gspVFInfo: {
      totalVFs: vfs?.total ?? 0,
      firstVFOffset: vfs?.firstOffset ?? 0,
      FirstVFBar0Address: BigInt(bars[0]?.address ?? 0),
      FirstVFBar1Address: BigInt(bars[1]?.address ?? 0),
      FirstVFBar2Address: BigInt(bars[2]?.address ?? 0),
      b64bitBar0: bars[0]?.is64 ?? false,
      b64bitBar1: bars[1]?.is64 ?? false,
      b64bitBar2: bars[2]?.is64 ?? false,
    },
  });
}

function encodeRegistry(entries: readonly RegistryEntry[]): Uint8Array {
  const namesAt = PACKED_REGISTRY_TABLE.size + entries.length * PACKED_REGISTRY_ENTRY.size;
  const size = namesAt + entries.reduce((sum, { name }) => sum + name.length + 1, 0);
  const table = new Uint8Array(size);
  PACKED_REGISTRY_TABLE.write(table, 0, { size, numEntries: entries.length });
  let nameOffset = namesAt;
  for (const [i, { name, value }] of entries.entries()) {
    PACKED_REGISTRY_ENTRY.write(table, PACKED_REGISTRY_TABLE.size + i * PACKED_REGISTRY_ENTRY.size, {
      nameOffset, type: REGISTRY_TABLE_ENTRY_TYPE_DWORD, data: value, length: 4,
    });
    table.set(ascii(name), nameOffset);
    nameOffset += name.length + 1;
  }
  return table;
}

/** 64-bit fields that are addresses and sizes. @throws RangeError above 2^53. */
function exact(value: bigint, field: string): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError(`${field} = 0x${value.toString(16)} is above 2^53`);
  return Number(value);
}

function decodeStaticInfo(payload: Uint8Array): StaticInfo {
  const info = GspStaticConfigInfo.read(payload);
  const { numFBRegions, fbRegion } = info.fbRegionInfoParams;
  if (numFBRegions > fbRegion.length) throw new RangeError(`numFBRegions = ${numFBRegions} is above ${fbRegion.length}`);
  const regions = fbRegion.slice(0, numFBRegions).map((region, i): ReportedRegion => {
    const start = exact(region.base, `fbRegion[${i}].base`);
    const last = exact(region.limit, `fbRegion[${i}].limit`);
    if (last < start) throw new RangeError(`fbRegion[${i}].limit is below its base`);
    return {
      start, size: last - start + 1, reserved: exact(region.reserved, `fbRegion[${i}].reserved`),
      isProtected: region.bProtected, compressible: region.supportCompressed, scanout: region.supportISO,
    };
  });
  return {
    name: text(info.gpuNameString),
    uuid: info.gidInfo.length >= UUID_SIZE ? info.gidInfo.data.slice(0, UUID_SIZE) : undefined,
    fbSize: exact(info.fb_length, 'fb_length'),
    regions,
    internal: { client: info.hInternalClient, device: info.hInternalDevice, subdevice: info.hInternalSubdevice },
  };
}

const nothing = (): undefined => undefined;

export const messages: MessageAbi = {
  setSystemInfo: { name: 'GSP_SET_SYSTEM_INFO', function: rpc.NV_VGPU_MSG_FUNCTION_GSP_SET_SYSTEM_INFO, encode: encodeSystemInfo },
  setRegistry: { name: 'SET_REGISTRY', function: rpc.NV_VGPU_MSG_FUNCTION_SET_REGISTRY, encode: encodeRegistry },
  staticInfo: {
    name: 'GET_GSP_STATIC_INFO', function: rpc.NV_VGPU_MSG_FUNCTION_GET_GSP_STATIC_INFO,
    encode: () => GspStaticConfigInfo.create(), decode: decodeStaticInfo,
  },
  unload: {
    name: 'UNLOADING_GUEST_DRIVER', function: rpc.NV_VGPU_MSG_FUNCTION_UNLOADING_GUEST_DRIVER,
    // No power transition: the firmware is to go for good.
    encode: () => rpc_unloading_guest_driver_v.create({ bInPMTransition: false, bGc6Entering: false, newLevel: 0 }),
    decode: nothing,
  },
  control: {
    name: 'GSP_RM_CONTROL', function: rpc.NV_VGPU_MSG_FUNCTION_GSP_RM_CONTROL,
    encode({ client, object, command, params }) {
      const payload = new Uint8Array(rpc_gsp_rm_control_v.size + params.length);
      rpc_gsp_rm_control_v.write(payload, 0, { hClient: client, hObject: object, cmd: command, paramsSize: params.length });
      payload.set(params, rpc_gsp_rm_control_v.size);
      return payload;
    },
    decode(payload) {
      const { status, paramsSize } = rpc_gsp_rm_control_v.read(payload);
      const { size } = rpc_gsp_rm_control_v;
      if (size + paramsSize > payload.length) throw new RangeError(`paramsSize = ${paramsSize}, but ${payload.length - size} bytes follow`);
      return { status, params: payload.subarray(size, size + paramsSize) };
    },
  },
  events: {
    initDone: rpc.NV_VGPU_MSG_EVENT_GSP_INIT_DONE,
    sequencer: rpc.NV_VGPU_MSG_EVENT_GSP_RUN_CPU_SEQUENCER,
    osErrorLog: rpc.NV_VGPU_MSG_EVENT_OS_ERROR_LOG,
  },
  sequencerCommands(payload) {
    // cmdIndex counts the words in use; nova-core takes it for a number of commands, the firmware does not.
    const { cmdIndex } = rpc_run_cpu_sequencer_v.read(payload);
    const { size } = rpc_run_cpu_sequencer_v;
    if (size + cmdIndex * 4 > payload.length) throw new RangeError(`cmdIndex = ${cmdIndex}, but ${payload.length - size} bytes follow`);
    return payload.subarray(size, size + cmdIndex * 4);
  },
  osError(payload) {
    if (payload.length < rpc_os_error_log_v.size) return { xid: payload.length >= 4 ? dataView(payload).getUint32(0, true) : 0, text: '' };
    const { exceptType, errString } = rpc_os_error_log_v.read(payload);
    return { xid: exceptType, text: text(errString) };
  },
};
