import type { Ioctl } from '../dispatch.ts';
import { DrmError } from '../errors.ts';
import type { File } from '../file.ts';
import { deviceMemory } from '../gem/memory.ts';
import { GemObject } from '../gem/object.ts';
import { wholePages } from '../gem/size.ts';
import { drm_nouveau_gem_cpu_fini, drm_nouveau_gem_cpu_prep, drm_nouveau_gem_info, drm_nouveau_gem_new, GEM_DOMAIN, NOUVEAU_IOCTL } from '../uapi/nouveau.ts';

/** linux: drivers/gpu/drm/nouveau/nouveau_gem.c */
export const NOUVEAU_GEM_IOCTLS: readonly Ioctl<File>[] = [
  { request: NOUVEAU_IOCTL.NOUVEAU_GEM_NEW, run: gemNew },
  { request: NOUVEAU_IOCTL.NOUVEAU_GEM_INFO, run: gemInfo },
  // Nothing but EXEC's work is waited for here, and there is none that touches memory.
  { request: NOUVEAU_IOCTL.NOUVEAU_GEM_CPU_PREP, run: ({ objects }, argument) => { objects.get(drm_nouveau_gem_cpu_prep.read(argument).handle); } },
  { request: NOUVEAU_IOCTL.NOUVEAU_GEM_CPU_FINI, run: ({ objects }, argument) => { objects.get(drm_nouveau_gem_cpu_fini.read(argument).handle); } },
];

/** Files without an address space of their own would have their buffers mapped by the driver, which this one does not. */
export function requireVm(file: File): NonNullable<File['vm']> {
  if (file.vm) return file.vm;
  // As on Linux it is too late then for one.
  file.vmDisabled = true;
  throw new DrmError('EOPNOTSUPP', 'VM_INIT comes first: there is no address space but the file\'s own');
}

async function gemNew(file: File, argument: Uint8Array): Promise<void> {
  const { info, channel_hint, align } = drm_nouveau_gem_new.read(argument);
  requireVm(file);
  const size = wholePages(info.size);
  const domain = placement(info.domain);
  const memory = domain === GEM_DOMAIN.GART ? file.parts.system.take(size) : await deviceMemory(file.parts.session, size);
  const object = new GemObject(memory, { size, domain, tileMode: info.tile_mode, tileFlags: info.tile_flags, mapOffset: file.mapOffsets.next(size) });
  drm_nouveau_gem_new.write(argument, 0, { info: describe(file.objects.add(object), object), channel_hint, align });
}

/** Device memory where userspace allows it; the device says no if there is none left. */
function placement(domain: number): number {
  if (domain & GEM_DOMAIN.VRAM) return GEM_DOMAIN.VRAM;
  if (domain & GEM_DOMAIN.GART) return GEM_DOMAIN.GART;
  return GEM_DOMAIN.CPU;
}

type Info = ReturnType<typeof drm_nouveau_gem_info.read>;

/** Where the GPU sees it, userspace decides with VM_BIND: `offset` is 0. */
function describe(handle: number, { size, facts }: GemObject): Info {
  return { handle, domain: facts.domain, size: BigInt(size), offset: 0n, map_handle: facts.mapOffset, tile_mode: facts.tileMode, tile_flags: facts.tileFlags };
}

function gemInfo({ objects }: File, argument: Uint8Array): void {
  const { handle } = drm_nouveau_gem_info.read(argument);
  drm_nouveau_gem_info.write(argument, 0, describe(handle, objects.get(handle)));
}
