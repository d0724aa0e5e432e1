import type { Ioctl } from '../dispatch.ts';
import { DrmError } from '../errors.ts';
import type { File } from '../file.ts';
import { GemObject } from '../gem/object.ts';
import { JobQueue } from '../sync/job-queue.ts';
import {
  drm_nouveau_channel_alloc, drm_nouveau_channel_free, drm_nouveau_exec, drm_nouveau_exec_push, FIFO_ENGINE, GEM_DOMAIN, NOUVEAU_IOCTL, NOUVEAU_NVIF_REQUEST,
} from '../uapi/nouveau.ts';
import { readRecords } from '../user-memory.ts';
import { PAGE_SIZE } from '../vm/va-space.ts';
import { unsupported } from './core.ts';
import { requireVm } from './nouveau-gem.ts';
import { EXEC_PUSH_MAX } from './nouveau-getparam.ts';
import { findSyncs, readSyncs } from './syncs.ts';

/** linux: drivers/gpu/drm/nouveau/nouveau_abi16.c, nouveau_exec.c */
export const CHANNEL_IOCTLS: readonly Ioctl<File>[] = [
  { request: NOUVEAU_IOCTL.NOUVEAU_CHANNEL_ALLOC, run: channelAlloc },
  { request: NOUVEAU_IOCTL.NOUVEAU_CHANNEL_FREE, run: channelFree },
  { request: NOUVEAU_IOCTL.NOUVEAU_EXEC, run: exec },
  // As on Linux where the hardware's answer is not to be had.
  { request: NOUVEAU_IOCTL.NOUVEAU_GET_ZCULL_INFO, run: () => { throw new DrmError('ENOTTY', 'Nothing is known of the Z culling'); } },
  { request: NOUVEAU_NVIF_REQUEST, run: unsupported('Objects of NVIF') },
];

const ALL_ONES = 0xffff_ffff;
const ENGINES: readonly number[] = Object.values(FIFO_ENGINE);
const VA_LEN_MAX = 0x7fffff;

/** A channel is a queue here: what the hardware calls it nobody outside the core gets to know. */
function channelAlloc(file: File, argument: Uint8Array): void {
  const asked = drm_nouveau_channel_alloc.read(argument);
  requireVm(file);
  const { fb_ctxdma_handle: modern, tt_ctxdma_handle: engine } = asked;
  if (modern === ALL_ONES ? !ENGINES.includes(engine) : false) throw new DrmError('ENOSYS', `There is no engine 0x${engine.toString(16)}`);
  if (modern !== ALL_ONES && engine === ALL_ONES) throw new DrmError('EINVAL', 'No engine was named');
  const notifier = new GemObject(file.parts.system.take(PAGE_SIZE), { size: PAGE_SIZE, domain: GEM_DOMAIN.GART, tileMode: 0, tileFlags: 0, mapOffset: file.mapOffsets.next(PAGE_SIZE) });
  drm_nouveau_channel_alloc.write(argument, 0, {
    ...asked, channel: file.channels.add(new JobQueue()), pushbuf_domains: GEM_DOMAIN.VRAM | GEM_DOMAIN.GART, notifier_handle: file.objects.add(notifier), nr_subchan: 0,
  });
}

/** What was queued ends with an error; what runs was let go of. */
function channelFree({ channels }: File, argument: Uint8Array): void {
  channels.remove(drm_nouveau_channel_free.read(argument).channel, 'ENOENT').kill('ESRCH');
}

function exec(file: File, argument: Uint8Array): void {
  const asked = drm_nouveau_exec.read(argument);
  if (!file.vm) throw new DrmError('ENOSYS', 'There is no address space: VM_INIT comes first');
  const channel = file.channels.get(asked.channel);
  if (channel.killed) throw new DrmError('ENODEV', `Channel ${asked.channel} was killed`);
  if (asked.push_count > EXEC_PUSH_MAX) throw new DrmError('EINVAL', `${asked.push_count} pushes are more than ${EXEC_PUSH_MAX}`);
  const pushes = readRecords(file.parts.memory, asked.push_ptr, asked.push_count, drm_nouveau_exec_push);
  const arrays = readSyncs(file, asked);
  for (const { va_len } of pushes) if (va_len > VA_LEN_MAX) throw new DrmError('EINVAL', `A push of ${va_len} bytes is longer than ${VA_LEN_MAX}`);
  const { waits, attach } = findSyncs(file, arrays);
  // The contract has no queues yet that run anything: to signal as if they had run would be a lie.
  if (pushes.length > 0) throw new DrmError('EOPNOTSUPP', 'Command buffers cannot be run yet; only fences can');
  attach(channel.push({ waits }));
}
