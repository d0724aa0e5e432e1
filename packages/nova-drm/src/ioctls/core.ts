import { DrmError } from '../errors.ts';
import type { Ioctl } from '../dispatch.ts';
import type { File } from '../file.ts';
import { DRM_CAP, DRM_IOCTL, drm_gem_close, drm_get_cap, drm_version } from '../uapi/drm.ts';
import { copyOut } from '../user-memory.ts';

/** What there are no file descriptors for. */
export const unsupported = (what: string) => (): void => {
  throw new DrmError('EOPNOTSUPP', `${what} are not supported`);
};

/** What every driver has. linux: drivers/gpu/drm/drm_ioctl.c, drm_gem.c, drm_prime.c */
export const CORE_IOCTLS: readonly Ioctl<File>[] = [
  { request: DRM_IOCTL.VERSION, run: version },
  { request: DRM_IOCTL.GET_CAP, run: getCap },
  { request: DRM_IOCTL.GEM_CLOSE, run: gemClose },
  { request: DRM_IOCTL.PRIME_HANDLE_TO_FD, run: unsupported('File descriptors of buffers') },
  { request: DRM_IOCTL.PRIME_FD_TO_HANDLE, run: unsupported('File descriptors of buffers') },
];

/** Each text goes where userspace has room for it, as far as it fits; its whole length is told. */
function version({ parts: { face, memory } }: File, argument: Uint8Array): void {
  const asked = drm_version.read(argument);
  const put = (text: string, address: bigint, room: bigint): bigint => {
    const bytes = new Uint8Array(Array.from(text, (letter) => letter.charCodeAt(0)));
    const fits = room < BigInt(bytes.length) ? Number(room) : bytes.length;
    if (fits > 0 && address !== 0n) copyOut(memory, address, bytes.subarray(0, fits));
    return BigInt(bytes.length);
  };
  const [version_major, version_minor, version_patchlevel] = face.version;
  drm_version.write(argument, 0, {
    ...asked, version_major, version_minor, version_patchlevel,
    name_len: put(face.name, asked.name, asked.name_len), date_len: put('0', asked.date, asked.date_len), desc_len: put(face.description, asked.desc, asked.desc_len),
  });
}

function getCap({ parts: { face } }: File, argument: Uint8Array): void {
  const { capability } = drm_get_cap.read(argument);
  const has: Readonly<Record<number, boolean>> = {
    [DRM_CAP.TIMESTAMP_MONOTONIC]: true, [DRM_CAP.PRIME]: false, [DRM_CAP.SYNCOBJ]: face.syncobjs, [DRM_CAP.SYNCOBJ_TIMELINE]: face.syncobjs,
  };
  const value = capability < 0x100n ? has[Number(capability)] : undefined;
  // The others are of displays, which there are none of.
  if (value === undefined) throw new DrmError('EOPNOTSUPP', `Nothing is known of capability ${capability}`);
  drm_get_cap.write(argument, 0, { capability, value: value ? 1n : 0n });
}

async function gemClose(file: File, argument: Uint8Array): Promise<void> {
  await file.objects.remove(drm_gem_close.read(argument).handle, 'EINVAL').drop();
}
