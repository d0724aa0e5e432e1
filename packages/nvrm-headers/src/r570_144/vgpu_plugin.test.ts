import { expect, test } from 'vitest';

import * as plugin from './vgpu_plugin.ts';

// Numbers published with the vGPU manager series; the records are declared nowhere else that could be compared.
test('the shared region and its records lie where the task has them', () => {
  expect(Object.values(plugin.VGPU_REGION_SIZES).reduce((sum, size) => sum + size, 0)).toBe(0x274000);
  expect(plugin.VGPU_CPU_GSP_CTRL_BUFF_REGION.offsets).toMatchObject({
    message_seq_num: 8, response_buff_offset: 16, error_buff_offset: 40, migration_buf_cpu_access_offset: 48,
    is_migration_in_progress: 52, error_buff_cpu_get_idx: 56, attached_vgpu_count: 60,
  });
  expect(plugin.VGPU_CPU_GSP_RESPONSE_BUFF_REGION.offsets).toEqual({ message_seq_num_received: 0, message_seq_num_processed: 4, result_code: 8 });
  const { size, offsets } = plugin.NV_VGPU_CPU_RPC_DATA_COPY_CONFIG_PARAMS;
  expect([size, offsets.host_page_size, offsets.placement_id]).toEqual([112, 64, 84]);
});
