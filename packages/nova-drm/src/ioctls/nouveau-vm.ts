import type { Ioctl } from '../dispatch.ts';
import { DrmError } from '../errors.ts';
import type { File } from '../file.ts';
import type { GemObject } from '../gem/object.ts';
import { allSignalled } from '../sync/fence.ts';
import { JobQueue } from '../sync/job-queue.ts';
import { drm_nouveau_vm_bind, drm_nouveau_vm_bind_op, drm_nouveau_vm_init, GEM_DOMAIN, NOUVEAU_IOCTL, VM_BIND_OP, VM_BIND_RUN_ASYNC, VM_BIND_SPARSE } from '../uapi/nouveau.ts';
import { readRecords } from '../user-memory.ts';
import { PAGE_SIZE, VA_END, VaSpace, type BindOp, type VaRange } from '../vm/va-space.ts';
import { findSyncs, readSyncs } from './syncs.ts';

/** linux: drivers/gpu/drm/nouveau/nouveau_uvmm.c */
export const VM_IOCTLS: readonly Ioctl<File>[] = [
  { request: NOUVEAU_IOCTL.NOUVEAU_VM_INIT, run: vmInit },
  { request: NOUVEAU_IOCTL.NOUVEAU_VM_BIND, run: vmBind },
];

type UserOp = ReturnType<typeof drm_nouveau_vm_bind_op.read>;

function vmInit(file: File, argument: Uint8Array): void {
  const { kernel_managed_addr: addr, kernel_managed_size: size } = drm_nouveau_vm_init.read(argument);
  if (addr + size > BigInt(VA_END)) throw new DrmError('EINVAL', `The kernel's part 0x${addr.toString(16)}..0x${(addr + size).toString(16)} is outside the address space`);
  if (file.vmDisabled) throw new DrmError('ENOSYS', 'Buffers or channels were asked for before');
  // Linux would put a second one in the place of the first, with all that is mapped there.
  if (file.vm) throw new DrmError('EBUSY', 'The file has an address space');
  file.vm = { space: new VaSpace<GemObject>({ addr: Number(addr), range: Number(size) }), binds: new JobQueue() };
}

async function vmBind(file: File, argument: Uint8Array): Promise<void> {
  const bind = drm_nouveau_vm_bind.read(argument);
  const { vm } = file;
  if (!vm) throw new DrmError('ENOSYS', 'There is no address space: VM_INIT comes first');
  const user = readRecords(file.parts.memory, bind.op_ptr, bind.op_count, drm_nouveau_vm_bind_op);
  const arrays = readSyncs(file, bind);
  const async = (bind.flags & VM_BIND_RUN_ASYNC) !== 0;
  if (!async && (bind.wait_count > 0 || bind.sig_count > 0)) throw new DrmError('EINVAL', 'What is not asynchronous neither waits nor signals');
  for (const { op } of user) if (op !== VM_BIND_OP.MAP && op !== VM_BIND_OP.UNMAP) throw new DrmError('EINVAL', `There is no operation ${op}`);
  const syncs = findSyncs(file, arrays);
  const ops = user.map((one) => operation(file, vm.space, one));

  // From here on it is done whole, or nothing was done. The queue is asked first, for it may have been killed.
  if (vm.binds.killed) throw new DrmError(vm.binds.killed, 'The device is gone');
  const { added, removed } = vm.space.bind(ops);
  for (const { object } of added) object.hold();
  const done = vm.binds.push({ waits: syncs.waits, run: async () => { for (const { object } of removed) await object.drop(); } });
  done.onSignal(() => { if (done.error !== undefined) for (const { object } of removed) void object.drop(); });
  syncs.attach(done);
  if (async) return;
  await allSignalled([done]);
  if (done.error !== undefined) throw new DrmError(done.error, 'The device went away');
}

/** An operation as the space has it. @throws {DrmError} `ENOENT`, `EINVAL` */
function operation({ objects }: File, space: VaSpace<GemObject>, { op, flags, handle, addr, bo_offset, range }: UserOp): BindOp<GemObject> {
  const sparse = (flags & VM_BIND_SPARSE) !== 0;
  const object = op === VM_BIND_OP.MAP && !sparse ? objects.get(handle) : undefined;
  const place = inSpace(addr, range);
  if (object) {
    const size = BigInt(object.size);
    if (bo_offset % BigInt(PAGE_SIZE) !== 0n || bo_offset >= size || range > size - bo_offset) {
      throw new DrmError('EINVAL', `Bytes 0x${bo_offset.toString(16)}..0x${(bo_offset + range).toString(16)} are no pages of a buffer of 0x${size.toString(16)} bytes`);
    }
    space.check(place);
    if ((object.facts.domain & (GEM_DOMAIN.VRAM | GEM_DOMAIN.GART)) === 0) throw new DrmError('EINVAL', 'The GPU cannot reach a buffer of the CPU\'s domain');
    return { op: 'map', object, offset: Number(bo_offset), kind: flags & 0xff, ...place };
  }
  space.check(place);
  if (op === VM_BIND_OP.MAP) return { op: 'map-sparse', ...place };
  return { op: sparse ? 'unmap-sparse' : 'unmap', ...place };
}

/** A range as numbers. @throws {DrmError} `EINVAL` for one that no address space has */
function inSpace(addr: bigint, range: bigint): VaRange {
  if (addr + range > BigInt(VA_END)) throw new DrmError('EINVAL', `0x${addr.toString(16)}..0x${(addr + range).toString(16)} is outside the address space`);
  return { addr: Number(addr), range: Number(range) };
}
