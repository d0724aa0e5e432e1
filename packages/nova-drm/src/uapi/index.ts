export * from './drm.ts';
export { ERRNO, type Errno } from './errno.ts';
export * from './nouveau.ts';
export * from './nova.ts';
export { REQUEST, requestParts } from './request.ts';

import { DRM_IOCTL } from './drm.ts';
import { NOUVEAU_IOCTL } from './nouveau.ts';
import { NOVA_IOCTL } from './nova.ts';

/** Request numbers as userspace computes them: direction, size, type, number. */
export const IOCTL: typeof DRM_IOCTL & typeof NOVA_IOCTL & typeof NOUVEAU_IOCTL = { ...DRM_IOCTL, ...NOVA_IOCTL, ...NOUVEAU_IOCTL };
