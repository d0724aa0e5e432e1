import { attach, demand, demandEqual, demandError, withRegion, type ConformanceCase } from './case.ts';

const NEEDS = { capabilities: ['memory.region', 'memory.cpu-window', 'device.info'] } as const;
const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);

/** Device memory that is lent to clients. */
export const MEMORY_CASES: readonly ConformanceCase[] = [
  {
    name: 'memory.zero', duty: 'lends memory that reads zero, whatever its last owner wrote', ...NEEDS,
    async run(core) {
      const { base } = await attach(core);
      // The largest region, so that the second one is made of the same memory.
      const size = Math.min(base.limits().limits.largestRegion, 2 ** 20);
      for (let turn = 0; turn < 3; turn++) {
        const { region } = await base.allocate({ size });
        demandEqual(region.read({ offset: 0, length: 4096 }).bytes, filled(4096, 0), `the start of a new region, turn ${turn}`);
        demandEqual(region.read({ offset: size - 16, length: 16 }).bytes, filled(16, 0), `the end of a new region, turn ${turn}`);
        region.write({ offset: 0, bytes: filled(4096, 0xa5) });
        region.write({ offset: size - 16, bytes: filled(16, 0xa5) });
        await region.release();
      }
    },
  },
  {
    name: 'memory.window', duty: 'reads what was written, and no byte beside it', ...NEEDS,
    async run(core) {
      const { region } = await withRegion(core, 65_536);
      for (const [offset, length] of [[0, 1], [3, 5], [4095, 2], [8190, 4100]] as const) {
        region.write({ offset, bytes: filled(length, 0x3c) });
        const around = region.read({ offset: Math.max(0, offset - 1), length: length + 2 }).bytes;
        const skip = offset === 0 ? 0 : 1;
        demandEqual(around.subarray(skip, skip + length), filled(length, 0x3c), `${length} bytes at ${offset}`);
        demand((skip === 0 || around[0] === 0) && around[skip + length] === 0, `bytes beside ${length} at ${offset} were written`);
        region.write({ offset, bytes: filled(length, 0) });
      }
    },
  },
  {
    name: 'memory.clear', duty: 'clears what it is told to clear, and no byte beside it', capabilities: [...NEEDS.capabilities, 'memory.clear'],
    async run(core) {
      const { region } = await withRegion(core, 16_384);
      region.write({ offset: 0, bytes: filled(16_384, 0x77) });
      await region.clear({ offset: 4000, length: 5000 });
      const bytes = region.read({ offset: 0, length: 16_384 }).bytes;
      demand(bytes.every((byte, at) => byte === (at >= 4000 && at < 9000 ? 0 : 0x77)), 'clearing 5000 bytes at 4000 of a full region left others than those at zero');
    },
  },
  {
    name: 'memory.bounds', duty: 'answers Range to what lies outside a region', capabilities: [...NEEDS.capabilities, 'memory.clear'],
    async run(core) {
      const { region, size } = await withRegion(core, 4096);
      await demandError(() => region.read({ offset: size - 1, length: 2 }), 'Range', 'reading over the end');
      await demandError(() => { region.write({ offset: size, bytes: Uint8Array.of(1) }); }, 'Range', 'writing past the end');
      await demandError(() => region.clear({ offset: 0, length: size + 1 }), 'Range', 'clearing over the end');
    },
  },
  {
    name: 'memory.size', duty: 'rounds up to the granularity that it tells, and tells what is left', ...NEEDS,
    async run(core) {
      const { base } = await attach(core);
      const { windowGranularity, memoryAvailable } = base.limits().limits;
      const { region, size } = await base.allocate({ size: windowGranularity + 1 });
      demandEqual(size, 2 * windowGranularity, 'size of a region');
      demandEqual(base.limits().limits.memoryAvailable, memoryAvailable - size, 'memory that is left');
      await region.release();
      demandEqual(base.limits().limits.memoryAvailable, memoryAvailable, 'memory afterwards');
    },
  },
  {
    name: 'memory.exhausted', duty: 'answers NoMemory when there is too little, and goes on', ...NEEDS,
    async run(core) {
      const { base } = await attach(core);
      const { memoryTotal } = base.deviceInfo().info;
      await demandError(() => base.allocate({ size: memoryTotal + 1 }), 'NoMemory', 'more than the device has');
      const { largestRegion } = base.limits().limits;
      demand((await base.allocate({ size: 1 })).size <= largestRegion, 'a region of one byte is larger than the largest');
    },
  },
];
