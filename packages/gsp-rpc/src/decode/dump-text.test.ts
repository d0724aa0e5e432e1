import { expect, test } from 'vitest';
import { flush, queueMessage } from '../firmware-end.ts';
import { PROFILE_570_144 as profile } from '../r570_144.ts';
import { SHARED_MEMORY } from '../shared-memory.ts';
import { readDump } from '../trace/dump.ts';
import { answering, control, link } from '../trace/testing/link.ts';
import { formatDump } from './dump-text.ts';

async function block(): Promise<Uint8Array> {
  let up = true;
  const both = link({ serve: (ends) => { if (up) answering((request) => (request.function === 72 ? [] : [{ ...request, result: 0 }]))(ends); } });
  await both.driver.send(72, new Uint8Array(0x3a0));
  await both.driver.call(76, control(0x20800137, new Uint8Array(4)));
  up = false;
  await both.driver.send(47, new Uint8Array(8));
  queueMessage(both.state, { function: 0x1006, result: 0, sequence: 0, payload: Uint8Array.from({ length: 0x110 }, (_, i) => (i === 0 ? 79 : i === 12 ? 0x21 : 0)) });
  both.run(flush(profile, both.state));
  return both.memory;
}

test('a dump as text: pointers, what waits with its fields, what was in a line each', async () => {
  const memory = await block();
  expect(await formatDump(readDump(memory))).toEqual([
    '0x81000 bytes, firmware 570.144 (by the size of its messages)',
    'page table: 129 pages from 0x100000, contiguous',
    'command queue at 0x1000',
    '  header: version 0, size 0x40000, 63 entries of 0x1000, flags 1, read pointer at 0x20, entries at 0x1000',
    '  written up to 3, read up to 2; its owner has read the other queue up to 1',
    '  in flight: 1 records in 1 entries',
    '    entry  2, element 2  ->  UNLOADING_GUEST_DRIVER  8 bytes',
    '        rpc_unloading_guest_driver_v1F_07',
    '  read already: 2 messages, oldest first',
    '    entry  0, element 0  ->  GSP_SET_SYSTEM_INFO  928 bytes',
    '    entry  1, element 1  ->  GSP_RM_CONTROL  NV2080_CTRL_CMD_GPU_GET_FERMI_GPC_INFO  #1  28 bytes',
    'status queue at 0x41000',
    '  header: version 0, size 0x40000, 63 entries of 0x1000, flags 1, read pointer at 0x20, entries at 0x1000',
    '  written up to 2, read up to 1; its owner has read the other queue up to 2',
    '  in flight: 1 records in 1 entries',
    '    entry  1, element 1  <-  event OS_ERROR_LOG  272 bytes',
    '        rpc_os_error_log_v17_00',
    '          exceptType  ROBUST_CHANNEL_GPU_HAS_FALLEN_OFF_THE_BUS (0x4f)',
    '          errString  "!"',
    '  read already: 1 messages, oldest first',
    '    entry  0, element 0  <-  GSP_RM_CONTROL  NV2080_CTRL_CMD_GPU_GET_FERMI_GPC_INFO  #1  28 bytes',
  ]);
});

test('what is wrong stands where it was found', async () => {
  const memory = await block();
  const view = new DataView(memory.buffer);
  view.setUint32(SHARED_MEMORY.statusQueue + 0x0c, 5, true);
  view.setUint32(SHARED_MEMORY.commandQueue + 0x3000 + 0x20, 1, true);
  const text = await formatDump(readDump(memory), { release: '570.144', fields: 'none' });
  expect(text[0]).toBe('0x81000 bytes, firmware 570.144');
  expect(text).toContain('wrong: queue at 0x41000: msgCount is 0x5 instead of 0x3f');
  expect(text).toContain('      wrong: CHECKSUM: bad checksum');
});

test('anything at all is printed', async () => {
  const noise = Uint8Array.from({ length: 0x81000 }, (_, i) => (i * 2654435761) >>> 13);
  expect((await formatDump(readDump(noise))).length).toBeLessThan(2000);
});
