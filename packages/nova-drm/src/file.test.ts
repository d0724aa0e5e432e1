import { ContractError } from '@nova-stack/nova-core-api';
import { createMemoryBus, createMemoryCore, type MemoryCore, type MemoryCoreOptions, type PluggedCore } from '@nova-stack/nova-core-api/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { createNovaDrm, type DrmDevice, type NovaDrm } from './driver.ts';
import type { DrmFile } from './file.ts';
import { drm_gem_close, drm_nova_gem_create, drm_nova_gem_info, drm_nova_getparam, ERRNO, IOCTL, NOVA_GETPARAM_VRAM_BAR_SIZE, type Errno } from './uapi/index.ts';

const MiB = 2 ** 20;
const NOTHING = { regions: 0, instances: 0, assignments: 0, bytes: 0, dirty: 0 };
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const errno = (code: Errno): number => -ERRNO[code];

interface Setup {
  readonly core: MemoryCore;
  readonly plugged: PluggedCore;
  readonly drm: NovaDrm;
  readonly device: DrmDevice;
  readonly file: DrmFile;
}

async function setup(options: MemoryCoreOptions = {}): Promise<Setup> {
  const { bus, plug } = createMemoryBus();
  const core = createMemoryCore({ memory: 8 * MiB, ...options });
  const drm = await createNovaDrm({ bus });
  const plugged = await plug(core);
  const device = drm.devices[0]!;
  return { core, plugged, drm, device, file: device.open() };
}

async function create(file: DrmFile, size: bigint | number): Promise<number> {
  const argument = drm_nova_gem_create.create({ size: BigInt(size) });
  const result = await file.ioctl(IOCTL.NOVA_GEM_CREATE, argument);
  return result < 0 ? result : drm_nova_gem_create.read(argument).handle;
}
const closeHandle = (file: DrmFile, handle: number): Promise<number> => file.ioctl(IOCTL.GEM_CLOSE, drm_gem_close.create({ handle }));
async function info(file: DrmFile, handle: number): Promise<bigint | number> {
  const argument = drm_nova_gem_info.create({ handle });
  const result = await file.ioctl(IOCTL.NOVA_GEM_INFO, argument);
  return result < 0 ? result : drm_nova_gem_info.read(argument).size;
}

describe('the bytes of the interface', () => {
  test('are Linux\'s', () => {
    expect(IOCTL).toMatchObject({ GEM_CLOSE: 0x40086409, NOVA_GETPARAM: 0xc0106440, NOVA_GEM_CREATE: 0xc0106441, NOVA_GEM_INFO: 0xc0106442 });
    expect([drm_nova_getparam.size, drm_nova_gem_create.size, drm_nova_gem_info.size, drm_gem_close.size]).toEqual([16, 16, 16, 8]);
    expect(drm_nova_gem_create.offsets).toMatchObject({ handle: 0, pad: 4, size: 8 });
  });

  test('that the kernel does not write stay as they were', async () => {
    const { file } = await setup();
    const argument = drm_nova_gem_create.create({ handle: 77, pad: 0xdead, size: 4097n });
    expect(await file.ioctl(IOCTL.NOVA_GEM_CREATE, argument)).toBe(0);
    expect(drm_nova_gem_create.read(argument)).toEqual({ handle: 1, pad: 0xdead, size: 4097n });
  });

  test('are taken by the caller\'s size and direction', async () => {
    const { file } = await setup();
    await create(file, 4096);
    // Half of the argument: the rest is zero for the kernel and is not written.
    const short = drm_nova_gem_info.create({ handle: 1 }).subarray(0, 8);
    expect(await file.ioctl(0xc0086442, short)).toBe(0);
    // More than the kernel knows: what is behind comes back as it was.
    const long = new Uint8Array(24).fill(0xee);
    long.set(drm_nova_gem_info.create({ handle: 1 }));
    expect(await file.ioctl(0xc0186442, long)).toBe(0);
    expect([drm_nova_gem_info.read(long).size, long[16]]).toEqual([4096n, 0xee]);
    // To the kernel only: the answer stays there.
    const inward = drm_nova_gem_info.create({ handle: 1 });
    expect(await file.ioctl(0x40106442, inward)).toBe(0);
    expect(drm_nova_gem_info.read(inward).size).toBe(0n);
    // From the kernel only: it sees handle 0.
    expect(await file.ioctl(0x80106442, drm_nova_gem_info.create({ handle: 1 }))).toBe(errno('ENOENT'));
  });

  test.each<[string, number, number, Errno]>([
    ['another type of request', 0xc0106540, 16, 'ENOTTY'], ['a number that nobody has', 0xc0106443, 16, 'EINVAL'], ['a number above all', 0xc01064ff, 16, 'EINVAL'],
    ['an argument shorter than said', 0xc0106440, 15, 'EFAULT'],
  ])('%s', async (_, request, length, code) => {
    const { file } = await setup();
    expect(await file.ioctl(request, new Uint8Array(length))).toBe(errno(code));
  });

  test('may be anything: the answer is 0 or an errno, never an exception', async () => {
    const { core, file } = await setup();
    await fc.assert(fc.asyncProperty(
      fc.oneof(fc.constantFrom(...Object.values(IOCTL)), fc.integer({ min: 0, max: 0xffffffff })), fc.uint8Array({ maxLength: 40 }),
      async (request, argument) => {
        const result = await file.ioctl(request, argument);
        expect(result === 0 || Object.values(ERRNO).includes(-result as never)).toBe(true);
      },
    ), { numRuns: 500 });
    await file.close();
    expect(core.lent()).toEqual(NOTHING);
  });
});

describe('GETPARAM', () => {
  test('tells what the CPU can look at, by the low 32 bits of the parameter', async () => {
    const { file } = await setup({ memory: 24 * MiB });
    for (const param of [1n, 0x7_0000_0001n]) {
      const argument = drm_nova_getparam.create({ param });
      expect(await file.ioctl(IOCTL.NOVA_GETPARAM, argument)).toBe(0);
      expect(drm_nova_getparam.read(argument)).toEqual({ param, value: BigInt(16 * MiB) });
    }
    expect(NOVA_GETPARAM_VRAM_BAR_SIZE).toBe(1);
    expect(await file.ioctl(IOCTL.NOVA_GETPARAM, drm_nova_getparam.create({ param: 2n }))).toBe(errno('EINVAL'));
  });
});

describe('buffers', () => {
  test('have handles from 1, the lowest free one first, per file', async () => {
    const { device, file } = await setup();
    expect([await create(file, 1), await create(file, 4096), await create(file, 5000)]).toEqual([1, 2, 3]);
    expect(await closeHandle(file, 2)).toBe(0);
    expect(await closeHandle(file, 2)).toBe(errno('EINVAL'));
    expect(await create(file, 1)).toBe(2);
    const other = device.open();
    expect(await info(other, 1)).toBe(errno('ENOENT'));
    expect(await create(other, 1)).toBe(1);
    expect([await info(file, 1), await info(file, 3)]).toEqual([4096n, 8192n]);
  });

  test.each<[string, bigint, Errno]>([
    ['of nothing', 0n, 'EINVAL'], ['that overflow', 2n ** 64n - 1n, 'EINVAL'], ['of more than there is', 2n ** 40n, 'ENOMEM'], ['of more than anybody has', 2n ** 63n, 'ENOMEM'],
  ])('%s cannot be made', async (_, size, code) => {
    const { core, file } = await setup();
    expect(await create(file, size)).toBe(errno(code));
    expect(core.lent()).toEqual(NOTHING);
  });

  test('keep their bytes, and only theirs', async () => {
    const { file } = await setup();
    const [a, b] = [file.buffer(await create(file, 5000)), file.buffer(await create(file, 5000))];
    a.write(8190, Uint8Array.of(1, 2));
    b.write(0, Uint8Array.of(3));
    expect([...a.read(8189, 3), ...b.read(0, 2)]).toEqual([0, 1, 2, 3, 0]);
    for (const [offset, length] of [[8191, 2], [-1, 1], [Number.NaN, 1]] as const) expect(() => a.read(offset, length)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    await closeHandle(file, 1);
    expect(() => a.read(0, 1)).toThrow(expect.objectContaining({ code: 'ENODEV' }));
    expect(() => file.buffer(1)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });
});

describe('the end', () => {
  test('of a file gives everything back, also what is being made', async () => {
    let go = (): void => undefined;
    let hold = false;
    const gate = new Promise<void>((resolve) => (go = resolve));
    const { core, device, file } = await setup({ before: (name) => (hold && name === 'base.allocate' ? gate : undefined) });
    await create(file, 4096);
    file.buffer(1).write(0, Uint8Array.of(1));
    hold = true;
    const late = create(file, 4096);
    const closing = Promise.all([file.close(), file.close()]);
    expect(await info(file, 1)).toBe(errno('EBADF'));
    expect(() => file.buffer(1)).toThrow(expect.objectContaining({ code: 'EBADF' }));
    go();
    await closing;
    expect(await late).toBe(2);
    expect([core.lent(), device.openFiles, file.handles]).toEqual([NOTHING, 0, []]);
  });

  test('of a file works also when memory cannot be given back', async () => {
    let stuck = 0;
    const { core, file } = await setup({ before: (name) => { if (name === 'region.release' && stuck++ === 1) throw new ContractError('Quarantined', 'set aside'); } });
    for (let i = 0; i < 3; i++) await create(file, 4096);
    await file.close();
    expect(core.lent()).toMatchObject({ regions: 1, bytes: 4096 });
  });

  test('of a device makes every call ENODEV, and its files can still be closed', async () => {
    const { core, plugged, drm, device, file } = await setup();
    await create(file, 4096);
    const buffer = file.buffer(1);
    await core.remove();
    expect(await info(file, 1)).toBe(errno('ENODEV'));
    expect(() => buffer.read(0, 1)).toThrow(expect.objectContaining({ code: 'ENODEV' }));
    expect(() => device.open()).toThrow(expect.objectContaining({ code: 'ENODEV' }));
    await plugged.tearOut();
    await file.close();
    expect([core.lent().regions, drm.devices]).toEqual([0, []]);
  });

  test('of a device lets no file be opened any more', async () => {
    const { bus, plug } = createMemoryBus();
    let opened: unknown;
    const files: DrmFile[] = [];
    // While its files are being closed somebody tries to open one.
    let going = false;
    const drm = await createNovaDrm({ bus, onGone: (device) => {
      going = true;
      void tick().then(() => {
        try { opened = device.open(); } catch (error) { opened = error; }
      });
    } });
    await plug(createMemoryCore({ before: (name) => (going && name === 'region.release' ? tick().then(tick) : undefined) }));
    for (const device of drm.devices) files.push(device.open());
    await create(files[0]!, 4096);
    await drm.unregister();
    expect(opened).toMatchObject({ code: 'ENODEV' });
  });

  test('of the driver closes all files of all devices', async () => {
    const { bus, plug } = createMemoryBus();
    const cores = [createMemoryCore(), createMemoryCore()];
    const log: string[] = [];
    const drm = await createNovaDrm({ bus, onDevice: ({ device, name }) => void log.push(`+${device} ${name}`), onGone: ({ device }) => void log.push(`-${device}`) });
    for (const core of cores) await plug(core);
    for (const device of drm.devices) for (let i = 0; i < 3; i++) await create(device.open(), 4096);
    expect(cores.map((core) => core.lent().regions)).toEqual([3, 3]);
    await drm.unregister();
    expect(cores.map((core) => core.lent())).toEqual([NOTHING, NOTHING]);
    expect(log).toEqual(['+nova-core.nova-drm.0 Memory', '+nova-core.nova-drm.1 Memory', '-nova-core.nova-drm.1', '-nova-core.nova-drm.0']);
    for (const core of cores) expect(core.published.sessions).toBe(0);
  });
});

test('failures of the device have errnos of their own', async () => {
  let error: Error = new Error('register 7');
  const { file } = await setup({ before: (name) => { if (name === 'base.allocate') throw error; } });
  expect(await create(file, 1)).toBe(errno('EIO'));
  error = new ContractError('Timeout', 'No answer in time');
  expect(await create(file, 1)).toBe(errno('ETIMEDOUT'));
});

test('facts for userspace pass through as they are; a core without them is fine', async () => {
  expect((await setup()).device.facts()).toEqual([{ key: 1, value: 42n }, { key: 7, value: 2n ** 63n }]);
  expect((await setup({ interfaces: { base: [{ major: 1, minor: 0 }] } })).device.facts()).toEqual([]);
});

test('any use of several files ends with nothing left', async () => {
  const step = fc.record({ what: fc.constantFrom('open', 'create', 'gemClose', 'write', 'info', 'close', 'wait'), file: fc.nat(3), handle: fc.nat(4) });
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), fc.constantFrom('unplug', 'tearOut'), async (steps, how) => {
    const { core, plugged, device, file: first } = await setup();
    const files = [first];
    const running: Promise<unknown>[] = [];
    for (const { what, file: number, handle } of steps) {
      const file = files[number % files.length]!;
      if (what === 'open') files.push(device.open());
      else if (what === 'create') running.push(create(file, handle * 3000));
      else if (what === 'gemClose') running.push(closeHandle(file, handle));
      else if (what === 'info') running.push(info(file, handle));
      else if (what === 'close') running.push(file.close());
      else if (what === 'wait') await tick();
      else if (file.handles.includes(handle)) try { file.buffer(handle).write(0, Uint8Array.of(handle)); } catch (error) { expect(error).toMatchObject({ name: 'DrmError' }); }
      for (const one of files) expect(new Set(one.handles).size).toBe(one.handles.length);
      expect(core.lent().dirty).toBe(0);
    }
    await plugged[how]();
    await Promise.all(running);
    expect(core.lent()).toEqual(NOTHING);
    expect(device.openFiles).toBe(0);
  }), { numRuns: 100 });
});
