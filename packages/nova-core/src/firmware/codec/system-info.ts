import type { Layout, Partially } from '@nova-stack/c-layout';

import type { Notice, SystemFacts } from '../abi.ts';
import type { Needs } from './needs.ts';

/** Under these names every version has them. */
export interface SystemInfoRecord {
  readonly gpuPhysAddr: bigint;
  readonly gpuPhysFbAddr: bigint;
  readonly gpuPhysInstAddr: bigint;
  readonly nvDomainBusDeviceFunc: bigint;
  readonly maxUserVa: bigint;
  readonly pciConfigMirrorBase: number;
  readonly pciConfigMirrorSize: number;
  readonly gspVFInfo: {
    readonly totalVFs: number;
    readonly firstVFOffset: number;
    readonly FirstVFBar0Address: bigint;
    readonly FirstVFBar1Address: bigint;
    readonly FirstVFBar2Address: bigint;
    readonly b64bitBar0: boolean;
    readonly b64bitBar1: boolean;
    readonly b64bitBar2: boolean;
  };
}

export interface SystemInfoNeeds<Info extends SystemInfoRecord> extends Needs<'NV_VGPU_MSG_FUNCTION_GSP_SET_SYSTEM_INFO'> {
  readonly GspSystemInfo: Layout<Info>;
}

/** What a version is told beside that. */
export type SystemInfoOwn<Info> = (facts: SystemFacts) => Partially<Omit<Info, keyof SystemInfoRecord>>;

/** End of the user half of the address space, less one page. */
const MAX_USER_VA = 0x7fff_ffff_f000n;

export function systemInfo<Info extends SystemInfoRecord>(rm: SystemInfoNeeds<Info>, own: SystemInfoOwn<Info>): Notice<SystemFacts> {
  return {
    name: 'GSP_SET_SYSTEM_INFO', function: rm.NV_VGPU_MSG_FUNCTION_GSP_SET_SYSTEM_INFO,
    encode: (facts) => rm.GspSystemInfo.create(Object.assign(common(facts), own(facts)) as Partially<Info>),
  };
}

function common(facts: SystemFacts): Partially<SystemInfoRecord> {
  const { vfs } = facts;
  const bars = vfs?.bars ?? [];
  return {
    gpuPhysAddr: BigInt(facts.registers),
    gpuPhysFbAddr: BigInt(facts.framebuffer),
    gpuPhysInstAddr: BigInt(facts.instance),
    nvDomainBusDeviceFunc: BigInt(facts.busDeviceFunction),
    maxUserVa: MAX_USER_VA,
    pciConfigMirrorBase: facts.configMirror.start,
    pciConfigMirrorSize: facts.configMirror.size,
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
  };
}

/** From 570 on the firmware is told who the PCI function is. */
export interface PciIdentity {
  readonly PCIDeviceID: number;
  readonly PCISubDeviceID: number;
  readonly PCIRevisionID: number;
}

export const pciIdentity: SystemInfoOwn<PciIdentity> = ({ deviceId, subsystemId, revision }) => ({
  PCIDeviceID: deviceId, PCISubDeviceID: subsystemId, PCIRevisionID: revision,
});
