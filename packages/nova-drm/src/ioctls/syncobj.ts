import type { Ioctl } from '../dispatch.ts';
import { DrmError } from '../errors.ts';
import type { File } from '../file.ts';
import { signalledFence } from '../sync/fence.ts';
import { Syncobj } from '../sync/syncobj.ts';
import { waitFor } from '../sync/wait.ts';
import {
  DRM_IOCTL, drm_syncobj_array, drm_syncobj_create, drm_syncobj_destroy, drm_syncobj_timeline_array, drm_syncobj_timeline_wait, drm_syncobj_transfer, drm_syncobj_wait,
  SYNCOBJ_CREATE_SIGNALED, SYNCOBJ_QUERY_LAST_SUBMITTED, SYNCOBJ_WAIT,
} from '../uapi/drm.ts';
import { copyOut, readWords } from '../user-memory.ts';
import { unsupported } from './core.ts';

/** linux: drivers/gpu/drm/drm_syncobj.c */
export const SYNCOBJ_IOCTLS: readonly Ioctl<File>[] = [
  { request: DRM_IOCTL.SYNCOBJ_CREATE, run: create },
  { request: DRM_IOCTL.SYNCOBJ_DESTROY, run: destroy },
  { request: DRM_IOCTL.SYNCOBJ_HANDLE_TO_FD, run: unsupported('File descriptors of sync objects') },
  { request: DRM_IOCTL.SYNCOBJ_FD_TO_HANDLE, run: unsupported('File descriptors of sync objects') },
  { request: DRM_IOCTL.SYNCOBJ_WAIT, run: wait },
  { request: DRM_IOCTL.SYNCOBJ_RESET, run: (file, argument) => { for (const object of binaries(file, argument)) object.replace(undefined); } },
  { request: DRM_IOCTL.SYNCOBJ_SIGNAL, run: (file, argument) => { for (const object of binaries(file, argument)) object.replace(signalledFence()); } },
  { request: DRM_IOCTL.SYNCOBJ_TIMELINE_WAIT, run: timelineWait },
  { request: DRM_IOCTL.SYNCOBJ_QUERY, run: query },
  { request: DRM_IOCTL.SYNCOBJ_TRANSFER, run: transfer },
  { request: DRM_IOCTL.SYNCOBJ_TIMELINE_SIGNAL, run: timelineSignal },
  { request: DRM_IOCTL.SYNCOBJ_EVENTFD, run: unsupported('File descriptors of events') },
];

/** The same numbers of a driver without the feature. */
export const NO_SYNCOBJ_IOCTLS: readonly Ioctl<File>[] = SYNCOBJ_IOCTLS.map(({ request }) => ({ request, run: unsupported('Sync objects') }));

function create({ syncobjs }: File, argument: Uint8Array): void {
  const { flags } = drm_syncobj_create.read(argument);
  if (flags & ~SYNCOBJ_CREATE_SIGNALED) throw new DrmError('EINVAL', `Flags 0x${flags.toString(16)} are unknown`);
  drm_syncobj_create.write(argument, 0, { handle: syncobjs.add(new Syncobj(flags !== 0)), flags });
}

function destroy({ syncobjs }: File, argument: Uint8Array): void {
  const { handle, pad } = drm_syncobj_destroy.read(argument);
  requireZero('pad', pad);
  syncobjs.remove(handle, 'EINVAL');
}

function requireZero(field: string, value: number): void {
  if (value !== 0) throw new DrmError('EINVAL', `${field} is ${value}, not 0`);
}

/** Objects that an array of handles names. @throws {DrmError} `EFAULT`, `ENOENT` */
function objectsAt({ parts: { memory }, syncobjs }: File, address: bigint, count: number): Syncobj[] {
  return readWords(memory, address, count, 4).map((handle) => syncobjs.get(Number(handle)));
}

function binaries(file: File, argument: Uint8Array): Syncobj[] {
  const { handles, count_handles: count, pad } = drm_syncobj_array.read(argument);
  requireZero('pad', pad);
  if (count === 0) throw new DrmError('EINVAL', 'No sync object was named');
  return objectsAt(file, handles, count);
}

function requireFlags(flags: number, known: number): void {
  if (flags & ~known) throw new DrmError('EINVAL', `Flags 0x${(flags & ~known).toString(16)} are unknown`);
}

async function wait(file: File, argument: Uint8Array): Promise<void> {
  const asked = drm_syncobj_wait.read(argument);
  requireFlags(asked.flags, SYNCOBJ_WAIT.ALL | SYNCOBJ_WAIT.FOR_SUBMIT | SYNCOBJ_WAIT.DEADLINE);
  if (asked.count_handles === 0) return;
  const objects = objectsAt(file, asked.handles, asked.count_handles);
  const first = await waitFor(file, objects.map((object) => ({ object, point: 0n })), asked);
  if (first !== undefined) drm_syncobj_wait.write(argument, 0, { ...asked, first_signaled: first });
}

async function timelineWait(file: File, argument: Uint8Array): Promise<void> {
  const asked = drm_syncobj_timeline_wait.read(argument);
  requireFlags(asked.flags, SYNCOBJ_WAIT.ALL | SYNCOBJ_WAIT.FOR_SUBMIT | SYNCOBJ_WAIT.AVAILABLE | SYNCOBJ_WAIT.DEADLINE);
  if (asked.count_handles === 0) return;
  const objects = objectsAt(file, asked.handles, asked.count_handles);
  const points = pointsAt(file, asked.points, asked.count_handles);
  const first = await waitFor(file, objects.map((object, i) => ({ object, point: points[i]! })), asked);
  if (first !== undefined) drm_syncobj_timeline_wait.write(argument, 0, { ...asked, first_signaled: first });
}

/** An array that may be left out: all points are 0 then. */
function pointsAt({ parts: { memory } }: File, address: bigint, count: number): bigint[] {
  return address === 0n ? Array.from({ length: count }, () => 0n) : readWords(memory, address, count, 8);
}

function query(file: File, argument: Uint8Array): void {
  const { handles, points, count_handles: count, flags } = drm_syncobj_timeline_array.read(argument);
  requireFlags(flags, SYNCOBJ_QUERY_LAST_SUBMITTED);
  if (count === 0) throw new DrmError('EINVAL', 'No sync object was named');
  const values = objectsAt(file, handles, count).map((object) => object.query(flags !== 0));
  const bytes = new Uint8Array(8 * count);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setBigUint64(8 * i, value, true);
  copyOut(file.parts.memory, points, bytes);
}

function transfer({ syncobjs }: File, argument: Uint8Array): void {
  const { src_handle, dst_handle, src_point, dst_point, flags, pad } = drm_syncobj_transfer.read(argument);
  requireZero('pad', pad);
  requireFlags(flags, SYNCOBJ_WAIT.FOR_SUBMIT);
  const destination = syncobjs.get(dst_handle);
  const fence = syncobjs.get(src_handle).require(src_point);
  if (dst_point === 0n) destination.replace(fence);
  else destination.add(dst_point, fence);
}

function timelineSignal(file: File, argument: Uint8Array): void {
  const { handles, points, count_handles: count, flags } = drm_syncobj_timeline_array.read(argument);
  requireFlags(flags, 0);
  if (count === 0) throw new DrmError('EINVAL', 'No sync object was named');
  const objects = objectsAt(file, handles, count);
  const at = pointsAt(file, points, count);
  for (const [i, object] of objects.entries()) object.add(at[i]!, signalledFence());
}
