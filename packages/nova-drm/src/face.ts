import type { Ioctl } from './dispatch.ts';
import type { File } from './file.ts';
import { CORE_IOCTLS } from './ioctls/core.ts';
import { CHANNEL_IOCTLS } from './ioctls/nouveau-channel.ts';
import { NOUVEAU_GEM_IOCTLS } from './ioctls/nouveau-gem.ts';
import { GETPARAM_IOCTLS } from './ioctls/nouveau-getparam.ts';
import { VM_IOCTLS } from './ioctls/nouveau-vm.ts';
import { NOVA_IOCTLS } from './ioctls/nova.ts';
import { NO_SYNCOBJ_IOCTLS, SYNCOBJ_IOCTLS } from './ioctls/syncobj.ts';

/** The interface that a file speaks: nova's own, or what Vulkan's NVK uses of nouveau. Their numbers overlap. */
export type FaceName = 'nova' | 'nouveau';

export interface Face {
  readonly name: string;
  readonly version: readonly [number, number, number];
  readonly description: string;
  /** Whether there are sync objects, timelines among them. */
  readonly syncobjs: boolean;
  readonly ioctls: readonly Ioctl<File>[];
}

/** Names and versions: linux: drivers/gpu/drm/nova/driver.rs, drivers/gpu/drm/nouveau/nouveau_drv.h */
export const FACES: Readonly<Record<FaceName, Face>> = {
  nova: { name: 'nova-drm', version: [0, 0, 0], description: 'Nova Graphics', syncobjs: false, ioctls: [...CORE_IOCTLS, ...NO_SYNCOBJ_IOCTLS, ...NOVA_IOCTLS] },
  nouveau: {
    name: 'nouveau', version: [1, 4, 3], description: 'Nova Graphics', syncobjs: true,
    ioctls: [...CORE_IOCTLS, ...SYNCOBJ_IOCTLS, ...GETPARAM_IOCTLS, ...NOUVEAU_GEM_IOCTLS, ...VM_IOCTLS, ...CHANNEL_IOCTLS],
  },
};
