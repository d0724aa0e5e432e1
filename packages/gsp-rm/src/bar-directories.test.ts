import { getEntryField, PAGE_DIRECTORY, PAGE_DIRECTORY_BASE } from '@nova-stack/gpu-regs';
import { expect, test } from 'vitest';
import { driver, type Driver } from './testing/driver.ts';

const BLOCKS = [0xb80f40, 0xb80f48] as const;

function quad(self: Driver, address: number): bigint {
  const bytes = new Uint8Array(8);
  self.hardware.readVram(address, bytes);
  return new DataView(bytes.buffer).getBigUint64(0, true);
}

test('once it is up, both BARs go through the directories that it reports', async () => {
  const self = driver();
  expect(BLOCKS.map((block) => self.hardware.scratch(block))).toEqual([0, 0]);
  await self.boot();
  const info = self.rm.GspStaticConfigInfo.read((await self.end.call(65, new Uint8Array(self.rm.GspStaticConfigInfo.size))).payload);
  for (const [bar, root] of [info.bar1PdeBase, info.bar2PdeBase].entries()) {
    const bound = self.hardware.scratch(BLOCKS[bar]!);
    expect(bound >>> 31).toBe(1);
    const entry = quad(self, (bound & 0xfffffff) * 0x1000 + PAGE_DIRECTORY_BASE);
    expect(getEntryField(PAGE_DIRECTORY, 'address', entry) * 0x1000n).toBe(root);
    expect(quad(self, Number(root))).toBe(0n);
  }
});

test('an entry for BAR2 goes where its directory is, and away again', async () => {
  const self = driver();
  await self.boot();
  const { bar2PdeBase } = self.rm.GspStaticConfigInfo.read((await self.end.call(65, new Uint8Array(self.rm.GspStaticConfigInfo.size))).payload);
  const send = async (barType: number, entryValue: bigint, entryLevelShift: bigint): Promise<number> =>
    (await self.end.call(70, self.rm.rpc_update_bar_pde_v.create({ info: { barType, entryValue, entryLevelShift } }))).result;
  expect(await send(1, 0x1234_5602n, 47n)).toBe(0);
  expect(quad(self, Number(bar2PdeBase))).toBe(0x1234_5602n);
  expect(await send(1, 0n, 47n)).toBe(0);
  expect(quad(self, Number(bar2PdeBase))).toBe(0n);
  expect([await send(2, 0n, 47n), await send(1, 0n, 12n)]).toEqual([0x1f, 0x1f]);
});
