import { POINTS as auxBus } from '@nova-stack/aux-bus';
import { POINTS as gspRm } from '@nova-stack/gsp-rm';
import { POINTS as gspRpc } from '@nova-stack/gsp-rpc';
import { POINTS as hwModel } from '@nova-stack/hw-model';
import { POINTS as novaCore } from '@nova-stack/nova-core';
import { POINTS as contract } from '@nova-stack/nova-core-api';
import { POINTS as pci } from '@nova-stack/pci';
import { POINTS as trace, type PointTable } from '@nova-stack/trace';
import { POINTS as vfioUser } from '@nova-stack/vfio-user';

/** What the clients of the main job do; they trace nothing themselves. */
export const POINTS: PointTable = {
  'nova-drm.attached': { level: 'step', text: 'attached to {device}: {name}' },
  'nova-drm.gem.created': { level: 'step', text: 'buffer {handle}: {size:bytes}' },
  'nova-drm.gem.verified': { level: 'step', text: 'buffer {handle}: {size:bytes} written and read back' },
  'nova-drm.gem.closed': { level: 'step', text: 'buffer {handle} closed' },
  'vgpu.attached': { level: 'step', text: 'attached to {device}' },
  'vgpu.types': { level: 'step', text: '{accepted} types accepted, {rejected} rejected, from {label}' },
  'vgpu.refused': { level: 'step', text: 'types from {label} refused: {code}, {reason}' },
  'vgpu.opened': { level: 'step', text: '{type} open on virtual function {vf}: guest sees {memory:bytes}, {heads} heads' },
  'vgpu.reset': { level: 'step', text: '{type} on virtual function {vf} reset' },
  'vgpu.closed': { level: 'step', text: '{type} on virtual function {vf} closed' },
  'vgpu.none': { level: 'step', text: '{device} cannot host virtual GPUs: {reason}' },
};

/** Every point that can appear in a run. */
export const ALL_POINTS: readonly PointTable[] = [POINTS, novaCore, contract, gspRm, gspRpc, hwModel, pci, vfioUser, auxBus, trace];
