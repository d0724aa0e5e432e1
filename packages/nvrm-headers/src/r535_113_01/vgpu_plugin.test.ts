import { expect, test } from 'vitest';

import * as plugin from './vgpu_plugin.ts';

// Numbers published with the vGPU manager series; the records are declared nowhere else that could be compared. That series sends a snapshot of
// 88 bytes as configuration, in which the flags stand at 76, 78 and 79.
test('the shared region and its records lie where the task has them', () => {
  expect(Object.values(plugin.VGPU_REGION_SIZES).reduce((sum, size) => sum + size, 0)).toBe(0x264000);
  expect(plugin.VGPU_CPU_GSP_RESPONSE_BUFF_REGION.offsets).toEqual({ message_seq_num_processed: 0, result_code: 4 });
  const { size, offsets } = plugin.NV_VGPU_CPU_RPC_DATA_COPY_CONFIG_PARAMS;
  expect([size, offsets.vgpu_type, offsets.host_page_size, offsets.vmm_migration_supported, offsets.enable_console_vnc, offsets.use_non_stall_linux_events]).toEqual([88, 28, 64, 76, 78, 79]);
});
