// nova-drm on the real core and the model, by the bytes that userspace compiles in, under every firmware version.
import { createMachine } from '@nova-stack/nova/machine';
import {
  createNovaDrm, createUserMemory, drm_nouveau_channel_alloc, drm_nouveau_exec, drm_nouveau_gem_info, drm_nouveau_gem_new, drm_nouveau_getparam, drm_nouveau_sync, drm_nouveau_vm_bind,
  drm_nouveau_vm_bind_op, drm_nouveau_vm_init, drm_syncobj_create, drm_syncobj_timeline_wait, GEM_DOMAIN, IOCTL, type DrmDevice,
} from '@nova-stack/nova-drm';
import * as classes from '@nova-stack/nvrm-headers/r570_144/classes';
import { expect, test } from 'vitest';

async function onDevice<T>(options: Parameters<typeof createMachine>[0], work: (device: DrmDevice) => Promise<T>): Promise<T> {
  const machine = createMachine(options);
  const drm = await createNovaDrm({ bus: machine.auxBus });
  const [gpu] = machine.pci.find({ vendor: 0x10de, baseClass: 0x03 });
  const core = await machine.core.probe(gpu!);
  const result = await work(drm.devices[0]!);
  await core.unbind();
  await drm.unregister();
  expect(gpu!.dmaInUse()).toEqual([]);
  return result;
}

/** What Vulkan's NVK does between opening a device and closing it, as far as there are no command buffers. */
async function asUserspace(device: DrmDevice): Promise<unknown> {
  const memory = createUserMemory(0x4000);
  const file = device.open({ face: 'nouveau', memory });
  const call = async (request: number, argument: Uint8Array): Promise<void> => { expect(await file.ioctl(request, argument)).toBe(0); };
  const put = (offset: number, ...parts: readonly Uint8Array[]): bigint => {
    let at = memory.base + BigInt(offset);
    for (const part of parts) {
      memory.write(at, part);
      at += BigInt(part.length);
    }
    return memory.base + BigInt(offset);
  };
  await call(IOCTL.NOUVEAU_VM_INIT, drm_nouveau_vm_init.create({ kernel_managed_addr: 1n << 39n, kernel_managed_size: 1n << 39n }));
  const param = async (param: bigint): Promise<bigint> => {
    const argument = drm_nouveau_getparam.create({ param });
    await call(IOCTL.NOUVEAU_GETPARAM, argument);
    return drm_nouveau_getparam.read(argument).value;
  };
  const facts = [await param(4n), await param(11n), await param(18n), await param(0x10000n), await param(0x10001n), await param(0x10002n), await param(0x10003n), await param(0x10011n)];

  const gem = drm_nouveau_gem_new.create({ info: { ...drm_nouveau_gem_info.read(new Uint8Array(40)), size: 5n << 20n, domain: GEM_DOMAIN.VRAM | GEM_DOMAIN.MAPPABLE } });
  await call(IOCTL.NOUVEAU_GEM_NEW, gem);
  const { info } = drm_nouveau_gem_new.read(gem);
  const view = file.mmap(info.map_handle, Number(info.size));
  const pattern = Uint8Array.from({ length: 70_000 }, (_, i) => i * 7);
  view.write(123_456, pattern);
  expect(view.read(123_456, pattern.length)).toEqual(pattern);

  const syncobj = drm_syncobj_create.create({});
  await call(IOCTL.SYNCOBJ_CREATE, syncobj);
  const { handle } = drm_syncobj_create.read(syncobj);
  const sync = (point: bigint): Uint8Array => drm_nouveau_sync.create({ flags: 1, handle, timeline_value: point });
  await call(IOCTL.NOUVEAU_VM_BIND, drm_nouveau_vm_bind.create({
    op_count: 2, flags: 1, sig_count: 1, sig_ptr: put(0x200, sync(1n)),
    op_ptr: put(0, drm_nouveau_vm_bind_op.create({ op: 0, flags: 0x100, addr: 0x1000_0000n, range: 16n << 20n }), drm_nouveau_vm_bind_op.create({ op: 0, flags: 6, handle: info.handle, addr: 0x1020_0000n, range: info.size })),
  }));
  const channel = drm_nouveau_channel_alloc.create({ fb_ctxdma_handle: 0xffff_ffff, tt_ctxdma_handle: 1 });
  await call(IOCTL.NOUVEAU_CHANNEL_ALLOC, channel);
  await call(IOCTL.NOUVEAU_EXEC, drm_nouveau_exec.create({ channel: drm_nouveau_channel_alloc.read(channel).channel, wait_count: 1, wait_ptr: put(0x300, sync(1n)), sig_count: 1, sig_ptr: put(0x400, sync(2n)) }));
  const words = (value: number): Uint8Array => new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);
  await call(IOCTL.SYNCOBJ_TIMELINE_WAIT, drm_syncobj_timeline_wait.create({ handles: put(0x500, words(handle)), points: put(0x600, words(2)), count_handles: 1, timeout_nsec: (1n << 63n) - 1n }));
  const used = device.memory();
  await file.close();
  return { facts, info, used };
}

test('what userspace sees does not tell which firmware runs', async () => {
  const seen = [];
  for (const version of ['535.113.01', '570.144', '580.105.08']) seen.push(await onDevice({ board: 'l40', version }, asUserspace));
  const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value, (key, one: unknown) => (key === 'used' ? undefined : typeof one === 'bigint' ? String(one) : one)));
  expect(plain(seen[0])).toEqual(plain(seen[1]));
  expect(plain(seen[2])).toEqual(plain(seen[1]));
});

test.each([
  ['rtx2080ti', ['TURING_CHANNEL_GPFIFO_A', 'TURING_DMA_COPY_A', 'TURING_COMPUTE_A', 'TURING_A']], ['a10', ['AMPERE_CHANNEL_GPFIFO_A', 'AMPERE_DMA_COPY_B', 'AMPERE_COMPUTE_B', 'AMPERE_B']],
  ['l40', ['AMPERE_CHANNEL_GPFIFO_A', 'AMPERE_DMA_COPY_B', 'ADA_COMPUTE_A', 'ADA_A']], ['a100', ['AMPERE_CHANNEL_GPFIFO_A', 'AMPERE_DMA_COPY_A', 'AMPERE_COMPUTE_A', 'AMPERE_A']],
] as const)('classes on %s have NVIDIA\'s numbers', async (board, names) => {
  const facts = await onDevice({ board }, (device) => Promise.resolve(new Map(device.facts().map(({ key, value }) => [key, value]))));
  for (const [i, name] of names.entries()) expect([name, facts.get(0x10000 + i)]).toEqual([name, BigInt(classes[name])]);
  expect([...facts.keys()]).toEqual([...facts.keys()].sort((a, b) => a - b));
});
