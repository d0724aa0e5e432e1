import { createGspRm } from '@nova-stack/gsp-rm';
import { createGpu } from '@nova-stack/hw-model';
import { expect, test } from 'vitest';

import { touchedLines, watchRegisters } from './access-record.ts';

test('counts what is done to each register, in the order of the first time, and changes nothing', () => {
  const plain = createGpu({ board: 'rtx4090', firmware: createGspRm() });
  const watched = watchRegisters('ad102', createGpu({ board: 'rtx4090', firmware: createGspRm() }));
  const { device } = watched;
  const both = [plain, device];
  for (const gpu of both) {
    gpu.write(0, 0x110040, 4, 0xcafe);
    gpu.writeBlock(0, 0x110040, new Uint8Array(8));
  }
  expect(both.map((gpu) => [gpu.read(0, 0xa00, 4), gpu.read(0, 0xa02, 1), gpu.read(0, 0x300000, 4), gpu.read(0, 0x123450, 4), gpu.read(1, 0xa00, 4)])[1]).toEqual(
    [plain.read(0, 0xa00, 4), plain.read(0, 0xa02, 1), plain.read(0, 0x300000, 4), plain.read(0, 0x123450, 4), 0],
  );
  const block = new Uint8Array(8);
  device.readBlock(0, 0x000000, block);
  expect(block.slice(0, 4)).toEqual(Uint8Array.of(0xa1, 0x00, 0x20, 0x19));
  expect(touchedLines(watched.touched()).split('\n')).toEqual([
    '0x110040 0 2 NV_PFALCON_FALCON_MAILBOX0', '0x110044 0 1 NV_PFALCON_FALCON_MAILBOX1', '0x000a00 2 0 NV_PMC_BOOT_42', '0x123450 1 0 ?', '0x000000 1 0 NV_PMC_BOOT_0', '0x000004 1 0 NV_PMC_BOOT_1', '',
  ]);
});
