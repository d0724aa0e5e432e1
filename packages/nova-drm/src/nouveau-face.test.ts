import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { errno, MiB, NOTHING, PAGE, Process, setup, tick, type Op, type Work } from './process-fixture.ts';
import {
  drm_gem_close, drm_get_cap, drm_nouveau_channel_free, drm_nouveau_gem_cpu_prep, drm_nouveau_gem_info, drm_nouveau_vm_bind, drm_syncobj_array, drm_syncobj_destroy,
  drm_syncobj_transfer, drm_version, ERRNO, GEM_DOMAIN, IOCTL, type Errno,
} from './uapi/index.ts';

describe('the driver', () => {
  test('tells its name and its capabilities', async () => {
    const { p } = await setup();
    const name = p.place(new Uint8Array(4));
    const argument = drm_version.create({ name_len: 4n, name });
    expect(await p.call(IOCTL.VERSION, argument)).toBe(0);
    expect(drm_version.read(argument)).toMatchObject({ version_major: 1, version_minor: 4, version_patchlevel: 3, name_len: 7n, date_len: 1n });
    expect(new TextDecoder().decode(p.memory.read(name, 4))).toBe('nouv');
    const cap = async (capability: bigint): Promise<bigint | number> => {
      const asked = drm_get_cap.create({ capability });
      return (await p.call(IOCTL.GET_CAP, asked)) || drm_get_cap.read(asked).value;
    };
    expect([await cap(0x13n), await cap(0x14n), await cap(6n), await cap(5n), await cap(1n), await cap(2n ** 63n)]).toEqual([1n, 1n, 1n, 0n, errno('EOPNOTSUPP'), errno('EOPNOTSUPP')]);
  });

  test('answers parameters itself or has the core answer, and makes nothing up', async () => {
    const { p } = await setup();
    expect([await p.param(3n), await p.param(4n), await p.param(5n), await p.param(8n), await p.param(17n), await p.param(18n)]).toEqual([0x1af4n, 1n, 2n, BigInt(8 * MiB), 510n, BigInt(8 * MiB)]);
    await p.gem(2 * MiB);
    expect(await p.param(19n)).toBe(BigInt(2 * MiB));
    // A fact of the core by its key, whatever it may mean.
    expect(await p.param(7n)).toBe(2n ** 63n);
    for (const unknown of [0n, 2n, 14n, 21n, 2n ** 40n + 3n]) expect(await p.param(unknown)).toBe(errno('EINVAL'));
  });

  test('refuses what there are no file descriptors for, and NVIF of any size', async () => {
    const { p } = await setup();
    for (const name of ['PRIME_HANDLE_TO_FD', 'PRIME_FD_TO_HANDLE', 'SYNCOBJ_HANDLE_TO_FD', 'SYNCOBJ_FD_TO_HANDLE', 'SYNCOBJ_EVENTFD'] as const) {
      expect(await p.call(IOCTL[name], new Uint8Array(64))).toBe(errno('EOPNOTSUPP'));
    }
    expect(await p.call(0xc0806447, new Uint8Array(0x80))).toBe(errno('EOPNOTSUPP'));
    expect(await p.call(IOCTL.NOUVEAU_GET_ZCULL_INFO, new Uint8Array(48))).toBe(errno('ENOTTY'));
  });

  test('has no sync objects in nova\'s own interface', async () => {
    const { device } = await setup();
    expect(await device.open().ioctl(IOCTL.SYNCOBJ_CREATE, new Uint8Array(8))).toBe(errno('EOPNOTSUPP'));
  });
});

describe('VM_INIT', () => {
  test.each<[string, bigint, bigint, Errno]>([['that overflows', 2n ** 64n - 1n, 2n, 'EINVAL'], ['beyond the end', 2n ** 47n, 1n, 'EINVAL']])('%s is refused', async (_, addr, size, code) => {
    const { p } = await setup({ vm: false });
    expect(await p.vmInit(addr, size)).toBe(errno(code));
  });

  test('comes before buffers and channels, and once', async () => {
    for (const first of [(p: Process) => p.gem(1), (p: Process) => p.channel()]) {
      const { p } = await setup({ vm: false });
      expect(await first(p)).toBe(errno('EOPNOTSUPP'));
      expect(await p.vmInit()).toBe(errno('ENOSYS'));
    }
    const { p } = await setup();
    expect(await p.vmInit()).toBe(errno('EBUSY'));
    const without = await setup({ vm: false });
    expect([await without.p.bind([]), await without.p.exec(1)]).toEqual([errno('ENOSYS'), errno('ENOSYS')]);
  });
});

describe('buffers', () => {
  test('are where they may be, say so, and are seen through mmap until the mapping goes', async () => {
    const { core, p } = await setup({ systemMemory: 8192 });
    const vram = await p.gem(5000, GEM_DOMAIN.VRAM | GEM_DOMAIN.GART);
    const gart = await p.gem(100, GEM_DOMAIN.GART | GEM_DOMAIN.MAPPABLE);
    const info = async (handle: number): Promise<ReturnType<typeof drm_nouveau_gem_info.read>> => {
      const argument = drm_nouveau_gem_info.create({ handle });
      expect(await p.call(IOCTL.NOUVEAU_GEM_INFO, argument)).toBe(0);
      return drm_nouveau_gem_info.read(argument);
    };
    expect(await info(vram)).toMatchObject({ domain: GEM_DOMAIN.VRAM, size: 8192n, offset: 0n });
    expect(await info(gart)).toMatchObject({ domain: GEM_DOMAIN.GART, size: 4096n });
    expect(core.lent().bytes).toBe(8192);
    expect(await p.gem(8192, GEM_DOMAIN.GART)).toBe(errno('ENOMEM'));
    for (const handle of [vram, gart]) {
      const { map_handle } = await info(handle);
      const seen = p.file.mmap(map_handle, 4096);
      seen.write(4090, Uint8Array.of(1, 2));
      expect(() => { seen.write(4095, Uint8Array.of(1, 2)); }).toThrow(expect.objectContaining({ code: 'EINVAL' }));
      expect(await p.call(IOCTL.GEM_CLOSE, drm_gem_close.create({ handle }))).toBe(0);
      expect(seen.read(4090, 2)).toEqual(Uint8Array.of(1, 2));
      await seen.unmap();
      expect(() => seen.read(0, 1)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
      expect(() => p.file.mmap(map_handle, 4096)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    }
    expect(core.lent()).toEqual(NOTHING);
    expect(await p.gem(8192, GEM_DOMAIN.GART)).toBe(1);
  });

  test('can be waited for: nothing works on them', async () => {
    const { p } = await setup();
    expect(await p.call(IOCTL.NOUVEAU_GEM_CPU_PREP, drm_nouveau_gem_cpu_prep.create({ handle: await p.gem(1) }))).toBe(0);
    expect(await p.call(IOCTL.NOUVEAU_GEM_CPU_PREP, drm_nouveau_gem_cpu_prep.create({ handle: 9 }))).toBe(errno('ENOENT'));
    expect(await p.call(IOCTL.NOUVEAU_GEM_CPU_FINI, new Uint8Array(4))).toBe(errno('ENOENT'));
  });
});

describe('VM_BIND', () => {
  test('keeps a buffer until nothing is mapped of it', async () => {
    const { core, p } = await setup();
    const handle = await p.gem(4 * 4096);
    expect(await p.bind([{ handle, addr: 0x10000n, range: 4n * PAGE }])).toBe(0);
    await p.call(IOCTL.GEM_CLOSE, drm_gem_close.create({ handle }));
    expect(core.lent().regions).toBe(1);
    expect(await p.bind([{ op: 1, addr: 0x11000n, range: PAGE }])).toBe(0);
    expect(core.lent().regions).toBe(1);
    expect(await p.bind([{ op: 1, addr: 0n, range: 0x100000n }])).toBe(0);
    expect(core.lent()).toEqual(NOTHING);
  });

  test.each<[string, (handle: number) => readonly Op[], Errno]>([
    ['of an unknown buffer', () => [{ handle: 9, addr: 0n, range: PAGE }], 'ENOENT'],
    ['behind a buffer', (handle) => [{ handle, addr: 0n, offset: 4n * PAGE, range: PAGE }], 'EINVAL'],
    ['of more than a buffer', (handle) => [{ handle, addr: 0n, offset: PAGE, range: 4n * PAGE }], 'EINVAL'],
    ['of parts of pages', (handle) => [{ handle, addr: 0n, offset: 1n, range: PAGE }], 'EINVAL'],
    ['at parts of pages', (handle) => [{ handle, addr: 1n, range: PAGE }], 'EINVAL'],
    ['of nothing', (handle) => [{ handle, addr: 0n, range: 0n }], 'EINVAL'],
    ['beyond the end', (handle) => [{ handle, addr: 2n ** 47n, range: PAGE }], 'EINVAL'],
    ['around the end of 64 bits', (handle) => [{ handle, addr: 2n ** 64n - PAGE, range: 2n * PAGE }], 'EINVAL'],
    ['in the kernel\'s part', (handle) => [{ handle, addr: 0x80_0000_0000n, range: PAGE }], 'EINVAL'],
    ['by an unknown operation', (handle) => [{ op: 2, handle, addr: 0n, range: PAGE }], 'EINVAL'],
    ['of which the last fails', (handle) => [{ handle, addr: 0n, range: PAGE }, { op: 1, flags: 0x100, addr: 0x10000n, range: PAGE }], 'ENOENT'],
  ])('%s changes nothing', async (_, ops, code) => {
    const { core, p } = await setup();
    const handle = await p.gem(4 * 4096);
    expect(await p.bind(ops(handle))).toBe(errno(code));
    await p.call(IOCTL.GEM_CLOSE, drm_gem_close.create({ handle }));
    expect(core.lent()).toEqual(NOTHING);
  });

  test('of a buffer that the GPU cannot reach is refused', async () => {
    const { p } = await setup();
    expect(await p.bind([{ handle: await p.gem(4096, GEM_DOMAIN.CPU), addr: 0n, range: PAGE }])).toBe(errno('EINVAL'));
  });

  test('that is not asynchronous neither waits nor signals', async () => {
    const { p } = await setup();
    const handle = await p.syncobj(1);
    expect(await p.bind([], { waits: [{ handle }], flags: 0 })).toBe(errno('EINVAL'));
    expect(await p.bind([], { signals: [{ handle }], flags: 0 })).toBe(errno('EINVAL'));
  });

  test.each<[string, Work, Errno]>([
    ['waits for an unknown type', { waits: [{ handle: 1, flags: 2 }] }, 'EOPNOTSUPP'], ['signals an unknown type', { signals: [{ handle: 1, flags: 2 }] }, 'EINVAL'],
    ['waits for an unknown object', { waits: [{ handle: 9 }] }, 'ENOENT'], ['signals an unknown object', { signals: [{ handle: 9 }] }, 'ENOENT'],
    ['waits for what nobody submitted', { waits: [{ handle: 1 }] }, 'EINVAL'], ['waits for a point that nobody submitted', { waits: [{ handle: 1, point: 1n }] }, 'EINVAL'],
  ])('and EXEC: what %s', async (_, work, code) => {
    const { p } = await setup();
    await p.syncobj();
    const channel = await p.channel();
    expect([await p.bind([], work), await p.exec(channel, work)]).toEqual([errno(code), errno(code)]);
  });

  test('and EXEC: pointers to nowhere are EFAULT, and too many of anything is ENOMEM', async () => {
    const { p } = await setup();
    await p.channel();
    for (const field of ['op', 'wait', 'sig'] as const) {
      const call = (count: number, ptr: bigint): Promise<number> => p.call(IOCTL.NOUVEAU_VM_BIND, drm_nouveau_vm_bind.create({ flags: 1, [`${field}_count`]: count, [`${field}_ptr`]: ptr }));
      expect([await call(1, 0n), await call(1, 2n ** 64n - 1n), await call(0xffff_ffff, 0x1000n)]).toEqual([errno('EFAULT'), errno('EFAULT'), errno('ENOMEM')]);
    }
  });
});

describe('EXEC', () => {
  test('of nothing but fences waits and signals, in the order of the channel', async () => {
    const { p } = await setup();
    const channel = await p.channel();
    const [first, second, third] = [await p.syncobj(1), await p.syncobj(), await p.syncobj()];
    expect(await p.exec(channel, { waits: [{ handle: first }], signals: [{ handle: second }, { handle: third, point: 5n }] })).toBe(0);
    expect(await p.bind([], { waits: [{ handle: second }], signals: [{ handle: third, point: 8n }] })).toBe(0);
    expect((await p.wait([third], { points: [8n], timeout: 2n ** 62n })).result).toBe(0);
    expect([await p.query(third), await p.query(second)]).toEqual([8n, 0n]);
  });

  test('of command buffers says that it cannot, and signals nothing', async () => {
    const { p } = await setup();
    const [channel, handle] = [await p.channel(), await p.syncobj()];
    expect(await p.exec(channel, { signals: [{ handle }] }, [16])).toBe(errno('EOPNOTSUPP'));
    expect((await p.wait([handle])).result).toBe(errno('EINVAL'));
    expect(await p.exec(channel, {}, [0x800000])).toBe(errno('EINVAL'));
    expect(await p.exec(channel, {}, Array.from({ length: 511 }, () => 4))).toBe(errno('EINVAL'));
  });

  test('needs a channel that is there', async () => {
    const { p } = await setup();
    const channel = await p.channel(0x30);
    expect([await p.exec(channel + 1), await p.channel(0x77), await p.channel(0xffff_ffff, 0)]).toEqual([errno('ENOENT'), errno('ENOSYS'), errno('EINVAL')]);
    const free = (number: number): Promise<number> => p.call(IOCTL.NOUVEAU_CHANNEL_FREE, drm_nouveau_channel_free.create({ channel: number }));
    expect([await free(channel), await free(channel), await free(-1), await p.exec(channel)]).toEqual([0, errno('ENOENT'), errno('ENOENT'), errno('ENOENT')]);
  });
});

describe('sync objects', () => {
  test('are waited for: one of several, all of them, until a time, for what comes', async () => {
    const { p, clock } = await setup();
    const [a, b] = [await p.syncobj(1), await p.syncobj()];
    expect(await p.wait([a, b])).toEqual({ result: errno('EINVAL'), first: 77 });
    expect(await p.wait([b, a], { flags: 2 })).toEqual({ result: 0, first: 1 });
    expect(await p.wait([a, b], { flags: 3 })).toEqual({ result: errno('ETIME'), first: 77 });
    const late = p.wait([a, b], { flags: 3, timeout: 5000n });
    const enough = p.wait([a, b], { flags: 3, timeout: 9000n });
    await tick();
    clock.move(5000);
    expect((await late).result).toBe(errno('ETIME'));
    await p.signal(b);
    expect(await enough).toEqual({ result: 0, first: 77 });
    expect(clock.timers).toBe(0);
    expect([(await p.wait([])).result, (await p.wait([a], { flags: 0x10 })).result, (await p.wait([9])).result]).toEqual([0, errno('EINVAL'), errno('ENOENT')]);
  });

  test('have points: signalled, asked for, handed on, waited for until they are there or until they are reached', async () => {
    const { p } = await setup();
    const [a, b] = [await p.syncobj(), await p.syncobj()];
    expect((await p.wait([a], { points: [3n] })).result).toBe(errno('EINVAL'));
    const coming = p.wait([a], { points: [3n], flags: 4, timeout: 2n ** 62n });
    await tick();
    expect(await p.signal(a, 2n)).toBe(0);
    expect(await p.signal(a, 4n)).toBe(0);
    expect(await coming).toEqual({ result: 0, first: 0 });
    expect([await p.query(a), await p.query(a, 1), await p.query(a, 2)]).toEqual([4n, 4n, errno('EINVAL')]);
    const transfer = (src_point: bigint, dst_point: bigint): Promise<number> => p.call(IOCTL.SYNCOBJ_TRANSFER, drm_syncobj_transfer.create({ src_handle: a, dst_handle: b, src_point, dst_point }));
    expect([await transfer(3n, 7n), await transfer(5n, 8n), await p.query(b), await transfer(0n, 0n), await p.query(b)]).toEqual([0, errno('EINVAL'), 7n, 0, 0n]);
  });

  test('come and go by handle', async () => {
    const { p } = await setup();
    expect([await p.syncobj(), await p.syncobj(), await p.syncobj(2)]).toEqual([1, 2, errno('EINVAL')]);
    const destroy = (handle: number, pad = 0): Promise<number> => p.call(IOCTL.SYNCOBJ_DESTROY, drm_syncobj_destroy.create({ handle, pad }));
    expect([await destroy(1, 1), await destroy(1), await destroy(1), await p.syncobj()]).toEqual([errno('EINVAL'), 0, errno('EINVAL'), 1]);
    const reset = (count: number, pad: number): Promise<number> => p.call(IOCTL.SYNCOBJ_RESET, drm_syncobj_array.create({ handles: p.words(4, [1]), count_handles: count, pad }));
    expect([await reset(0, 0), await reset(1, 1), await reset(1, 0)]).toEqual([errno('EINVAL'), errno('EINVAL'), 0]);
  });
});

describe('the end', () => {
  test.each(['removal', 'close'] as const)('by %s leaves nobody waiting', async (how) => {
    const { core, plugged, device, p, clock } = await setup();
    const [handle, channel] = [await p.syncobj(), await p.channel()];
    await p.gem(4096);
    const waiting = [p.wait([handle], { flags: 2, timeout: 2n ** 63n - 1n }), p.wait([handle], { points: [9n], flags: 4, timeout: 2n ** 63n - 1n })];
    await tick();
    if (how === 'removal') await core.remove();
    else await p.file.close();
    expect((await Promise.all(waiting)).map(({ result }) => result)).toEqual([errno('ENODEV'), errno('ENODEV')]);
    expect(clock.timers).toBe(0);
    const after: Errno = how === 'removal' ? 'ENODEV' : 'EBADF';
    expect([await p.exec(channel), await p.bind([]), await p.syncobj(), await p.gem(1)]).toEqual([errno(after), errno(after), errno(after), errno(after)]);
    if (how === 'removal') {
      expect(() => device.open()).toThrow(expect.objectContaining({ code: 'ENODEV' }));
      await plugged.tearOut();
    }
    await p.file.close();
    expect(core.lent()).toEqual(NOTHING);
  });

  test('gives back what is mapped, seen, and only held by handle', async () => {
    const { core, p } = await setup();
    const [mapped, seen] = [await p.gem(8192), await p.gem(4096)];
    await p.gem(4096);
    await p.bind([{ handle: mapped, addr: 0n, range: PAGE }, { handle: mapped, addr: 0x10000n, range: 2n * PAGE }]);
    const argument = drm_nouveau_gem_info.create({ handle: seen });
    await p.call(IOCTL.NOUVEAU_GEM_INFO, argument);
    const view = p.file.mmap(drm_nouveau_gem_info.read(argument).map_handle, 4096);
    for (const handle of [mapped, seen]) await p.call(IOCTL.GEM_CLOSE, drm_gem_close.create({ handle }));
    await p.file.close();
    expect(core.lent()).toEqual(NOTHING);
    expect(() => view.read(0, 1)).toThrow(expect.objectContaining({ code: 'ENODEV' }));
    await view.unmap();
  });
});

test('two files know nothing of each other', async () => {
  const { device, p } = await setup();
  const other = new Process(device);
  await other.vmInit();
  const [handle] = [await p.gem(4096), await p.syncobj(1), await p.channel()];
  expect([await other.bind([{ handle, addr: 0n, range: PAGE }]), (await other.wait([1])).result, await other.exec(1)]).toEqual([errno('ENOENT'), errno('ENOENT'), errno('ENOENT')]);
  expect([await other.gem(1), await other.syncobj(), await other.channel()]).toEqual([1, 1, 1]);
});

test('any bytes in any ioctl: 0 or an errno, and nothing is held after the close', async () => {
  const numbers = [...Object.values(IOCTL), 0xc0806447];
  const small = fc.constantFrom(0, 1, 2, 3, 0x100, 0x1000, 0x2000, 0xffff_ffff);
  const argument = fc.array(fc.oneof({ weight: 4, arbitrary: small }, fc.integer({ min: 0, max: 0xffff_ffff })), { minLength: 24, maxLength: 24 })
    .map((words) => new Uint8Array(Uint32Array.from(words).buffer));
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom(...numbers), argument), { maxLength: 60, size: 'max' }), fc.uint8Array({ minLength: 4096, maxLength: 4096 }), fc.boolean(), async (calls, bytes, remove) => {
    const { core, plugged, p } = await setup({ systemMemory: 64 * 1024 });
    p.memory.bytes.set(bytes.map((byte) => (byte < 128 ? 0 : byte & 0x13)));
    const running: Promise<number>[] = [];
    for (const [request, given] of calls) {
      running.push(p.call(request, given));
      await tick();
    }
    if (remove) await plugged.tearOut();
    await p.file.close();
    for (const result of await Promise.all(running)) expect(result === 0 || Object.values(ERRNO).includes(-result as never)).toBe(true);
    expect(core.lent()).toEqual(NOTHING);
  }), { numRuns: 150 });
});
