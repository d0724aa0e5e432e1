/**
 * Capabilities are services, never mechanisms. A client lists what it requires and what it would like; what is granted
 * stays fixed for the session. An absent one is unsupported, an unknown one is ignored.
 */
export const CAPABILITIES = {
  'device.info': 0,
  'device.events': 1,
  'memory.region': 2,
  'memory.clear': 3,
  'memory.cpu-window': 4,
  'diagnostics.counters': 5,
  'device.suspend-notify': 6,
  'vgpu.types.list': 64,
  'vgpu.instance.basic': 65,
  'vgpu.guest-identity': 66,
  'vgpu.diagnostics.logs': 67,
  'vgpu.types.submit': 68,
  'vgpu.quota.encoder': 69,
  'vgpu.capacity.plan': 70,
  'vgpu.mixed-sizes': 71,
  'vgpu.placement.explicit': 72,
  'vgpu.migration.stop-copy': 73,
  'drm.facts': 128,
} as const;

export type Capability = keyof typeof CAPABILITIES;
