import * as manager from '@nova-stack/nvrm-headers/r535_113_01/ctrl2080vgpumgrinternal';
import { NVA081_CTRL_VGPU_INFO, NVA081_MAX_VGPU_PER_PGPU, NVA081_MAX_VGPU_TYPES_PER_PGPU } from '@nova-stack/nvrm-headers/r535_113_01/ctrla081';
import * as plugin from '@nova-stack/nvrm-headers/r535_113_01/vgpu_plugin';

import { bootOf, vgpuControls } from '../codec/vgpu-controls.ts';
import { configurationOf, layOut, pluginAbi } from '../codec/vgpu-plugin.ts';
import { typeFacts } from '../codec/vgpu-types.ts';
import type { VgpuAbi } from '../vgpu-abi.ts';

const region = layOut(plugin.VGPU_REGION_SIZES);

/** Virtual GPUs under 535.113.01, which knows nothing of places: the driver's own are all that there are. */
export const vgpu: VgpuAbi = {
  typeRecordSize: NVA081_CTRL_VGPU_INFO.size,
  maxTypes: NVA081_MAX_VGPU_TYPES_PER_PGPU,
  maxInstances: NVA081_MAX_VGPU_PER_PGPU,
  decodeType: (record) => ({ ...typeFacts(NVA081_CTRL_VGPU_INFO.read(record)), placementSize: 0, homogeneousPlacements: [] }),
  controls: vgpuControls(manager, {
    recordSize: NVA081_CTRL_VGPU_INFO.size, maxTypes: NVA081_MAX_VGPU_TYPES_PER_PGPU,
    encodeBoot: (boot) => manager.NV2080_CTRL_VGPU_MGR_INTERNAL_BOOTLOAD_GSP_VGPU_PLUGIN_TASK_PARAMS.create(bootOf(manager, region, boot)),
  }),
  plugin: pluginAbi(plugin, (config) => plugin.NV_VGPU_CPU_RPC_DATA_COPY_CONFIG_PARAMS.create(configurationOf(config))),
};
