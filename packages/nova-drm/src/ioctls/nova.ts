import type { Ioctl } from '../dispatch.ts';
import { DrmError } from '../errors.ts';
import type { File } from '../file.ts';
import { deviceMemory } from '../gem/memory.ts';
import { GemObject } from '../gem/object.ts';
import { wholePages } from '../gem/size.ts';
import { drm_nova_gem_create, drm_nova_gem_info, drm_nova_getparam, NOVA_GETPARAM_VRAM_BAR_SIZE, NOVA_IOCTL } from '../uapi/nova.ts';

/** linux: drivers/gpu/drm/nova/file.rs */
export const NOVA_IOCTLS: readonly Ioctl<File>[] = [
  { request: NOVA_IOCTL.NOVA_GETPARAM, run: getparam },
  { request: NOVA_IOCTL.NOVA_GEM_CREATE, run: gemCreate },
  { request: NOVA_IOCTL.NOVA_GEM_INFO, run: gemInfo },
];

function getparam({ parts: { session } }: File, argument: Uint8Array): void {
  const asked = drm_nova_getparam.read(argument);
  // Linux compares the low 32 bits only.
  if (BigInt.asUintN(32, asked.param) !== BigInt(NOVA_GETPARAM_VRAM_BAR_SIZE)) throw new DrmError('EINVAL', `There is no parameter ${asked.param}`);
  drm_nova_getparam.write(argument, 0, { ...asked, value: BigInt(session.base.deviceInfo().info.aperture) });
}

/** Every call makes a new handle. The size is not written back; GEM_INFO has it. */
async function gemCreate(file: File, argument: Uint8Array): Promise<void> {
  const asked = drm_nova_gem_create.read(argument);
  const size = wholePages(asked.size);
  const object = new GemObject(await deviceMemory(file.parts.session, size), { size, domain: 0, tileMode: 0, tileFlags: 0, mapOffset: 0n });
  drm_nova_gem_create.write(argument, 0, { ...asked, handle: file.objects.add(object) });
}

function gemInfo({ objects }: File, argument: Uint8Array): void {
  const asked = drm_nova_gem_info.read(argument);
  drm_nova_gem_info.write(argument, 0, { ...asked, size: BigInt(objects.get(asked.handle).size) });
}
