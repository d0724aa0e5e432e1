import * as manager from '@nova-stack/nvrm-headers/r570_144/ctrl2080vgpumgrinternal';
import { NVA081_CTRL_VGPU_INFO, NVA081_MAX_VGPU_PER_PGPU, NVA081_MAX_VGPU_TYPES_PER_PGPU } from '@nova-stack/nvrm-headers/r570_144/ctrla081';
import * as plugin from '@nova-stack/nvrm-headers/r570_144/vgpu_plugin';

import { bootOf, logAt, vgpuControls } from '../codec/vgpu-controls.ts';
import { configurationOf, layOut, pluginAbi } from '../codec/vgpu-plugin.ts';
import { typeFacts } from '../codec/vgpu-types.ts';
import type { VgpuAbi } from '../vgpu-abi.ts';

const NO_PLACEMENT = 0xffff;
const region = layOut(plugin.VGPU_REGION_SIZES);

/** Virtual GPUs under 570.144: types name their places, and the task's kernel has a log. */
export const vgpu: VgpuAbi = {
  typeRecordSize: NVA081_CTRL_VGPU_INFO.size,
  maxTypes: NVA081_MAX_VGPU_TYPES_PER_PGPU,
  maxInstances: NVA081_MAX_VGPU_PER_PGPU,
  decodeType(record) {
    const info = NVA081_CTRL_VGPU_INFO.read(record);
    return { ...typeFacts(info), placementSize: info.placementSize, homogeneousPlacements: info.homogeneousPlacementIds.slice(0, info.homogeneousPlacementCount) };
  },
  controls: vgpuControls(manager, {
    recordSize: NVA081_CTRL_VGPU_INFO.size, maxTypes: NVA081_MAX_VGPU_TYPES_PER_PGPU,
    encodeBoot(boot) {
      const [kernelLogBuffOffset, kernelLogBuffSize] = logAt(boot, region.kernelLog);
      return manager.NV2080_CTRL_VGPU_MGR_INTERNAL_BOOTLOAD_GSP_VGPU_PLUGIN_TASK_PARAMS.create({ ...bootOf(manager, region, boot), kernelLogBuffOffset, kernelLogBuffSize });
    },
  }),
  plugin: pluginAbi(plugin, (config) => plugin.NV_VGPU_CPU_RPC_DATA_COPY_CONFIG_PARAMS.create({ ...configurationOf(config), placement_id: config.placement ?? NO_PLACEMENT })),
};
