import { BASE_V1 } from './base-v1.ts';
import { DRM_V1 } from './drm-v1.ts';
import type { Interface } from './interface.ts';
import { VGPU_V1 } from './vgpu-v1.ts';
import { VGPU_V2 } from './vgpu-v2.ts';

/** Every interface at every major that there is, each at its newest minor. All that goes over all of them goes over this list. */
export const NEWEST: readonly Interface[] = [BASE_V1, VGPU_V1, VGPU_V2, DRM_V1];
